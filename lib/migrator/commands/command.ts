import type { ParseArgsConfig } from "node:util";
import type { ExitCode } from "../errors";
import type { Log } from "../events";
import type { Environment } from "../settings/sources";

export type Options = NonNullable<ParseArgsConfig["options"]>;
export type Values = Readonly<Record<string, string | boolean | undefined>>;

/** An option of a command with its line of help. */
export interface Flag {
  readonly type: "string" | "boolean";
  readonly short?: string;
  /** What stands for its value in the help, e.g. `N`. */
  readonly placeholder?: string;
  readonly help: string;
}

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What a person should know before running it. */
  readonly description: string;
  readonly flags: Readonly<Record<string, Flag>>;
  run(context: CommandContext): Promise<ExitCode>;
}

/** All that a command touches. */
export interface CommandContext {
  readonly values: Values;
  readonly environment: Environment;
  readonly output: Output;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Whether a person is there to answer. */
  readonly interactive: boolean;
  /** Asks a person; resolves with the answer's line. */
  readonly ask: (question: string) => Promise<string>;
}

/** Where a command's answer goes: one object a line with --json, else text for a person. */
export interface Output {
  readonly json: boolean;
  /** `lines` for a person, `object` for a program. */
  result(lines: readonly string[], object: Readonly<Record<string, unknown>>): void;
}
