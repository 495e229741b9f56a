import type { Operand, Options, Value, Values } from "../../common/command-line";
import type { ExitCode } from "../base/errors";
import type { Log } from "../base/events";
import type { Environment } from "../settings/sources";

/** Values of the options and operands of any command. */
export type AnyValues = Readonly<Record<string, Value>>;

export interface Command<
  Own extends Options = Options,
  Words extends readonly Operand[] = readonly Operand[],
  Given = AnyValues,
> {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Describes the command for a person who is about to run it. */
  readonly description: string;
  readonly flags: Own;
  /** Operands, which appear in `values` under their names. @default none */
  readonly operands?: Words;
  /** Command lines, each with its effect. */
  readonly examples?: readonly (readonly [line: string, does: string])[];
  /** Codes it exits with for reasons of its own. Every command has 0, 1 and 2, and one that connects has 7 and 8. */
  readonly exits?: Readonly<Partial<Record<ExitCode, string>>>;
  run(context: CommandContext<Given>): Promise<ExitCode>;
}

type TypedCommand<Own extends Options, Words extends readonly Operand[]> = Command<Own, Words, Values<Own, Words>>;

/** Gives a command's `values` the types of its flags and operands. */
export const command = <const Own extends Options, const Words extends readonly Operand[] = readonly []>(
  declared: TypedCommand<Own, Words>,
): TypedCommand<Own, Words> => declared;

/** Everything that a command touches. */
export interface CommandContext<Given = AnyValues> {
  readonly values: Given;
  readonly environment: Environment;
  readonly output: Output;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Width of the terminal in characters. @default no limit */
  readonly columns?: number;
  /** Whether a person can answer. */
  readonly interactive: boolean;
  /** Asks a person. Resolves with the line of the answer. */
  readonly ask: (question: string) => Promise<string>;
  /** Makes the SQL of the project's privileges, for the last migration of an `up`. */
  readonly privileges: () => string;
}

/** Takes a command's answer: with --json one object a line, otherwise text for a person. */
export interface Output {
  readonly json: boolean;
  /** Prints `lines` for a person, or `object` for a program. */
  result(lines: readonly string[], object: Readonly<Record<string, unknown>>): void;
}
