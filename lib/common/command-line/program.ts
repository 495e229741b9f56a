import type { CommandLine } from "./declaration";
import { misuseText, usageText } from "./help";
import { UsageError } from "./usage-error";

/** The output streams of a program. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** This process's. */
export const TERMINAL: Terminal = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
};

/** Exit code for a wrong command line. */
export const USAGE_EXIT = 2;

/**
 * Runs a program with what `parse` reads, and returns its exit code: 0 after printing the help that was asked for, 2 after
 * a UsageError of `parse` or `run`.
 */
export async function runProgram<Given>(
  declared: CommandLine,
  parse: () => Given | undefined,
  run: (given: Given) => number | Promise<number>,
  { out, err }: Terminal = TERMINAL,
): Promise<number> {
  try {
    const given = parse();
    if (given !== undefined) return await run(given);
    out(usageText(declared));
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    err(misuseText(error, declared));
    return USAGE_EXIT;
  }
}
