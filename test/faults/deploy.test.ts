import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { FormatRegistry } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { EVENT } from "../../lib/deploy/json-schema";
import { shellProgram } from "../support/shell-program";
import { describeUnless, findExecutable } from "./support/programs";

FormatRegistry.Set("date-time", (text) => !Number.isNaN(Date.parse(text)) && new Date(text).toISOString() === text);

const ROOT = path.resolve(__dirname, "..", "..");
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), "deploy-"));
  await shellProgram(folder, "kubectl", readFileSync(path.join(__dirname, "support", "kubectl.sh"), "utf8"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A running `npm run deploy -- dev`, without npm. */
class Deployment {
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";

  constructor(env: NodeJS.ProcessEnv = {}, ...flags: string[]) {
    this.child = spawn(process.execPath, ["--import", "tsx", "scripts/deploy.ts", "dev", ...flags], {
      cwd: ROOT,
      env: { PATH: `${folder}:/usr/bin:/bin`, CDK8S_OUTDIR: folder, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child.stdout?.on("data", (chunk) => (this.stdout += chunk));
    this.child.stderr?.on("data", (chunk) => (this.stderr += chunk));
  }

  async said(pattern: RegExp): Promise<void> {
    await until(() => {
      if (pattern.test(this.stdout) || pattern.test(this.stderr)) return true;
      if (this.child.exitCode !== null) throw new Error(`Ended without ${pattern}: ${this.stdout}${this.stderr}`);
      return false;
    });
  }

  async ended(): Promise<number | NodeJS.Signals | null> {
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null)
      await new Promise((resolve) => child.once("close", resolve));
    return child.signalCode ?? child.exitCode;
  }
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 90_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error("It took longer than 90 s");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const WAITS = /waiting for statefulset\/postgres: 0\/1 ready/;
const stands = (how: string) =>
  new RegExp(
    `^The deployment of dev was left where it is ${how}\\.\nApplied: 0000-\\S+, .*\\.\n` +
      "It had waited \\d+ s for statefulset/postgres \\(0/1 ready\\), which goes on in the cluster by itself\\.\n" +
      "Not applied, and so as before: .*\\.\nTo go on: npm run deploy -- dev\n$",
  );

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s leaves a sentence that says what stands and how to go on",
  async (name) => {
    const deployment = new Deployment();
    await deployment.said(WAITS);
    deployment.child.kill(name);
    expect(await deployment.ended()).toBe(1);
    expect(deployment.stderr).toMatch(stands(`by ${name}`));
  },
);

test("so does a reader that ends, as of `npm run deploy -- dev | head`", async () => {
  const deployment = new Deployment();
  await deployment.said(/0000-/);
  deployment.child.stdout?.destroy();
  expect(await deployment.ended()).toBe(1);
  expect(deployment.stderr).toMatch(
    /^The deployment of dev was left where it is because nobody reads its output \(EPIPE\)\.\nApplied: /,
  );
  expect(deployment.stderr).not.toMatch(/\n +at /);
});

test("where the terminal is gone, too, the next deployment tells", async () => {
  const deployment = new Deployment();
  await deployment.said(WAITS);
  deployment.child.stdout?.destroy();
  deployment.child.stderr?.destroy();
  deployment.child.kill("SIGHUP");
  expect(await deployment.ended()).toBe(1);
  expect(readFileSync(path.join(folder, "dev.stopped.txt"), "utf8")).toMatch(/by SIGHUP\.\nApplied: /);
  // The cluster has nothing again: this one answers no dry run.
  rmSync(path.join(folder, "kubectl.applied"));
  const next = new Deployment();
  await next.said(WAITS);
  next.child.kill("SIGINT");
  await next.ended();
  expect(next.stdout).toMatch(
    /^The last deployment from here ended without a terminal: \S+Z The deployment of dev .* by SIGHUP\.\n/,
  );
  expect(existsSync(path.join(folder, "dev.stopped.txt"))).toBe(false);
});

test("the sentence comes at once where kubectl hangs, and a second signal ends the process", async () => {
  const mark = path.join(folder, "hangs");
  const deployment = new Deployment({ HANG: "apply", MARK: mark });
  await until(() => existsSync(mark));
  deployment.child.kill("SIGINT");
  await deployment.said(/To go on: /);
  expect(deployment.stderr).toContain("Applied: nothing yet.\nWas being applied, maybe in part: 0000-");
  expect(deployment.child.exitCode).toBeNull();
  deployment.child.kill("SIGINT");
  expect(await deployment.ended()).toBe("SIGINT");
});

const SCRIPT = findExecutable(["/usr/bin/script"]);

describeUnless(SCRIPT ? undefined : "script, which makes a terminal, is not installed", "on a terminal", () => {
  test("a wait is one line that changes, and closing the terminal leaves what stands", async () => {
    const command = `${process.execPath} --import tsx scripts/deploy.ts dev`;
    const env = { PATH: `${folder}:/usr/bin:/bin`, CDK8S_OUTDIR: folder, TERM: "xterm" };
    const terminal = spawn(SCRIPT ?? "", ["-qfc", command, "/dev/null"], { cwd: ROOT, env });
    let shown = "";
    terminal.stdout.on("data", (chunk) => (shown += chunk));
    // Twice in the same line.
    const line = "\r\u001b[2Kwaiting for statefulset/postgres: 0/1 ready";
    await until(() => shown.split(line).length > 2);
    expect(shown.slice(shown.indexOf(line), shown.lastIndexOf(line))).not.toContain("\n");
    terminal.kill("SIGKILL");
    const note = path.join(folder, "dev.stopped.txt");
    await until(() => existsSync(note) && readFileSync(note, "utf8").includes("To go on: npm run deploy -- dev"));
    expect(readFileSync(note, "utf8")).toMatch(
      /was left where it is (?:by SIGHUP|because nobody reads its output \(EIO\))\.\nApplied: /,
    );
  });
});

test("--json prints one object a line by its schema, the stop included", async () => {
  const event = TypeCompiler.Compile(EVENT);
  const deployment = new Deployment({}, "--json");
  await deployment.said(WAITS);
  deployment.child.kill("SIGTERM");
  expect(await deployment.ended()).toBe(1);
  const lines = deployment.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  for (const line of lines) expect([...event.Errors(line)]).toEqual([]);
  expect(lines.map(({ type }) => type)).toEqual(expect.arrayContaining(["message", "applying", "applied", "waiting"]));
  expect(lines.at(-1)).toMatchObject({
    type: "stopped",
    message: expect.stringMatching(/by SIGTERM.*npm run deploy -- dev --json$/s),
  });
});

test("--json prints an error as an object, too, and ends with 1", async () => {
  await shellProgram(folder, "kubectl", "echo 'connection refused' >&2; exit 1");
  const deployment = new Deployment({}, "--json");
  expect(await deployment.ended()).toBe(1);
  expect(JSON.parse(deployment.stdout)).toMatchObject({
    type: "error",
    message: expect.stringMatching(/no current context/),
  });
  expect(deployment.stderr).toBe("");
});
