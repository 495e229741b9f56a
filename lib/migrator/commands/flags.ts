import { EXIT } from "../../contract";
import { refusal } from "../base/errors";
import type { MigratorOptions } from "../base/options";
import { readConnection } from "../settings/connection";
import { migrationsDirectory } from "../settings/directory";
import { Sources } from "../settings/sources";
import type { CommandContext, Flag, Values } from "./command";

/** Of every command. */
export const GENERAL_FLAGS = {
  json: { type: "boolean", help: "Print one JSON object a line." },
  help: { type: "boolean", short: "h", help: "Print this text." },
} as const satisfies Record<string, Flag>;

export const DIRECTORY_FLAG = {
  dir: {
    type: "string",
    placeholder: "FOLDER",
    help: "Folder of SQL files. [MIGRATIONS_DIR, /app/migrations, ./migrations]",
  },
} as const satisfies Record<string, Flag>;

export const CONNECT_FLAG = {
  "connect-tries": {
    type: "string",
    placeholder: "N",
    help: "How often to try to connect, with pauses up to 2 s. [30]",
  },
  "password-wait": {
    type: "string",
    placeholder: "SECONDS",
    help: "How long to try a refused password again, while a new one reaches the server. [0]",
  },
} as const satisfies Record<string, Flag>;

export const SCRATCH_FLAG = {
  scratch: {
    type: "string",
    placeholder: "URL",
    help: "Empty database to use, emptied again. [SCRATCH_URL, or a new one, dropped again]",
  },
} as const satisfies Record<string, Flag>;

export const RUN_FLAGS = {
  "lock-wait": { type: "string", placeholder: "SECONDS", help: "How long to wait for another runner. [60]" },
  "lock-timeout": { type: "string", placeholder: "SECONDS", help: "How long a statement may wait for a lock. [5]" },
  "lock-tries": { type: "string", placeholder: "N", help: "How often to try a migration whose locks are taken. [10]" },
  "statement-timeout": {
    type: "string",
    placeholder: "SECONDS",
    help: "How long one statement may take, 0 for any. [900]",
  },
  "stop-grace": { type: "string", placeholder: "SECONDS", help: "How long it may go on after a signal. [20]" },
} as const satisfies Record<string, Flag>;

/** What PostgreSQL's and Node's timers hold: 2³¹ ms, some 24 days. */
const MOST_SECONDS = 2_147_483;

/** Reads numbers from the command line and collects what is wrong with them. */
export class Numbers {
  readonly problems: string[] = [];

  constructor(readonly values: Values) {}

  /** A whole number of at least `least`; undefined if the option is not given. */
  whole(name: string, least: number): number | undefined {
    return this.#number(name, /^\d{1,15}$/, least, "a whole number");
  }

  /** A number of seconds. */
  seconds(name: string, least = 0): number | undefined {
    return this.#number(name, /^\d{1,15}(\.\d{1,3})?$/, least, "a number of seconds", MOST_SECONDS);
  }

  #number(
    name: string,
    pattern: RegExp,
    least: number,
    what: string,
    most = Number.POSITIVE_INFINITY,
  ): number | undefined {
    const value = this.values[name];
    if (value === undefined) return undefined;
    const parsed = typeof value === "string" && pattern.test(value) ? Number(value) : Number.NaN;
    if (parsed >= least && parsed <= most) return parsed;
    const limit = parsed > most ? `at most ${most}` : `at least ${least}`;
    this.problems.push(`--${name} is ${JSON.stringify(value)}; it takes ${what} of ${limit}.`);
    return undefined;
  }
}

/** The migrator's options from command line, environment and files. @throws MigrateError `usage` with all problems at once */
export function migratorOptions(
  { values, environment, log, signal }: CommandContext,
  numbers: Numbers,
): MigratorOptions {
  const sources = new Sources(environment);
  const connection = readConnection(sources);
  const options = {
    connectTries: numbers.whole("connect-tries", 1),
    passwordWaitSeconds: numbers.seconds("password-wait"),
    lockWaitSeconds: numbers.seconds("lock-wait"),
    lockTimeoutSeconds: numbers.seconds("lock-timeout"),
    lockTries: numbers.whole("lock-tries", 1),
    statementTimeoutSeconds: numbers.seconds("statement-timeout"),
    stopGraceSeconds: numbers.seconds("stop-grace"),
  };
  usageProblems([...numbers.problems, ...sources.problems]);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const directory = migrationsDirectory(values.dir as string | undefined, environment);
  return { connection, directory, log, signal, ...given };
}

/** The scratch database that was named, if one was. @throws MigrateError `usage` */
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
