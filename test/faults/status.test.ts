import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FormatRegistry } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { execute, type KubeObject, type Outcome } from "../../lib/deploy/kubectl";
import { statusOf } from "../../lib/deploy/status/status";
import { issueTls } from "../../lib/secrets/issue";
import { dev } from "../../lib/stages/dev";
import { DOCUMENT } from "../../lib/status/json-schema";
import { cronJob, DAY, deployment, NOW, pod, prodCluster, type StatusCluster } from "../deploy/support/status-cluster";
import { shellProgram } from "../support/shell-program";
import { describeUnless, findExecutable } from "./support/programs";

FormatRegistry.Set("date-time", (text) => !Number.isNaN(Date.parse(text)));
const ROOT = path.resolve(__dirname, "..", "..");
const SCRIPT = findExecutable(["/usr/bin/script"]);
const schema = TypeCompiler.Compile(DOCUMENT);

/** Answers from the folder beside it what was recorded there for the command. HANG never answers about pods. */
const KUBECTL = `
while case "\${1:-}" in --context | --namespace) true ;; *) false ;; esac; do shift 2; done
case "$*" in
'config current-context') echo k3d-diabrisk ;;
'config view'*) echo '{"current-context":"k3d-diabrisk","clusters":[{"cluster":{"server":"https://127.0.0.1:1"}}]}' ;;
'get --raw /readyz'*) [ -z "\${DOWN:-}" ] || { echo 'dial tcp 127.0.0.1:1: connect: connection refused' >&2; exit 1; } ;;
'get namespace/'*) echo "{\\"kind\\":\\"Namespace\\",\\"metadata\\":{\\"name\\":\\"diabrisk\\",\\"labels\\":{\\"diabrisk.io/stage\\":\\"\${STAGE:-dev}\\"}}}" ;;
'get pod'*) [ -z "\${HANG:-}" ] || { : >"$HANG"; exec sleep 60; } ;;
esac
file="$0.answers/$(printf %s "$*" | sha256sum | cut -c 1-10)"
[ ! -e "$file" ] || cat "$file"
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "status-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a kubectl that answers as dev's cluster on a good day, but for these objects, as if it were now. */
async function makeCluster(...changed: readonly KubeObject[]): Promise<StatusCluster> {
  const tls = await issueTls(["postgres"], new Date());
  const pem = { server: tls.server.certificate, authority: tls.authority.certificate };
  const cluster = prodCluster(pem, deployment(2), cronJob("postgres-drill", DAY), ...changed).without(
    "data-svc-6d9f7c-vz7nt",
  );
  await shellProgram(folder, "kubectl", KUBECTL);
  const answers = path.join(folder, "kubectl.answers");
  rmSync(answers, { recursive: true, force: true });
  mkdirSync(answers);
  const ask = cluster.try.bind(cluster);
  cluster.try = async (args) => {
    const outcome = await ask(args);
    writeFileSync(path.join(answers, digestOf(args.join(" "))), broughtToNow(outcome.stdout));
    return outcome;
  };
  cluster.in = () => cluster;
  await statusOf({ stage: dev, kubectl: cluster, context: "", now: () => NOW });
  return cluster;
}

const digestOf = (command: string) => createHash("sha256").update(command).digest("hex").slice(0, 10);

const broughtToNow = (text: string) =>
  text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (time) =>
    new Date(Date.parse(time) + Date.now() - NOW.getTime()).toISOString(),
  );

const environment = (more: NodeJS.ProcessEnv = {}) => ({ PATH: `${folder}:/usr/bin:/bin`, ...more });

/** `npm run -s status -- ARGS`, without npm. */
const run = (args: readonly string[], more?: NodeJS.ProcessEnv): Promise<Outcome> =>
  execute(process.execPath, ["--import", "tsx", "scripts/status.ts", ...args], { cwd: ROOT, env: environment(more) });

test("a good day is one plain screen and exit code 0", async () => {
  await makeCluster();
  const { code, stdout, stderr } = await run(["dev"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^stage dev, context k3d-diabrisk, namespace diabrisk, at /);
  expect(stdout).toContain("\nok       data-svc      2 of 2 pods are ready, the youngest since ");
  expect(stdout).toMatch(/\nAll is well\.\n$/);
  expect(stdout).not.toContain("\u001b");
  expect(stdout.split("\n").length).toBeLessThanOrEqual(25);
});

test("a fault is the first line, and exit code 1; a warning is exit code 2", async () => {
  await makeCluster(cronJob("postgres-backup", 60, { suspend: true }));
  const warned = await run(["dev", "--json"]);
  expect([warned.code, JSON.parse(warned.stdout).result]).toEqual([2, "warning"]);
  await makeCluster({ ...pod("postgres-0", "postgres"), status: { phase: "Pending" } });
  const failed = await run(["dev"]);
  expect(failed.code).toBe(1);
  expect(failed.stdout.split("\n")[2]).toBe("FAILED   database      0 of 1 pod is ready; 0 restarts.");
});

test("--json prints the document that the schema describes", async () => {
  await makeCluster();
  const { code, stdout } = await run(["dev", "--json"]);
  const document = JSON.parse(stdout);
  expect(code).toBe(0);
  expect([...schema.Errors(document)]).toEqual([]);
  expect(document).toMatchObject({ stage: "dev", context: "k3d-diabrisk", result: "ok" });
});

test("--html prints the page, or writes it and says so", async () => {
  await makeCluster();
  const printed = await run(["dev", "--html"]);
  expect(printed).toMatchObject({ code: 0, stderr: "" });
  expect(printed.stdout).toMatch(/^<!doctype html>\n[\s\S]*<title>dev: ok<\/title>[\s\S]*<\/html>\n$/);
  expect(printed.stdout).toContain("The stage dev. ");
  const file = path.join(folder, "status.html");
  expect(await run(["dev", "--html", "--to", file])).toMatchObject({ code: 0, stdout: `written to ${file}\n` });
  expect(readFileSync(file, "utf8")).toMatch(/^<!doctype html>\n[\s\S]*<\/html>\n$/);
  const nowhere = await run(["dev", "--json", "--to", path.join(folder, "no", "such")]);
  expect(nowhere).toMatchObject({ code: 1, stdout: "" });
  expect(nowhere.stderr).toMatch(/^--to is .*, which cannot be written \(ENOENT\)\.\n/);
});

test("a cluster that does not answer is one message, also as JSON", async () => {
  await makeCluster();
  const down = { DOWN: "1" };
  const [told, json] = await Promise.all([run(["dev"], down), run(["dev", "--json"], down)]);
  expect(told).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringMatching(/^The cluster does not answer: dial tcp/),
  });
  const document = JSON.parse(json.stdout);
  expect(json.code).toBe(1);
  expect(schema.Check(document)).toBe(true);
  expect(document).toEqual({ result: "error", message: told.stderr.trim() });
});

test("another stage's namespace, another context and a wrong command line are refused", async () => {
  await makeCluster();
  const [other, context, both] = await Promise.all([
    run(["dev"], { STAGE: "prod" }),
    run(["dev", "--context", "prod-eu"]),
    run(["dev", "--json", "--html", "--stat"]),
  ]);
  expect(other).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("is stage prod's") });
  expect(context).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/^--context is prod-eu, but/) });
  expect(both).toMatchObject({ code: 1, stdout: "" });
  expect(both.stderr).toContain("--stat is not an option.");
  expect(both.stderr).toContain("--json and --html exclude each other.");
});

test("Ctrl-C does not wait for a kubectl that hangs", async () => {
  await makeCluster();
  const mark = path.join(folder, "hangs");
  const child = spawn(process.execPath, ["--import", "tsx", "scripts/status.ts", "dev"], {
    cwd: ROOT,
    env: environment({ HANG: mark }),
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (text) => (said += text));
  while (!existsSync(mark)) await sleep(20);
  // As a terminal does, to all of the group.
  process.kill(-(child.pid ?? 0), "SIGINT");
  const began = performance.now();
  const [code] = await once(child, "close");
  expect([code, said]).toEqual([1, "The question was left where it is by SIGINT.\n"]);
  expect(performance.now() - began).toBeLessThan(8000);
});

describeUnless(SCRIPT ? undefined : "script, which makes a terminal, is not installed", "on a terminal", () => {
  const onTerminal = async (flags: string, more: NodeJS.ProcessEnv = {}) => {
    const command = `${process.execPath} --import tsx scripts/status.ts ${flags}`;
    const env = { ...environment(more), TERM: "xterm" };
    return await execute(SCRIPT ?? "", ["-qefc", command, "/dev/null"], { cwd: ROOT, env });
  };

  test("states are coloured, unless NO_COLOR forbids it", async () => {
    await makeCluster();
    const [coloured, plain] = await Promise.all([onTerminal("dev"), onTerminal("dev", { NO_COLOR: "1" })]);
    expect(coloured.stdout).toContain("\u001b[32mok       \u001b[39mrelease");
    expect(plain.stdout).toContain("\nok       release");
    expect(plain.stdout).not.toContain("\u001b");
  });

  test("a page is not poured over it", async () => {
    await makeCluster();
    const { code, stdout } = await onTerminal("dev --html");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^--html prints a page, which no terminal shows\. .*--to FILE\./);
  });
});
