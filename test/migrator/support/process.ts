import { type ChildProcess, spawn } from "node:child_process";
import { useBundle } from "../../support/bundle";

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

/** The `migrate` command as the image has it. Made once for the test file that calls this. */
export function useMigrateCommand(): (
  args: readonly string[],
  environment?: Readonly<Record<string, string>>,
) => Running {
  const bundle = useBundle("lib/migrate/main.ts");
  return (args, environment = {}) => start([bundle.file, ...args], environment);
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
