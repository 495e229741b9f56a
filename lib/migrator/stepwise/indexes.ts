import type { Client } from "pg";

/** An index as the catalogue shows it. */
export interface Index {
  /** Qualified, quoted if needed. */
  readonly name: string;
  /** Without schema and quotes. */
  readonly bare: string;
  readonly valid: boolean;
  readonly unique: boolean;
  /** Number of its key columns. */
  readonly keys: number;
  /** Another session is at work on it. */
  readonly building: boolean;
  /** Whether this role may name it. Only a superuser may name indexes in the schema of TOAST tables. */
  readonly reachable: boolean;
}

const INDEXES = `select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name, c.relname as bare, i.indisvalid as valid,
    i.indisunique as "unique", i.indnkeyatts as keys,
    exists (select from pg_stat_progress_create_index p where p.index_relid = c.oid and p.pid <> pg_backend_pid()) as building,
    has_schema_privilege(n.oid, 'usage') as reachable
  from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace`;

/** Lists the indexes of a table; none if there is no such table. */
export async function indexesOf(client: Client, table: string): Promise<Index[]> {
  const { rows } = await client.query<Index>(`${INDEXES} where i.indrelid = to_regclass($1) order by 1`, [table]);
  return rows;
}

/**
 * Lists the leftovers of a failed REINDEX CONCURRENTLY: of a table with its TOAST table and partitions, of an index's
 * table, or with null of the whole database.
 */
export async function reindexLeftovers(client: Client, relation: string | null): Promise<Index[]> {
  const { rows } = await client.query<Index>(
    `with named as (select coalesce((select indrelid from pg_index where indexrelid = to_regclass($1)), to_regclass($1)) as oid),
      tree as (select oid from named union select relid from named, pg_partition_tree(oid)),
      tables as (select oid from tree union select reltoastrelid from pg_class where oid in (select oid from tree))
    ${INDEXES} where not i.indisvalid and c.relname ~ '_cc(new|old)\\d*$'
      and ($1::text is null or i.indrelid in (select oid from tables)) order by 1`,
    [relation],
  );
  return rows;
}

/** Finds a table or index on the session's search_path and returns its qualified name; null if there is none. */
export async function resolve(client: Client, name: string): Promise<string | null> {
  const { rows } = await client.query<{ name: string }>(
    `select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name
     from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = to_regclass($1)`,
    [name],
  );
  return rows[0]?.name ?? null;
}
