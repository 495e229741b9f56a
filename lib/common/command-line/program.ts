import type { CommandLine } from "./declaration";
import { misuseText, usageText } from "./help";
import { UsageError } from "./usage-error";

/** The streams that a program prints to. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** The streams of this process. */
export const TERMINAL: Terminal = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
};

/** Exit code for a wrong command line. */
export const USAGE_EXIT = 2;

export interface ProgramOptions extends Partial<Terminal> {
  /** Exit code after a UsageError. @default 2 */
  readonly usageExit?: number;
}

/**
 * Runs a program with the result of `parse`, and returns its exit code. The code is 0 after printing the help, and
 * `usageExit` after a UsageError of `parse` or `run`.
 */
export async function runProgram<Given>(
  declared: CommandLine,
  parse: () => Given | undefined,
  run: (given: Given) => number | Promise<number>,
  { out = TERMINAL.out, err = TERMINAL.err, usageExit = USAGE_EXIT }: ProgramOptions = {},
): Promise<number> {
  try {
    const given = parse();
    if (given !== undefined) return await run(given);
    out(usageText(declared));
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    err(misuseText(error, declared));
    return usageExit;
  }
}
