import { readFileSync } from "node:fs";
import * as path from "node:path";
import { Client } from "pg";

export interface Column {
  readonly name: string;
  /** Type as PostgreSQL writes it, but with short names for the longest. */
  readonly type: string;
  readonly required: boolean;
  readonly comment: string | null;
  readonly keys: readonly ("PK" | "FK" | "UK")[];
}

export interface ForeignKey {
  readonly name: string;
  readonly target: string;
  readonly columns: readonly string[];
  readonly onDelete: string;
  /** Whether at most one row refers to a target. */
  readonly unique: boolean;
}

export interface Table {
  readonly name: string;
  readonly comment: string | null;
  readonly columns: readonly Column[];
  readonly foreignKeys: readonly ForeignKey[];
}

const QUERY = path.join(__dirname, "catalogue.sql");
const SHORT: Readonly<Record<string, string>> = {
  "timestamp with time zone": "timestamptz",
  "double precision": "float8",
};

/** Reads the tables of `public` by name from the catalogue of a migrated database. */
export async function readTables(connectionString: string): Promise<Table[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query<{ tables: Table[] }>(readFileSync(QUERY, "utf8"));
    return (rows[0]?.tables ?? []).map((table) => ({ ...table, columns: table.columns.map(shortened) }));
  } finally {
    await client.end();
  }
}

const shortened = (column: Column): Column => ({ ...column, type: SHORT[column.type] ?? column.type });
