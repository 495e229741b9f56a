import type { Operand, Options, Value, Values } from "../../common/command-line";
import type { ExitCode } from "../base/errors";
import type { Log } from "../base/events";
import type { Environment } from "../settings/sources";

/** What was given, of a command that is not known. */
export type AnyValues = Readonly<Record<string, Value>>;

export interface Command<
  Own extends Options = Options,
  Words extends readonly Operand[] = readonly Operand[],
  Given = AnyValues,
> {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What a person should know before running it. */
  readonly description: string;
  readonly flags: Own;
  /** What it takes besides options, under that name in `values`. @default nothing */
  readonly operands?: Words;
  /** Command lines with what each does. */
  readonly examples?: readonly (readonly [line: string, does: string])[];
  /** Codes it exits with for reasons of its own; 0, 1, 2 and, where it connects, 7 and 8 go without saying. */
  readonly exits?: Readonly<Partial<Record<ExitCode, string>>>;
  run(context: CommandContext<Given>): Promise<ExitCode>;
}

type TypedCommand<Own extends Options, Words extends readonly Operand[]> = Command<Own, Words, Values<Own, Words>>;

/** Makes a command whose `values` have the types that its flags and operands say. */
export const command = <const Own extends Options, const Words extends readonly Operand[] = readonly []>(
  declared: TypedCommand<Own, Words>,
): TypedCommand<Own, Words> => declared;

/** All that a command touches. */
export interface CommandContext<Given = AnyValues> {
  readonly values: Given;
  readonly environment: Environment;
  readonly output: Output;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** How wide the terminal is, in characters. @default no limit */
  readonly columns?: number;
  /** Whether a person is there to answer. */
  readonly interactive: boolean;
  /** Asks a person; resolves with the answer's line. */
  readonly ask: (question: string) => Promise<string>;
  /** SQL with the project's privileges, for the last migration of an `up`. */
  readonly privileges: () => string;
}

/** Where a command's answer goes: one object a line with --json, else text for a person. */
export interface Output {
  readonly json: boolean;
  /** `lines` for a person, `object` for a program. */
  result(lines: readonly string[], object: Readonly<Record<string, unknown>>): void;
}
