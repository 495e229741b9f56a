import { accessSync, constants } from "node:fs";
import { type Finished, run } from "../../../bench/process";
import { canHave, type GoTool, goTool } from "../../../bench/tools";

/** `describe` where there is no `reason` against it; else its tests are skipped and the reason is said. */
export function describeUnless(reason: string | undefined, name: string, tests: () => void): void {
  if (reason === undefined) {
    describe(name, tests);
    return;
  }
  process.stderr.write(`skipped: ${name}: ${reason}\n`);
  describe.skip(`${name} (${reason})`, tests);
}

/** Why a program written in Go cannot be had here; undefined if it can. */
export function lacksGo(tool: GoTool): string | undefined {
  return canHave(tool) ? undefined : `${tool.name} is not built, and there is no Go on PATH to build it with`;
}

/** The first of these paths that can be run. */
export function findExecutable(paths: readonly string[]): string | undefined {
  return paths.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export type Program = (args: readonly string[], options?: { cwd?: string }) => Promise<Finished>;

const BUILD_TIMEOUT_MS = 600_000;

/** The program, built before the first test of the file that calls this. Its exit code is the caller's to judge. */
export function useGoTool(tool: GoTool): Program {
  let binary: string;
  beforeAll(async () => {
    binary = await goTool(tool);
  }, BUILD_TIMEOUT_MS);
  return (args, { cwd } = {}) => run({ command: [binary, ...args], ...(cwd !== undefined && { cwd }) });
}

/** The output of a run that must have succeeded. */
export async function succeeded(running: Promise<Finished>): Promise<string> {
  const { code, stdout, stderr } = await running;
  if (code !== 0) throw new Error(`Ended with code ${code}: ${stderr || stdout}`);
  return `${stdout}${stderr}`;
}

/** golang-migrate's command line for a database and a folder. */
export function golangMigrate(program: Program, url: string, folder: string, settings = "") {
  const database = `${url.replace(/^postgres:/, "pgx5:")}?sslmode=disable&application_name=golang-migrate${settings}`;
  return (...args: string[]) => program(["-path", folder, "-database", database, ...args]);
}
