import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import * as path from "node:path";
import { POSTGRES_IDENTITY } from "../postgres/identity";

const MAJOR = POSTGRES_IDENTITY.major;

/** PostgreSQL's client programs that a backup needs. */
const PROGRAMS = ["psql", "pg_dump", "pg_restore"] as const;

/** Places where packages of several majors put theirs: Debian, Red Hat, Homebrew on either processor. */
const FOLDERS = [
  `/usr/lib/postgresql/${MAJOR}/bin`,
  `/usr/pgsql-${MAJOR}/bin`,
  `/opt/homebrew/opt/postgresql@${MAJOR}/bin`,
  `/usr/local/opt/postgresql@${MAJOR}/bin`,
];

const VARIABLE = `PG${MAJOR}_BINDIR`;

/**
 * Finds a folder with `psql`, `pg_dump` and `pg_restore` of the server's major version: PG16_BINDIR alone if it is set,
 * else the first of PATH and of the places where packages put them. Undefined if there is none. An older pg_dump
 * refuses the server, and a newer one writes what the pods' pg_restore cannot read.
 */
export function findClientTools(environment: NodeJS.ProcessEnv): string | undefined {
  const named = environment[VARIABLE];
  const inPath = (environment.PATH ?? "").split(path.delimiter).filter(Boolean);
  const folders = named ? [named] : [...new Set([...inPath, ...FOLDERS])];
  return folders.find(holdsAll);
}

/** Says in one line why there are none, and how to get them. */
export function noClientTools(environment: NodeJS.ProcessEnv): string {
  const named = environment[VARIABLE];
  const where = named ? `${VARIABLE} is ${named}, which has no` : "This machine has no";
  return (
    `${where} ${PROGRAMS.join(", ")} of PostgreSQL ${MAJOR}. Install them (Debian: apt-get install postgresql-client-${MAJOR}; ` +
    `Homebrew: brew install postgresql@${MAJOR}), or set ${VARIABLE} to their folder.`
  );
}

function holdsAll(folder: string): boolean {
  const programs = PROGRAMS.map((name) => path.join(folder, name));
  return programs.every((program) => existsSync(program)) && programs.every((program) => majorOf(program) === MAJOR);
}

/** The major version that a program says it has; undefined if it does not run. */
function majorOf(program: string): number | undefined {
  const { stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  const version = /\(PostgreSQL\) (?<major>\d+)/.exec(stdout ?? "")?.groups?.major;
  return version === undefined ? undefined : Number(version);
}
