import { spawn } from "node:child_process";
import { constants } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { CannotRun } from "./cannot-run";

export interface Command {
  /** Program and arguments. */
  readonly command: readonly [string, ...string[]];
  /** The whole environment. @default `measuredEnvironment()` */
  readonly env?: NodeJS.ProcessEnv;
  /** Working directory. @default this process's */
  readonly cwd?: string;
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Time from before the start of the process until it has ended and its output is closed. */
  readonly milliseconds: number;
}

/** Runs a program to its end, whatever its exit code. */
export function run({ command: [program, ...args], env = measuredEnvironment(), cwd }: Command): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const output = { stdout: "", stderr: "" };
    const begin = performance.now();
    const child = spawn(program, args, { env, cwd, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream].setEncoding("utf8").on("data", (text: string) => {
        output[stream] += text;
      });
    }
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, ...output, milliseconds: performance.now() - begin }));
  });
}

/** Runs a program that must succeed: the time of a failed run is worth no comparison. @throws CannotRun */
export async function mustRun(command: Command): Promise<Finished> {
  const finished = await run(command);
  if (finished.code === 0) return finished;
  const said = (finished.stderr.trim() || finished.stdout.trim()).slice(-2000);
  throw new CannotRun(`\`${command.command.join(" ")}\` ended with code ${finished.code}: ${said}`);
}

/**
 * This process's environment without variables that slow or change a program. NODE_EXTRA_CA_CERTS alone costs a start
 * 40 ms.
 */
export function measuredEnvironment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...rest } = process.env;
  const own = Object.entries(rest).filter(([name]) => !/^(npm_|PG|DATABASE_URL)/.test(name));
  return { ...Object.fromEntries(own), ...extra };
}

/** Finds `name` on PATH; undefined if it is nowhere. */
export async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? "").split(path.delimiter)) {
    const file = path.join(folder, name);
    try {
      await fs.access(file, constants.X_OK);
      return file;
    } catch {
      // Looks in the next folder.
    }
  }
  return undefined;
}
