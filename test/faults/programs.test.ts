import * as path from "node:path";
import { execute, type Outcome } from "../../lib/deploy/kubectl";

const ROOT = path.resolve(__dirname, "..", "..");

/** Every program of the project that takes arguments, with the words that come before its options. */
const PROGRAMS = [
  ["main.ts"],
  ["lib/migrate/main.ts", "up"],
  ["lib/local/main.ts"],
  ["scripts/deploy.ts"],
  ["scripts/secrets.ts"],
  ["scripts/policy.ts"],
  ["scripts/pin.ts"],
  ["scripts/build.ts"],
  ["scripts/k8s-schema.ts"],
  ["test/e2e/main.ts"],
  ["bench/synth/main.ts"],
  ["bench/migrate/main.ts"],
  ["bench/growth/main.ts"],
] as const;

const run = ([file, ...words]: readonly string[], flag: string): Promise<Outcome> =>
  execute(process.execPath, ["--import", "tsx", file ?? "", ...words, flag], { cwd: ROOT, env: {} });

describe.each(PROGRAMS.map((program) => [program[0], program] as const))("%s", (_, program) => {
  let misused: Outcome;
  let asked: Outcome;
  beforeAll(async () => {
    [misused, asked] = await Promise.all([run(program, "--no-such-flag"), run(program, "--help")]);
  });

  test("exits 2 for a flag that it does not have, and names it", () => {
    expect(misused).toMatchObject({ code: 2, stdout: "" });
    expect(misused.stderr).toContain("--no-such-flag is no");
  });

  test("exits 0 for --help, and prints it to standard output", () => {
    expect(asked).toMatchObject({ code: 0, stderr: "" });
    expect(asked.stdout).toMatch(/^(Usage: )?(npm |tsx |main\.ts|migrate ).*\[options\]\n[\s\S]*--help /);
  });
});
