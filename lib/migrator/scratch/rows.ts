import type { Client } from "pg";
import type { CatalogueEntry } from "../catalogue";
import { NOT_THE_RECORD } from "../catalogue/sql";

/** Counts each table's rows in a small database, as entries that compare like a catalogue's. */
export async function countRows(client: Client): Promise<CatalogueEntry[]> {
  const { rows: tables } = await client.query<{ name: string }>(TABLES);
  if (tables.length === 0) return [];
  const counts = tables.map(
    ({ name }) => `select ${client.escapeLiteral(name)} as name, count(*) as rows from ${name}`,
  );
  const { rows } = await client.query<{ name: string; rows: string }>(counts.join(" union all "));
  const none = { parent: null, comment: null, position: 0 };
  return rows.map(({ name, rows: number }) => ({ kind: "rows of", name, definition: number, ...none }));
}

const TABLES = `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'migrate')
    and ${NOT_THE_RECORD} order by 1`;
