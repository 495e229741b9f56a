import { suggestion } from "../../common/command-line";
import { EXIT, VERSION } from "../../contract";
import { type ExitCode, isMigrateError, MigrateError, stopped } from "../base/errors";
import type { MigratorEvent } from "../base/events";
import type { Environment } from "../settings/sources";
import { readArguments } from "./arguments";
import type { Command } from "./command";
import { type Addition, commandNames, loadCommand, NO_ADDITION } from "./index";

/** Surroundings of the process, so that a test can provide its own. */
export interface Surroundings {
  /** Arguments without the program's name. */
  readonly args: readonly string[];
  readonly environment: Environment;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly signal: AbortSignal;
  readonly interactive: boolean;
  /** Width of standard output's terminal. @default no limit */
  readonly columns?: number;
  readonly ask: (question: string) => Promise<string>;
  /** The project's own part of the program. @default none */
  readonly addition?: Addition;
}

/** Runs `migrate`: finds the command, runs it, prints, and resolves with the exit code. Never rejects. */
export async function runMigrate(surroundings: Surroundings): Promise<ExitCode> {
  const [name, ...args] = surroundings.args;
  const { addition = NO_ADDITION } = surroundings;
  const names = commandNames(addition);
  const json = args.includes("--json");
  try {
    if (name === undefined)
      throw new MigrateError(EXIT.usage, `Say which command: ${names.join(", ")}. migrate --help tells more.`);
    if (name === "--version" || name === "-v") return print(surroundings, `migrate ${VERSION}\n`);
    if (name === "--help" || name === "-h" || name === "help")
      return print(surroundings, helpTexts().generalHelp(addition));
    const command = loadCommand(name, addition);
    if (!command)
      throw new MigrateError(
        EXIT.usage,
        `${JSON.stringify(name)} is no command.${suggestion(name, names)} Commands: ${names.join(", ")}.`,
      );
    return await runCommand(command, args, surroundings);
  } catch (error) {
    return fail(error, json, surroundings);
  }
}

/** Loads every command, since its summary is part of the text. */
function helpTexts() {
  return require("./help") as typeof import("./help");
}

function print({ stdout }: Surroundings, text: string): ExitCode {
  stdout(text);
  return EXIT.ok;
}

async function runCommand(command: Command, args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const values = readArguments(command, args);
  if (!values) return print(surroundings, helpTexts().commandHelp(command));
  const json = values.json === true;
  const { stdout, environment, signal, interactive, columns, ask, addition = NO_ADDITION } = surroundings;
  return command.run({
    values,
    environment,
    signal,
    interactive,
    ...(columns !== undefined && { columns }),
    ask,
    privileges: () => addition.privileges(environment),
    log: (event) => printEvent(event, json, surroundings),
    output: {
      json,
      result: (lines, object) => {
        if (json) stdout(`${JSON.stringify(object)}\n`);
        else if (lines.length > 0) stdout(`${lines.join("\n")}\n`);
      },
    },
  });
}

function printEvent(event: MigratorEvent, json: boolean, { stdout, stderr }: Surroundings): void {
  if (json) stdout(`${JSON.stringify({ ...event, message: event.message.trim() })}\n`);
  else if (event.level === "info") stdout(`${event.message}\n`);
  else stderr(`warning: ${event.message}\n`);
}

function fail(reason: unknown, json: boolean, { stdout, stderr, environment, signal }: Surroundings): ExitCode {
  // A signal makes an open question fail with its own error.
  const error = signal.aborted && (reason as Error).name === "AbortError" ? stopped() : reason;
  const exitCode = isMigrateError(error) ? error.exitCode : EXIT.failure;
  const message = error instanceof Error ? error.message : String(error);
  if (json) {
    const details = isMigrateError(error) ? error.details : {};
    stdout(`${JSON.stringify({ level: "error", exitCode, message, ...details })}\n`);
  } else {
    stderr(`error: ${message}\n`);
  }
  if (environment.MIGRATE_DEBUG && error instanceof Error) stderr(`${error.stack}\n`);
  return exitCode;
}
