import type { TestPostgres } from "../../support/postgres";
import { migrateHere } from "./command";
import { migratorFor } from "./database";
import { type Files, makeFolder } from "./folder";

/** A database that ran `before`; the folder holds `after` now. */
export async function repairable(postgres: TestPostgres, before: Files, after: Files = before) {
  const url = await postgres.createDatabase();
  await migratorFor(url, makeFolder(before)).up();
  const folder = makeFolder(after);
  const environment = { DATABASE_URL: url, MIGRATIONS_DIR: folder };
  const run = (...args: string[]) => migrateHere(args, environment);
  return { url, folder, environment, run, migrator: migratorFor(url, folder) };
}

/** `version name` of each applied row, in order. */
export async function names(postgres: TestPostgres, url: string): Promise<string> {
  const rows = await postgres.query<{ entry: string }>(
    url,
    "select version || ' ' || name as entry from migrate.history where reverted_at is null order by version",
  );
  return rows.map(({ entry }) => entry).join(", ");
}

/** SQL that makes and drops a table. */
export const table = (name: string): [string, string] => [`create table ${name} (id int);`, `drop table ${name};`];
