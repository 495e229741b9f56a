import type { Client } from "pg";
import type { CatalogueEntry } from "../catalogue";
import { NOT_THE_RECORD } from "../catalogue/sql";

export interface RowCounts {
  /** Each table's number of rows, as entries that compare like a catalogue's. */
  readonly rows: readonly CatalogueEntry[];
  /** Tables of which row-level security hides rows from this role, so that a count would be too small. */
  readonly uncounted: readonly string[];
}

/** Counts each table's rows in a small database. */
export async function countRows(client: Client): Promise<RowCounts> {
  const { rows: tables } = await client.query<{ name: string; hidden: boolean }>(TABLES);
  const uncounted = tables.flatMap(({ name, hidden }) => (hidden ? [name] : []));
  const counts = tables.flatMap(({ name, hidden }) =>
    hidden ? [] : [`select ${client.escapeLiteral(name)} as name, count(*) as rows from ${name}`],
  );
  if (counts.length === 0) return { rows: [], uncounted };
  const { rows } = await client.query<{ name: string; rows: string }>(counts.join(" union all "));
  const none = { parent: null, comment: null, position: 0 };
  return {
    rows: rows.map(({ name, rows: number }) => ({ kind: "rows of", name, definition: number, ...none })),
    uncounted,
  };
}

const TABLES = `select c.oid::regclass::text as name, row_security_active(c.oid) as hidden
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'migrate')
    and ${NOT_THE_RECORD} order by 1`;
