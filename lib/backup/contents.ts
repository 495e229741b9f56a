import { Client, type ClientConfig } from "pg";
import { CONTENTS_SQL } from "./contents-sql";

export interface TableContents {
  /** With its schema, quoted where necessary, e.g. `public.users`. */
  readonly name: string;
  readonly rows: number;
  /** Sum of the rows' hashes, which no order of rows changes. */
  readonly hash: string;
}

export interface SequenceContents {
  readonly name: string;
  /** The last value, or the first one if it was never called. A text, since JSON's numbers end before bigint's. */
  readonly value: string;
  readonly called: boolean;
}

/** Everything in a database that a restored copy must have, too. */
export interface DatabaseContents {
  readonly database: string;
  readonly serverVersion: string;
  /** Number of the server's data folder. A restored copy has another one. */
  readonly systemIdentifier: string;
  /** The server's clock, in ISO 8601. */
  readonly databaseTime: string;
  readonly schema: {
    /** Newest migration; null if none ever ran. */
    readonly version: number | null;
    /** Migrations in force, in their order, e.g. `000001_create_users`. */
    readonly migrations: readonly { readonly name: string; readonly checksum: string | null }[];
  };
  readonly tables: readonly TableContents[];
  readonly sequences: readonly SequenceContents[];
}

/** Counts and hashes a database in one snapshot. Its user has to read every table. */
export async function readContents(connection: ClientConfig): Promise<DatabaseContents> {
  const client = new Client({ ...connection, application_name: "backup compare" });
  await client.connect();
  try {
    await client.query(SNAPSHOT);
    const contents = await contentsIn(client);
    await client.query("commit");
    return contents;
  } finally {
    await client.end();
  }
}

/** Begins the transaction in which a database can be counted and hashed. */
export const SNAPSHOT = "begin isolation level repeatable read, read only";

/** Counts and hashes the database as the session's transaction sees it, which `SNAPSHOT` began. */
export async function contentsIn(client: Client): Promise<DatabaseContents> {
  // Several statements in one message give one result each.
  const results = (await client.query(CONTENTS_SQL)) as unknown as readonly { rows: { contents: string }[] }[];
  return JSON.parse(results.at(-1)?.rows[0]?.contents ?? "null") as DatabaseContents;
}

/** One phrase, e.g. `"12 tables with 2345 rows, 3 sequences, 7 migrations"`. */
export function summaryOf({
  tables,
  sequences,
  schema,
}: Pick<DatabaseContents, "tables" | "sequences" | "schema">): string {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const counted = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;
  return `${counted(tables.length, "table")} with ${counted(rows, "row")}, ${counted(sequences.length, "sequence")}, ${counted(schema.migrations.length, "migration")}`;
}
