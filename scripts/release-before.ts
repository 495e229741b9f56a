import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { commandLine, parseCommandLine } from "../lib/common/command-line";
import { runProgram } from "../lib/common/command-line/program";
import { migrationsIn } from "../lib/common/contents";
import { checkOut } from "./check-out";
import { lastRelease, whyNotHere } from "./releases";

const ROOT = path.resolve(__dirname, "..");

const COMMAND_LINE = commandLine({
  name: "release-before",
  start: "npm run test:before --",
  description:
    "Runs the tests of the last release's data-svc on a database with this checkout's migrations, without those that\n" +
    "say -- contract. That release serves on such a schema while this one rolls out, and after a rollback.",
  options: {
    dir: { type: "string", placeholder: "FOLDER", help: "Other migrations than this checkout's." },
  },
  operands: [],
});

/** The tests of the whole internal API, with the rights that data-svc has in a pod. */
const TESTS = "test/data-svc/api.test.ts";

/** Returns the exit code; 0 with the reason if the release's commit is not in this clone. */
function run({ dir = path.join(ROOT, "migrations") }: { readonly dir?: string | undefined }): number {
  const release = lastRelease();
  const name = `release ${release.version} (${release.commit.slice(0, 9)})`;
  const missing = whyNotHere(release);
  if (missing !== undefined) {
    console.log(`Skipped, so nothing is known of ${name} on this schema: ${missing}`);
    return 0;
  }
  const { version = 0, required = 0 } = migrationsIn(dir) ?? {};
  const directory = path.resolve(dir);
  const folder = mkdtempSync(path.join(os.tmpdir(), "diabrisk-before-"));
  try {
    checkOut(release.commit, folder);
    const before = test(folder, { directory, release: release.migration });
    if (before.passed === undefined) {
      console.error(`${before.output}\n${broken(name, release.migration, required)}`);
      return 1;
    }
    console.log(`data-svc of ${name} works on schema version ${required}: ${before.passed}.`);
    if (version === required) return 0;
    const own = test(ROOT, { directory, release: required });
    if (own.passed === undefined) console.error(`${own.output}\n${needsContract(required)}`);
    return own.passed === undefined ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const needsContract = (required: number) =>
  `data-svc of this checkout does not work on schema version ${required}, before its contract migrations; the failures are above. ` +
  "They run only when it has rolled out, so it has to do without them.";

function broken(name: string, from: number, to: number): string {
  if (to <= from)
    return `data-svc of ${name} fails its own tests here, although no migration is newer. Its log is above.`;
  return (
    `data-svc of ${name} does not work on schema version ${to}; the failures are above. It serves on it while this release rolls out.\n` +
    `Change the migrations after ${from} so that it can; or say -- contract in the head of the one that it cannot live with, ` +
    "which then runs after the rollout (docs/migrations.md, Contract migrations)."
  );
}

/** Runs a release's tests. Its own setup would migrate with its own migrations, so this checkout's takes its place. */
function test(folder: string, schema: { readonly directory: string; readonly release: number }) {
  const support = path.join(ROOT, "test", "support");
  const args = [
    path.join(ROOT, "node_modules", "jest", "bin", "jest.js"),
    ...["--globalSetup", path.join(support, "release-before-setup.ts")],
    ...["--globalTeardown", path.join(support, "global-teardown.ts")],
    ...["--globals", JSON.stringify({ SCHEMA: schema }), "--ci", TESTS],
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  const output = stdout + stderr;
  const passed = status === 0 ? /(?<=^Tests: +)\S.*$/m.exec(output)?.[0] : undefined;
  return { passed, output };
}

runProgram(COMMAND_LINE, () => parseCommandLine(COMMAND_LINE, process.argv.slice(2)), run).then((code) => {
  process.exitCode = code;
});
