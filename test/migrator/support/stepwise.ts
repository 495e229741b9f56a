import { Client } from "pg";
import type { MigratorEvent } from "../../../lib/migrator/base/events";
import type { TestPostgres } from "../../support/postgres";
import { recorded } from "./database";
import { type Files, pairs } from "./folder";

export const MARK = "-- migrate:no-transaction\n";
/** Migration 1 makes a table with rows, migration 2 runs outside of a transaction. */
export function files(up: string, down = "select 1;"): Files {
  return pairs({
    "1_a": [
      "create table a (id int, b int); insert into a select n, n from generate_series(1, 100) n;",
      "drop table a;",
    ],
    "2_b": [MARK + up, down],
  });
}

/** What a test looks at in a database of `postgres`. */
export function looksAt(postgres: TestPostgres) {
  async function rows(url: string, sql: string): Promise<unknown[]> {
    return (await postgres.query(url, sql)).map((row) => Object.values(row)[0]);
  }
  const indexes = (url: string) =>
    rows(
      url,
      "select indexrelid::regclass || case when indisvalid then '' else ' INVALID' end from pg_index join pg_class c on c.oid = indrelid where relnamespace = 'public'::regnamespace and relname <> 'schema_migrations' order by 1",
    );
  const progress = (url: string) =>
    rows(
      url,
      "select version || direction || statement || case when finished_at is null then ' begun' else '' end from migrate.progress order by statement",
    );
  const mark = async (url: string) => (await recorded(postgres, url)).version;
  return { rows, indexes, progress, mark };
}

/** A session of somebody else's that has run `sql`. */
export async function beside<Result>(
  url: string,
  sql: string,
  use: (session: Client) => Promise<Result>,
): Promise<Result> {
  const session = new Client({ connectionString: url, application_name: "somebody" });
  await session.connect();
  try {
    await session.query(sql);
    return await use(session);
  } finally {
    await session.end();
  }
}

/** The first event of that name, and with that message, that any of the migrators tells. */
export async function told(
  migrators: readonly { readonly events: readonly MigratorEvent[] }[],
  event: string,
  message = /^/,
): Promise<MigratorEvent> {
  for (;;) {
    const found = migrators
      .flatMap(({ events }) => events)
      .find((one) => one.event === event && message.test(one.message));
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
