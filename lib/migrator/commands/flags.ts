import type { Options } from "../../common/command-line";
import { EXIT } from "../../contract";
import { refusal } from "../base/errors";
import type { MigratorOptions } from "../base/options";
import { readConnection } from "../settings/connection";
import { migrationsDirectory } from "../settings/directory";
import { Sources } from "../settings/sources";
import type { CommandContext } from "./command";

/** Largest time that PostgreSQL's and Node's timers hold: 2³¹ ms, some 24 days. */
const MOST_SECONDS = 2_147_483;

/** A time in seconds; decimals are allowed. */
export const SECONDS = {
  type: "number",
  placeholder: "SECONDS",
  least: 0,
  most: MOST_SECONDS,
  fraction: true,
  unit: "a number of seconds",
} as const;

/** A whole number. */
export const WHOLE = { type: "number", placeholder: "N" } as const;

/** Flags of every command, beside --help. */
export const GENERAL_FLAGS = {
  json: { type: "boolean", help: "Print one JSON object a line." },
} as const satisfies Options;

export const DIRECTORY_FLAG = {
  dir: {
    type: "string",
    placeholder: "FOLDER",
    help: "Folder of SQL files. [MIGRATIONS_DIR, /app/migrations, ./migrations]",
  },
} as const satisfies Options;

export const EXISTING_FLAG = {
  "allow-existing": {
    type: "boolean",
    help: "Also where tables or other tools' records are there, and nothing says what has run.",
  },
} as const satisfies Options;

export const CONNECT_FLAG = {
  "connect-tries": {
    ...WHOLE,
    least: 1,
    help: "How often to try to connect, with pauses up to 2 s. [30]",
  },
  "password-wait": {
    ...SECONDS,
    help: "How long to try a refused password again, while a new one reaches the server. [0]",
  },
} as const satisfies Options;

export const WRITE_FLAG = {
  "override-read-only": { type: "boolean", help: "Write although the server's configuration makes it read-only." },
} as const satisfies Options;

export const SCRATCH_FLAG = {
  scratch: {
    type: "string",
    placeholder: "URL",
    help: "Empty database to use, emptied again. [SCRATCH_URL, or a new one, dropped again]",
  },
} as const satisfies Options;

export const RUN_FLAGS = {
  "lock-wait": { ...SECONDS, help: "How long to wait for another runner. [60]" },
  "lock-timeout": { ...SECONDS, help: "How long a statement may wait for a lock. [5]" },
  "lock-tries": { ...WHOLE, least: 1, help: "How often to try a migration whose locks are taken. [10]" },
  "statement-timeout": {
    ...SECONDS,
    help: "How long one statement may take, 0 for any. [900]",
  },
  "stop-grace": { ...SECONDS, help: "How long it may go on after a signal. [20]" },
  "withhold-values": { type: "boolean", help: "Leave out of errors what may quote rows, for a log that others read." },
  ...WRITE_FLAG,
} as const satisfies Options;

/**
 * Reads the migrator's options from command line, environment and files.
 * @throws MigrateError `usage` with all problems of the last two
 */
export function migratorOptions({ values, environment, log, signal }: CommandContext): MigratorOptions {
  const sources = new Sources(environment);
  const connection = readConnection(sources);
  usageProblems(sources.problems);
  const options = {
    connectTries: values["connect-tries"],
    passwordWaitSeconds: values["password-wait"],
    overrideReadOnly: values["override-read-only"],
    lockWaitSeconds: values["lock-wait"],
    lockTimeoutSeconds: values["lock-timeout"],
    lockTries: values["lock-tries"],
    statementTimeoutSeconds: values["statement-timeout"],
    stopGraceSeconds: values["stop-grace"],
    withholdValues: values["withhold-values"],
  };
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const directory = migrationsDirectory(values.dir as string | undefined, environment);
  return { connection, directory, log, signal, ...given };
}

/** Reads the connection of the scratch database, if one is named. @throws MigrateError `usage` */
export function scratchConnection({ values, environment }: Pick<CommandContext, "values" | "environment">) {
  const sources = new Sources(environment);
  const option = values.scratch as string | undefined;
  const url = option ?? sources.read("SCRATCH_URL");
  if (url === undefined) {
    usageProblems(sources.problems);
    return undefined;
  }
  const own = new Sources({ DATABASE_URL: url });
  const connection = readConnection(own);
  const setting = option === undefined ? "SCRATCH_URL" : "--scratch";
  usageProblems([...sources.problems, ...own.problems.map((problem) => problem.replaceAll("DATABASE_URL", setting))]);
  return { connection, url };
}

/** @throws MigrateError `usage` if there is any problem */
export function usageProblems(problems: readonly string[]): void {
  if (problems.length > 0) throw refusal("The arguments or settings cannot stand:", problems, EXIT.usage);
}
