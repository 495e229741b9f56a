import type { Client } from "pg";

/** Indexes and tables that can be checked, as pg_amcheck chooses them: catalogs, too. */
const INDEXES = `select i.indexrelid::oid as id, i.indexrelid::regclass::text as name
  from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid join pg_catalog.pg_am a on a.oid = c.relam
  where a.amname = 'btree' and c.relkind = 'i' and c.relpersistence = 'p' and i.indisvalid and i.indisready order by 2`;
const TABLES = `select oid as id, oid::regclass::text as name from pg_catalog.pg_class
  where relkind in ('r', 'm', 't') and relpersistence = 'p' order by 2`;

interface Relation {
  readonly id: number;
  readonly name: string;
}

/** Checks every table and B-tree index, with each row's entry. Returns one sentence for each that is damaged. As the superuser. */
export async function checkRelations(client: Client): Promise<string[]> {
  await client.query("create extension if not exists amcheck with schema public");
  const problems: string[] = [];
  for (const { id, name } of await relations(client, TABLES)) {
    const { rows } = await client.query<{ msg: string }>("select msg from public.verify_heapam($1)", [id]);
    if (rows[0]) problems.push(`table ${name} is damaged in ${rows.length} places; the first: ${rows[0].msg}`);
  }
  for (const { id, name } of await relations(client, INDEXES)) {
    const damage = await client.query("select public.bt_index_check($1, true)", [id]).then(
      () => undefined,
      (error: Error & { code?: string }) => {
        // A lost connection is no damage.
        if (error.code === undefined) throw error;
        return error.message;
      },
    );
    if (damage !== undefined) problems.push(`index ${name} is damaged: ${damage}`);
  }
  return problems;
}

const relations = async (client: Client, sql: string) => (await client.query<Relation>(sql)).rows;
