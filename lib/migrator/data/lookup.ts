import type { Reader } from "./reader";

/** Questions to the catalogue that only the rows' questions need. Each takes a name as the statement writes it. */

/** The columns of a table's primary key; undefined if there is none, or no table. */
export async function primaryKey(reader: Reader, table: string): Promise<string[] | undefined> {
  const [row] = await rows<{ columns: string[] | null }>(
    reader,
    `select array_agg(a.attname::text order by array_position(i.indkey::int2[], a.attnum)) as columns
     from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
     where i.indrelid = to_regclass($1) and i.indisprimary`,
    [table],
  );
  return row?.columns ?? undefined;
}

export interface KnownConstraint {
  readonly name: string;
  readonly type: string;
  readonly columns: string[] | null;
  readonly expression: string | null;
  readonly target: string | null;
  readonly targetRelation: string | null;
  readonly partitioned: boolean | null;
  readonly referenced: string[] | null;
  readonly full: boolean;
}

/** A constraint that is NOT VALID. */
export async function constraintOf(reader: Reader, table: string, name: string): Promise<KnownConstraint | undefined> {
  const [row] = await rows<KnownConstraint>(reader, `${CONSTRAINTS} and k.conname = $2 and not k.convalidated`, [
    table,
    name,
  ]);
  return row;
}

/** Valid constraints that a column takes part in. */
export function constraintsWith(reader: Reader, table: string, column: string): Promise<KnownConstraint[]> {
  const attribute = "(select attnum from pg_attribute where attrelid = k.conrelid and attname = $2)";
  return rows<KnownConstraint>(reader, `${CONSTRAINTS} and ${attribute} = any (k.conkey) and k.convalidated`, [
    table,
    column,
  ]);
}

/** Valid foreign keys of a table. */
export function foreignKeys(reader: Reader, table: string): Promise<KnownConstraint[]> {
  return rows<KnownConstraint>(reader, `${CONSTRAINTS} and k.contype = 'f' and k.convalidated and k.confrelid <> 0`, [
    table,
  ]);
}

const names = (numbers: string, relation: string) =>
  `(select array_agg(a.attname::text order by array_position(k.${numbers}, a.attnum)) from pg_attribute a where a.attrelid = k.${relation} and a.attnum = any (k.${numbers}))`;

const CONSTRAINTS = `select k.contype::text as type, k.conname::text as name, ${names("conkey", "conrelid")} as columns,
    pg_get_expr(k.conbin, k.conrelid) as expression,
    quote_ident(n.nspname) || '.' || quote_ident(c.relname) as target, n.nspname || '.' || c.relname as "targetRelation",
    c.relkind = 'p' as partitioned, ${names("confkey", "confrelid")} as referenced, k.confmatchtype = 'f' as full
  from pg_constraint k left join pg_class c on c.oid = k.confrelid left join pg_namespace n on n.oid = c.relnamespace
  where k.conrelid = to_regclass($1)`;

/** The columns of an index. */
export async function indexColumns(reader: Reader, index: string): Promise<string[] | undefined> {
  const [row] = await rows<{ columns: string[] | null }>(
    reader,
    `select array_agg(a.attname::text) as columns from pg_index i join pg_attribute a on a.attrelid = i.indrelid
       and a.attnum = any ((i.indkey::int2[])[0:i.indnkeyatts - 1]) where i.indexrelid = to_regclass($1)`,
    [index],
  );
  return row?.columns ?? undefined;
}

export interface DomainColumn {
  readonly relation: string;
  readonly table: string;
  readonly column: string;
}

/** Columns of tables that have a domain, or one over it, as their type. */
export async function domainColumns(reader: Reader, domain: string): Promise<DomainColumn[]> {
  return rows<DomainColumn>(
    reader,
    `with recursive domains (oid) as (select to_regtype($1)::oid
       union select t.oid from pg_type t join domains d on t.typbasetype = d.oid where t.typtype = 'd')
     select n.nspname || '.' || c.relname as relation, quote_ident(n.nspname) || '.' || quote_ident(c.relname) as "table",
       a.attname::text as "column"
     from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
     where a.atttypid in (select oid from domains) and a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'm')
     order by c.oid, a.attnum`,
    [domain],
  );
}

/** The default of a domain; undefined for none, or another type. */
export async function domainDefault(reader: Reader, type: string): Promise<string | undefined> {
  const sql = "select pg_get_expr(typdefaultbin, 0) as value from pg_type where oid = to_regtype($1)";
  const [row] = await rows<{ value: string | null }>(reader, sql, [type]);
  return row?.value ?? undefined;
}

/** The definition of a domain's constraint that is NOT VALID. */
export async function domainCheck(reader: Reader, domain: string, name: string): Promise<string | undefined> {
  const [row] = await rows<{ expression: string }>(
    reader,
    "select pg_get_constraintdef(oid) as expression from pg_constraint where contypid = to_regtype($1) and conname = $2 and not convalidated",
    [domain, name],
  );
  return row?.expression;
}

export interface UniqueIndex {
  readonly columns: string[];
  readonly nullsAreEqual: boolean;
}

/** Unique indexes of plain columns. */
export async function uniqueIndexes(reader: Reader, table: string): Promise<UniqueIndex[]> {
  return rows<UniqueIndex>(
    reader,
    `select array_agg(a.attname::text order by array_position(i.indkey::int2[], a.attnum)) as columns, i.indnullsnotdistinct as "nullsAreEqual"
     from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any ((i.indkey::int2[])[0:i.indnkeyatts - 1])
     where i.indrelid = to_regclass($1) and i.indisunique and i.indexprs is null and i.indpred is null group by i.indexrelid, i.indnullsnotdistinct`,
    [table],
  );
}

/** Unique indexes with an expression or a predicate, and exclusion constraints, qualified. */
export async function otherIndexes(reader: Reader, table: string): Promise<string[]> {
  const found = await rows<{ name: string }>(
    reader,
    `select n.nspname || '.' || c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
     where i.indrelid = to_regclass($1) and (i.indisexclusion or i.indisunique and (i.indexprs is not null or i.indpred is not null))`,
    [table],
  );
  return found.map(({ name }) => name);
}

/** `RANGE (a, b)` and the default partition. */
export interface PartitionedTable {
  readonly key: string;
  readonly columns: string[];
  readonly oid: string;
  readonly defaultRelation: string | null;
  readonly defaultTable: string | null;
  /** Conditions that the rows of the other partitions satisfy. */
  readonly siblings: string[];
}

export async function partitionedTable(reader: Reader, table: string): Promise<PartitionedTable | undefined> {
  const [row] = await rows<PartitionedTable>(
    reader,
    `select pg_get_partkeydef(p.partrelid) as key, p.partrelid::text as oid,
       array(select a.attname::text from pg_attribute a where a.attrelid = p.partrelid and a.attnum > 0 and not a.attisdropped) as columns,
       n.nspname || '.' || c.relname as "defaultRelation", quote_ident(n.nspname) || '.' || quote_ident(c.relname) as "defaultTable",
       array(select pg_get_partition_constraintdef(h.inhrelid) from pg_inherits h where h.inhparent = p.partrelid and h.inhrelid <> p.partdefid) as siblings
     from pg_partitioned_table p left join pg_class c on c.oid = nullif(p.partdefid, 0) left join pg_namespace n on n.oid = c.relnamespace
     where p.partrelid = to_regclass($1)`,
    [table],
  );
  return row;
}

async function rows<Row extends object>(reader: Reader, sql: string, values: readonly string[]): Promise<Row[]> {
  const found = await reader.read<Row>(sql, values);
  return "rows" in found ? [...found.rows] : [];
}
