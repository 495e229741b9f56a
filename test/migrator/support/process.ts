import { type ChildProcess, execFile, spawn } from "node:child_process";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves when standard output or error has matched; rejects if the process ends before. */
  said(pattern: RegExp): Promise<void>;
}

const ROOT = path.resolve(__dirname, "../../..");

/** The `migrate` command as the image has it: one bundle that plain node runs. Made once for the test file that calls this. */
export function useMigrateCommand(): (
  args: readonly string[],
  environment?: Readonly<Record<string, string>>,
) => Running {
  let folder: string;
  let bundle: string;
  beforeAll(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), "diabrisk-migrate-"));
    bundle = path.join(folder, "migrate.js");
    const esbuild = path.join(ROOT, "node_modules/.bin/esbuild");
    const main = path.join(ROOT, "lib/migrator/main.ts");
    const flags = ["--bundle", "--platform=node", "--external:pg-native", "--log-level=error", `--outfile=${bundle}`];
    await promisify(execFile)(esbuild, [main, ...flags]);
    // PostgreSQL's parser, beside the bundle as in the image.
    await fs.copyFile(require.resolve("libpg-query/wasm/libpg-query.wasm"), path.join(folder, "libpg-query.wasm"));
    // As the build does: the bundle looks for PostgreSQL's parser beside it.
    await fs.copyFile(require.resolve("libpg-query/wasm/libpg-query.wasm"), path.join(folder, "libpg-query.wasm"));
  });
  afterAll(() => fs.rm(folder, { recursive: true, force: true }));
  return (args, environment = {}) => start([bundle, ...args], environment);
}

function start(args: readonly string[], environment: Readonly<Record<string, string>>): Running {
  const child = spawn(process.execPath, args, {
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  const listeners = new Set<() => void>();
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].on("data", (chunk: Buffer) => {
      output[stream] += chunk.toString();
      for (const listener of listeners) listener();
    });
  }
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, ...output }));
  });
  const said = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (pattern.test(output.stdout) || pattern.test(output.stderr)) resolve();
      };
      listeners.add(look);
      look();
      finished.then(() => reject(new Error(`Never said ${pattern}: ${JSON.stringify(output)}`)), reject);
    });
  return { child, finished, said };
}
