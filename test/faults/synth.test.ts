import { execFile, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { ALL_STAGES, STAGES } from "../../lib/stages";
import { texts } from "../../scripts/texts";

const ROOT = path.join(__dirname, "../..");
let folder: string;

/** The program as one file, in a folder that has nothing of the project but a migration and an image of it. */
beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "synth-"));
  fs.mkdirSync(path.join(folder, "migrations"));
  fs.writeFileSync(path.join(folder, "migrations/000001_x.up.sql"), "select 1;\n");
  fs.writeFileSync(path.join(folder, "Dockerfile"), "FROM scratch\nCOPY migrations .\n");
  fs.writeFileSync(path.join(folder, ".dockerignore"), "*\n!migrations\n");
  await build({
    entryPoints: [path.join(ROOT, "main.ts")],
    bundle: true,
    platform: "node",
    plugins: [texts],
    outfile: path.join(folder, "synth.js"),
  });
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  readonly code: number;
  readonly output: string;
}

function synth(args: string[] = [], environment: Record<string, string> = {}, cwd = folder): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { cwd, env: environment };
    execFile(process.execPath, [path.join(folder, "synth.js"), ...args], options, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), output: stdout + stderr }),
    );
  });
}

const read = (directory: string) =>
  Object.fromEntries(
    fs
      .readdirSync(path.join(folder, directory), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".yaml"))
      .map((name) => [name, fs.readFileSync(path.join(folder, directory, name), "utf8")]),
  );

test("writes every stage, silently, and the same bytes the second time", async () => {
  expect(await synth()).toEqual({ code: 0, output: "" });
  const first = read("dist");
  const monitored = ALL_STAGES.filter(({ monitoring }) => monitoring.kind !== "none");
  expect(Object.keys(first)).toHaveLength(9 * ALL_STAGES.length + monitored.length);
  expect(await synth()).toEqual({ code: 0, output: "" });
  expect(read("dist")).toEqual(first);
});

test("keeps what holds credentials for its owner, and never prints one", async () => {
  expect((await synth([], { CDK8S_OUTDIR: "owned" })).output).toBe("");
  expect(fs.statSync(path.join(folder, "owned/dev/0001-configuration.k8s.yaml")).mode & 0o777).toBe(0o600);
  expect(fs.statSync(path.join(folder, ".secrets/dev.json")).mode & 0o777).toBe(0o600);
});

test("writes the stages that are named, where it is told to, and needs no credentials for those outside dev", async () => {
  fs.rmSync(path.join(folder, ".secrets"), { recursive: true, force: true });
  expect(await synth(["-s", "prod"], { CDK8S_OUTDIR: "named", STAGE: "staging" })).toEqual({ code: 0, output: "" });
  expect(fs.readdirSync(path.join(folder, "named")).sort()).toEqual(["prod", "staging"]);
  expect(fs.existsSync(path.join(folder, ".secrets"))).toBe(false);
});

test("removes a file of an older release from a stage that it writes", async () => {
  fs.mkdirSync(path.join(folder, "stale/prod"), { recursive: true });
  fs.writeFileSync(path.join(folder, "stale/prod/0009-old.k8s.yaml"), "kind: Old\n");
  await synth(["-s", "prod"], { CDK8S_OUTDIR: "stale" });
  expect(Object.keys(read("stale"))).not.toContain("prod/0009-old.k8s.yaml");
});

test("takes an empty CDK8S_OUTDIR for none", async () => {
  expect(await synth(["-s", "prod"], { CDK8S_OUTDIR: "" })).toEqual({ code: 0, output: "" });
  expect(fs.existsSync(path.join(folder, "prod"))).toBe(false);
});

test("removes the drafts that a killed run left", async () => {
  const draft = path.join(folder, `swept/prod/0001.yaml.${spawnSync("true").pid}.draft`);
  fs.mkdirSync(path.dirname(draft), { recursive: true });
  fs.writeFileSync(draft, "");
  await synth(["-s", "prod"], { CDK8S_OUTDIR: "swept" });
  expect(fs.existsSync(draft)).toBe(false);
});

test("says what it cannot write, leaves what was there, and no draft", async () => {
  expect(await synth([], { CDK8S_OUTDIR: "/dev/null/x" })).toMatchObject({
    code: 1,
    output: expect.stringMatching(/^\/dev\/null\/x\S* cannot be written \(ENOTDIR\)\. Nothing .*CDK8S_OUTDIR\.\n$/),
  });
  await synth(["-s", "prod"], { CDK8S_OUTDIR: "full" });
  const before = read("full");
  const limited = `ulimit -f 8; trap '' XFSZ; exec "$0" "$@"`;
  const run = promisify(execFile)("/bin/bash", ["-c", limited, process.execPath, "synth.js", "-s", "prod"], {
    cwd: folder,
    env: { CDK8S_OUTDIR: "full", NODE_OPTIONS: "--no-deprecation" },
  });
  await expect(run).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(/cannot be written \(EFBIG\)/) });
  expect(read("full")).toEqual(before);
  expect(fs.readdirSync(path.join(folder, "full/prod")).filter((name) => name.endsWith(".draft"))).toEqual([]);
});

test("a value that cannot stand makes no credentials up", async () => {
  fs.rmSync(path.join(folder, ".secrets"), { recursive: true, force: true });
  expect((await synth([], { NAMESPACE: "No_Way" })).code).toBe(1);
  expect(fs.existsSync(path.join(folder, ".secrets"))).toBe(false);
});

test("puts dev, and dev alone, where NAMESPACE says", async () => {
  expect((await synth([], { CDK8S_OUTDIR: "placed", NAMESPACE: "try-1" })).code).toBe(0);
  const files = read("placed");
  expect(files["dev/0005-service.k8s.yaml"]).toContain("namespace: try-1\n");
  expect(files["prod/0005-service.k8s.yaml"]).toContain("namespace: diabrisk\n");
});

test.each<[string, string[], Record<string, string>, number, RegExp]>([
  [
    "an unknown stage",
    ["-s", "production"],
    {},
    2,
    new RegExp(`no stage "production"\\. The stages are ${Object.keys(STAGES).join(", ")}\\. `),
  ],
  ["an unknown stage in STAGE", [], { STAGE: "prod,nope" }, 2, /no stage "nope"/],
  ["a namespace that cannot be", [], { NAMESPACE: "No_Way" }, 1, /NAMESPACE is "No_Way"/],
  ["an unknown option", ["--everything"], {}, 2, /--everything is not an option/],
])("refuses %s, with a message and without a file", async (_, args, environment, code, message) => {
  const outcome = await synth(args, { CDK8S_OUTDIR: "refused", ...environment });
  expect(outcome.code).toBe(code);
  expect(outcome.output).toMatch(message);
  expect(outcome.output).not.toMatch(/\n {4}at /);
  expect(fs.existsSync(path.join(folder, "refused"))).toBe(false);
});

test("says where to run it, in a folder without migrations or with an empty one", async () => {
  const elsewhere = fs.mkdtempSync(path.join(folder, "elsewhere-"));
  expect(await synth([], {}, elsewhere)).toMatchObject({
    code: 1,
    output: expect.stringContaining("cannot be read (ENOENT)"),
  });
  fs.mkdirSync(path.join(elsewhere, "migrations"));
  expect(await synth([], {}, elsewhere)).toMatchObject({
    code: 1,
    output: expect.stringContaining("no .sql file here"),
  });
});

test("says where to run it, in a folder that has no image's source", async () => {
  const elsewhere = fs.mkdtempSync(path.join(folder, "elsewhere-"));
  fs.cpSync(path.join(folder, "migrations"), path.join(elsewhere, "migrations"), { recursive: true });
  expect(await synth(["-s", "dev"], {}, elsewhere)).toMatchObject({
    code: 1,
    output: expect.stringMatching(
      /\.dockerignore[\s\S]*The image's source cannot be read \(ENOENT\)\. Run synth in the project's folder/,
    ),
  });
});

test("in dev, Job and pods follow all that the image is built from; where the image is pinned, they do not", async () => {
  const written = async (stage: string) => {
    await synth(["-s", stage], { CDK8S_OUTDIR: "source" });
    const files = read("source");
    const of = (file: string) => files[`${stage}/${file}.k8s.yaml`] ?? "";
    return { job: /name: (migrate-\w{10})/.exec(of("0004-migration"))?.[1], pods: of("0005-service") };
  };
  const [dev, prod] = [await written("dev"), await written("prod")];
  fs.appendFileSync(path.join(folder, "Dockerfile"), "USER 1\n");
  const after = await written("dev");
  expect(after.job).not.toBe(dev.job);
  expect(after.pods).not.toBe(dev.pods);
  expect(await written("prod")).toEqual(prod);
});

test("the migration Job's name follows the SQL", async () => {
  const name = async () => {
    await synth(["-s", "prod"], { CDK8S_OUTDIR: "sql" });
    return /name: (migrate-\w{10})/.exec(read("sql")["prod/0004-migration.k8s.yaml"] ?? "")?.[1];
  };
  const before = await name();
  fs.appendFileSync(path.join(folder, "migrations/000001_x.up.sql"), "select 2;\n");
  expect(await name()).not.toBe(before);
});

test("explains itself", async () => {
  expect(await synth(["--help"])).toMatchObject({ code: 0, output: expect.stringContaining("NAMESPACE") });
});
