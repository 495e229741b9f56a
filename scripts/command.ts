import { createInterface } from "node:readline/promises";
import { BackupError } from "../lib/backup";
import type { CommandLine } from "../lib/common/command-line";
import { runProgram, USAGE_EXIT } from "../lib/common/command-line/program";
import { KubectlError } from "../lib/deploy/kubectl";
import { ManifestError } from "../lib/deploy/manifests";
import { RecordError } from "../lib/deploy/release/records";
import { RollbackError } from "../lib/deploy/release/rollback-error";
import { WaitError } from "../lib/deploy/waiting";
import { MoveError } from "../lib/move/server";
import { PrometheusError } from "../lib/panels/prometheus";
import { CredentialsError } from "../lib/secrets/file";
import { ALL_STAGES } from "../lib/stages";
import { ConfigError } from "../lib/stages/config-error";

/** An action of a person on a stage. */
export interface Command<Arguments> {
  /** Name of the action in the message about a signal, e.g. `"The deployment"`. */
  readonly what: string;
  /** Declares its options and operands. */
  readonly commandLine: (stages: readonly string[]) => CommandLine;
  /** Parses the command line; undefined asks for help. @throws UsageError */
  readonly parse: (args: readonly string[], stages: readonly string[]) => Arguments | undefined;
  /** Runs until done, or until `signal` stops it. Returns the exit code. */
  readonly run: (args: Arguments, signal: AbortSignal) => Promise<number>;
  /** Exit code for a wrong command line. @default 2 */
  readonly usageExit?: number;
}

export const say = (line: string) => console.log(line);

/** Runs it as this process. Exit codes: its own, 1 if it fails, 2 for a wrong command line. */
export async function main<Arguments>(command: Command<Arguments>): Promise<void> {
  const { what, commandLine, parse, run, usageExit = USAGE_EXIT } = command;
  const stages = ALL_STAGES.map(({ name }) => name);
  try {
    process.exitCode = await runProgram(
      commandLine(stages),
      () => parse(process.argv.slice(2), stages),
      (args) => run(args, untilStopped(what)),
      { usageExit },
    );
  } catch (error) {
    console.error(explain(error));
    process.exitCode = 1;
  }
}

/** Asks on the terminal. Ctrl-C there stops the action, as a signal does. */
export const asking =
  (signal: AbortSignal) =>
  async (question: string): Promise<string> => {
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    // On a terminal in raw mode Ctrl-C is a key, not a signal.
    terminal.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
    try {
      return await terminal.question(question, { signal });
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      terminal.close();
    }
  };

/**
 * Stops the action at the first signal, or when nobody reads its output any more, and says so. Node.js ends the process
 * at the second signal.
 */
function untilStopped(what: string): AbortSignal {
  const stopping = new AbortController();
  const stop = (why: string) => {
    for (const name of SIGNALS) process.removeAllListeners(name);
    stopping.abort(new WaitError(what, `was left where it is ${why}.`));
  };
  for (const name of SIGNALS) process.on(name, () => stop(`by ${name}`));
  process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => stop(`because nobody reads its output (${code})`));
  // Explanations that nobody can read change nothing.
  process.stderr.on("error", () => undefined);
  return stopping.signal;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Shows the message of an expected error, and everything of any other. */
export function explain(error: unknown): string {
  const expected = [
    BackupError,
    ConfigError,
    CredentialsError,
    KubectlError,
    ManifestError,
    MoveError,
    PrometheusError,
    RecordError,
    RollbackError,
    WaitError,
  ].some((kind) => error instanceof kind);
  return expected ? (error as Error).message : String((error as Error).stack ?? error);
}
