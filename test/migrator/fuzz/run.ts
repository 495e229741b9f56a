import { EXIT } from "../../../lib/contract";
import { MigrateError } from "../../../lib/migrator/base/errors";
import type { TestPostgres } from "../../support/postgres";
import { migratorFor, writes } from "../support/database";
import type { Files } from "../support/folder";

const CODES: ReadonlySet<number> = new Set([EXIT.sql, EXIT.refused, EXIT.unreachable]);

/** Waits for a promise, and lets it fail only as everything may: with a code and a text. Undefined if it succeeds. */
export async function failsProperly(promise: Promise<unknown>, codes = CODES): Promise<MigrateError | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if (!(error instanceof MigrateError)) throw error;
    if (!codes.has(error.exitCode) || !/\w+ \w+/.test(error.message)) throw error;
    return error;
  }
}

/** A migration whose first and last statement leave a trace each. */
export function between(version: number, sql: string): Files {
  const id = `${version}_v`;
  return {
    [`${id}.up.sql`]: `create table public.first_${version} (); ${sql}\n; create table public.last_${version} ();\n`,
    [`${id}.down.sql`]: "select 1;",
  };
}

export interface Outcome {
  readonly failure: MigrateError | undefined;
  readonly first: boolean;
  readonly last: boolean;
  readonly recorded: boolean;
  readonly wrote: boolean;
}

/** Runs `up`, and looks what is there of a version then. */
export async function outcomeOf(
  postgres: TestPostgres,
  url: string,
  folder: string,
  version: number,
): Promise<Outcome> {
  const before = await writes(postgres, url);
  const failure = await failsProperly(migratorFor(url, folder, { connectTries: 1, statementTimeoutSeconds: 5 }).up());
  const wrote = (await writes(postgres, url)) !== before;
  const [row] = await postgres.query<Omit<Outcome, "failure" | "wrote">>(
    url,
    `select to_regclass('public.first_${version}') is not null as first, to_regclass('public.last_${version}') is not null as last,
       exists (select from migrate.history where version = ${version} and reverted_at is null)
       and exists (select from public.schema_migrations where version = ${version} and not dirty) as recorded`,
  );
  if (!row) throw new Error("The server answered with no row.");
  return { failure, wrote, ...row };
}
