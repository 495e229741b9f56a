import type { Migrator } from "../../../lib/migrator/api";
import { MigrateError } from "../../../lib/migrator/base/errors";
import type { MigratorEvent } from "../../../lib/migrator/base/events";
import type { MigratorOptions } from "../../../lib/migrator/base/options";
import { createMigrator } from "../../../lib/migrator/migrator";
import type { TestPostgres } from "../../support/postgres";

/** A migrator for a database and a folder, and what it told. */
export function migratorFor(
  url: string,
  directory: string,
  options: Partial<MigratorOptions> = {},
): Migrator & { events: MigratorEvent[] } {
  const events: MigratorEvent[] = [];
  const migrator = createMigrator({
    connection: { connectionString: url },
    directory,
    log: (event) => events.push(event),
    ...options,
  });
  return { ...migrator, events };
}

/** golang-migrate's table without a row: the record of a database in which no migration has run, whatever tables it has. */
export const NOTHING_RAN =
  "create table public.schema_migrations (version bigint not null primary key, dirty boolean not null)";

/** The error that a promise is rejected with. */
export async function failure(promise: Promise<unknown>): Promise<MigrateError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof MigrateError) return error;
  throw new Error(
    `Should have failed with a MigrateError, but: ${error instanceof Error ? error.stack : "it succeeded"}`,
  );
}

/** Grows with every transaction that wrote anything, anywhere on the server. Autovacuum has to be off. */
export async function writes(postgres: TestPostgres, url: string): Promise<string> {
  const [row] = await postgres.query<{ next: string }>(
    url,
    "select pg_snapshot_xmax(pg_current_snapshot())::text as next",
  );
  return row?.next ?? "";
}

/** What is recorded, as `version:kind` in order, and golang-migrate's row as `version,dirty`. */
export async function recorded(postgres: TestPostgres, url: string): Promise<{ history: string; version: string }> {
  const history = await postgres.query<{ entry: string }>(
    url,
    "select version || ':' || kind as entry from migrate.history where reverted_at is null order by version",
  );
  const rows = await postgres.query<{ entry: string }>(
    url,
    "select version || ',' || dirty as entry from public.schema_migrations",
  );
  return { history: history.map(({ entry }) => entry).join(" "), version: rows.map(({ entry }) => entry).join(" ") };
}

/** Names of the tables in schema public, in order. */
export async function publicTables(postgres: TestPostgres, url: string): Promise<string[]> {
  const rows = await postgres.query<{ name: string }>(
    url,
    "select tablename as name from pg_tables where schemaname = 'public' order by tablename",
  );
  return rows.map(({ name }) => name);
}
