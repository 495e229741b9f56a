import {
  type CommandLine,
  type Operand,
  type Options,
  parseCommandLine,
  type Values,
} from "../lib/common/command-line";
import { runProgram } from "../lib/common/command-line/program";

/** A benchmark that has nothing to measure with: what is missing, and what to do. The scripts end with code 2 on it. */
export class CannotRun extends Error {
  override readonly name = "CannotRun";
}

/** Runs a benchmark to its end. Code 0 whatever it measured, 2 when it cannot run, 1 when it failed unexpectedly. */
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
