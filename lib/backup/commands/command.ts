import type { CommandLine, Operand, Options, Values } from "../../common/command-line";
import type { Terminal } from "../../common/command-line/program";

/** Everything that a command touches besides its arguments. */
export interface Context {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly terminal: Terminal;
  readonly now: () => Date;
}

/** A command of `backup`. */
export interface Command {
  readonly declared: CommandLine;
  /** Finds problems between values. */
  readonly rules?: (values: never) => readonly string[];
  /** Returns the exit code. */
  readonly run: (values: never, context: Context) => Promise<number>;
}

/** Makes a command, typed by its own declaration. */
export const command = <const Own extends Options, const Words extends readonly Operand[]>(made: {
  readonly declared: CommandLine<Own, Words>;
  readonly rules?: (values: Partial<Values<Own, Words>>) => readonly string[];
  readonly run: (values: Values<Own, Words>, context: Context) => Promise<number>;
}): Command => made;

/** Exit codes of `backup`. */
export const BACKUP_EXIT = {
  ok: 0,
  /** Failed. Another try may succeed. */
  failure: 1,
  /** Wrong arguments or settings. Another try cannot change it. */
  usage: 2,
  /** Stopped by SIGTERM or SIGINT. */
  signalled: 8,
} as const;
