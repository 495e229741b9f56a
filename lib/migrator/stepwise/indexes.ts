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
  /** This role may name it: what is in the server's schema for TOAST only a superuser may. */
  readonly reachable: boolean;
}

const INDEXES = `select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name, c.relname as bare, i.indisvalid as valid,
    i.indisunique as "unique", i.indnkeyatts as keys,
    exists (select from pg_stat_progress_create_index p where p.index_relid = c.oid and p.pid <> pg_backend_pid()) as building,
    has_schema_privilege(n.oid, 'usage') as reachable
  from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace`;

/** The indexes of a table; none where there is no such table. */
export async function indexesOf(client: Client, table: string): Promise<Index[]> {
  const { rows } = await client.query<Index>(`${INDEXES} where i.indrelid = to_regclass($1) order by 1`, [table]);
  return rows;
}

/**
 * What REINDEX CONCURRENTLY leaves when it fails: on a table, its TOAST and its partitions, on the table of an index, or
 * with null anywhere in this database.
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

/** A table or index with its schema, as the session's search_path finds it; null where there is none. */
export async function resolve(client: Client, name: string): Promise<string | null> {
  const { rows } = await client.query<{ name: string }>(
    `select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name
     from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = to_regclass($1)`,
    [name],
  );
  return rows[0]?.name ?? null;
}
