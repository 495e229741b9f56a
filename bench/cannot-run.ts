import {
  type CommandLine,
  type Operand,
  type Options,
  parseCommandLine,
  type Values,
} from "../lib/common/command-line";
import { runProgram } from "../lib/common/command-line/program";

/**
 * A benchmark that lacks a tool or input. The message says what is missing and what to do; the scripts exit with code
 * 2.
 */
export class CannotRun extends Error {
  override readonly name = "CannotRun";
}

/** Runs a benchmark to its end. Exits with 0 whatever it measured, 2 if it cannot run, 1 if it failed unexpectedly. */
export async function runBenchmark<Own extends Options, Words extends readonly Operand[]>(
  declared: CommandLine<Own, Words>,
  measure: (given: Values<Own, Words>) => Promise<void>,
): Promise<void> {
  const parse = () => parseCommandLine(declared, process.argv.slice(2));
  try {
    process.exitCode = await runProgram(declared, parse, (given) => measure(given).then(() => 0));
  } catch (error) {
    const expected = error instanceof CannotRun;
    console.error(expected ? `Cannot run: ${error.message}` : error);
    process.exitCode = expected ? 2 : 1;
  }
}
