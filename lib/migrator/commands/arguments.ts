import { type CommandLine, parseCommandLine, UsageError } from "../../common/command-line";
import type { AnyValues, Command } from "./command";
import { GENERAL_FLAGS, usageProblems } from "./flags";

/** The command line of `migrate NAME`. */
export const commandLineOf = ({ name, summary, description, flags, operands = [] }: Command): CommandLine => ({
  name,
  oneOfSeveral: true,
  start: `migrate ${name}`,
  description: `${summary}\n\n${description}`,
  options: { ...flags, ...GENERAL_FLAGS },
  operands,
});

/**
 * Parses a command's options and operands; undefined asks for help.
 * @throws MigrateError `usage`, naming what was probably meant
 */
export function readArguments(command: Command, args: readonly string[]): AnyValues | undefined {
  try {
    return parseCommandLine(commandLineOf(command), args);
  } catch (error) {
    if (error instanceof UsageError) usageProblems(error.problems);
    throw error;
  }
}
