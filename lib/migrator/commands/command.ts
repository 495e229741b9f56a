import type { ParseArgsConfig } from "node:util";
import type { ExitCode } from "../base/errors";
import type { Log } from "../base/events";
import type { Environment } from "../settings/sources";

export type Options = NonNullable<ParseArgsConfig["options"]>;
export type Values = Readonly<Record<string, string | boolean | undefined>>;

/** An option of a command with its line of help. */
export interface Flag {
  readonly type: "string" | "boolean";
  readonly short?: string;
  /** What stands for its value in the help, e.g. `N`. */
  readonly placeholder?: string;
  /** The only values that it takes; shells offer them. @default any */
  readonly choices?: readonly string[];
  readonly help: string;
}

/** A word, or several that count as one. */
export interface Operand {
  /** What stands for it in the help, e.g. `NAME`. */
  readonly name: string;
  readonly help: string;
  /** The only words that it may be. @default any */
  readonly choices?: readonly string[];
  /** Any number of them, none included; in `values` one a line. @default false */
  readonly many?: boolean;
}

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What a person should know before running it. */
  readonly description: string;
  readonly flags: Readonly<Record<string, Flag>>;
  /** What it takes besides options, under that name in `values`. @default nothing */
  readonly operand?: Operand;
  /** Command lines with what each does. */
  readonly examples?: readonly (readonly [line: string, does: string])[];
  /** Codes it exits with for reasons of its own; 0, 1, 2 and, where it connects, 7 and 8 go without saying. */
  readonly exits?: Readonly<Partial<Record<ExitCode, string>>>;
  run(context: CommandContext): Promise<ExitCode>;
}

/** All that a command touches. */
export interface CommandContext {
  readonly values: Values;
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
