import type { Client } from "pg";

/** An index as the catalogue has it. */
export interface Index {
  /** With its schema, quoted where that is needed. */
  readonly name: string;
  /** Without schema and quotes. */
  readonly bare: string;
  readonly valid: boolean;
  readonly unique: boolean;
  /** Number of its key columns. */
  readonly keys: number;
  /** Another session is at work on it. */
  readonly building: boolean;
}

const INDEXES = `select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name, c.relname as bare, i.indisvalid as valid,
    i.indisunique as "unique", i.indnkeyatts as keys,
    exists (select from pg_stat_progress_create_index p where p.index_relid = c.oid and p.pid <> pg_backend_pid()) as building
  from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace`;

/** The indexes of a table; none where there is no such table. */
export async function indexesOf(client: Client, table: string): Promise<Index[]> {
  const { rows } = await client.query<Index>(`${INDEXES} where i.indrelid = to_regclass($1) order by 1`, [table]);
  return rows;
}

/** What REINDEX CONCURRENTLY leaves when it fails, anywhere in this database. */
export async function reindexLeftovers(client: Client): Promise<Index[]> {
  const { rows } = await client.query<Index>(
    `${INDEXES} where not i.indisvalid and c.relname ~ '_cc(new|old)\\d*$' and n.nspname <> 'pg_toast' order by 1`,
  );
  return rows;
}

/** A table or index with its schema, as the session's search_path finds it; null where there is none. */
export async function resolve(client: Client, name: string): Promise<string | null> {
  const { rows } = await client.query<{ name: string }>(
    `select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name
     from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = to_regclass($1)`,
    [name],
  );
  return rows[0]?.name ?? null;
}
