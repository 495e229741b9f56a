import type { Node } from "libpg-query";
import type { Client } from "pg";
import { parse } from "../sql/parser";
import type { Column, Constraint, Relation, RelationKind } from "./relation";
import { toConstraint } from "./replay-parts";
import { Schema, type Volatility } from "./schema";
import { all, as } from "./tree";

/** What belongs to the server, and the migrator's own record. */
const FOREIGN = `n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'migrate') and n.nspname !~ '^pg_(toast_)?temp_'`;

/** Asking for a table's size locks it (ACCESS SHARE), so that one that is being rewritten would be waited for. */
const RELATIONS = (
  size: string,
) => `select c.oid::text as oid, n.nspname || '.' || c.relname as name, c.relkind::text as kind,
    coalesce(nullif(c.reltuples, -1)::float8, pg_stat_get_live_tuples(c.oid)::float8) as rows, ${size} as bytes,
    i.indrelid::text as "table", pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT' as "isDefaultPartition",
    (select array_agg(h.inhrelid::text) from pg_inherits h where h.inhparent = c.oid) as children
  from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_index i on i.indexrelid = c.oid
  where ${FOREIGN} and c.relkind in ('r', 'p', 'i', 'I', 'v', 'm', 'S', 'f')`;

const EXACT_SIZE = "case when c.relkind in ('r', 'm') then pg_total_relation_size(c.oid)::float8 end";
const LAST_SIZE = "case when c.relkind in ('r', 'm') then c.relpages * 8192::float8 end";

const COLUMNS = `select a.attrelid::text as oid, a.attname::text as name, t.typname::text as type, a.attnotnull as "notNull",
    substring(format_type(a.atttypid, a.atttypmod) from '\\(([0-9,]+)\\)') as modifiers
  from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    join pg_type t on t.oid = a.atttypid
  where ${FOREIGN} and a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'i', 'm', 'f') order by a.attrelid, a.attnum`;

const CONSTRAINTS = `select k.conrelid::text as oid, k.conname::text as name, k.contype::text as type, k.convalidated as valid,
    (select array_agg(a.attname::text) from pg_attribute a where a.attrelid = k.conrelid and a.attnum = any (k.conkey)) as columns,
    (select array_agg(a.attname::text) from pg_attribute a where a.attrelid = k.confrelid and a.attnum = any (k.confkey)) as referenced,
    nullif(k.confrelid, 0)::text as target, case k.contype when 'c' then pg_get_constraintdef(k.oid) end as definition
  from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
  where ${FOREIGN}`;

const FUNCTIONS = `select p.proname::text as name, max(array_position(array['i', 's', 'v'], p.provolatile::text)) as volatility,
    bool_or(${FOREIGN}) as own
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace where p.prokind = 'f' group by p.proname`;

const DOMAINS = `select t.typname::text as name, t.typnotnull or exists (select from pg_constraint where contypid = t.oid) as constrained
  from pg_type t join pg_namespace n on n.oid = t.typnamespace where t.typtype = 'd' and ${FOREIGN}`;

interface RelationRow {
  readonly oid: string;
  readonly name: string;
  readonly kind: string;
  readonly rows: number | null;
  readonly bytes: number | null;
  readonly table: string | null;
  readonly isDefaultPartition: boolean | null;
  readonly children: readonly string[] | null;
}

interface ColumnRow {
  readonly oid: string;
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
  readonly modifiers: string | null;
}

interface ConstraintRow {
  readonly oid: string;
  readonly name: string;
  readonly type: string;
  readonly valid: boolean;
  readonly columns: readonly string[] | null;
  readonly referenced: readonly string[] | null;
  readonly target: string | null;
  readonly definition: string | null;
}

const KINDS: Readonly<Record<string, RelationKind>> = {
  r: "table",
  f: "table",
  p: "partitioned table",
  i: "index",
  I: "index",
  v: "view",
  m: "materialized view",
  S: "sequence",
};

/**
 * What a database holds; reads the catalogue alone. A table that somebody holds exclusively is not waited for: its last
 * known size has to do.
 */
export async function readCatalogue(client: Client): Promise<Schema> {
  const relations = await readRelations(client);
  const names = new Map(relations.map(({ oid, name }) => [oid, name]));
  const columns = group((await client.query<ColumnRow>(COLUMNS)).rows);
  const constraints = group((await client.query<ConstraintRow>(CONSTRAINTS)).rows);
  const { rows } = await client.query<{ path: string[]; user: string }>(
    "select current_schemas(false)::text[] as path, current_user::text as user",
  );
  const schema = new Schema(rows[0]?.path.length ? rows[0].path : ["public"], rows[0]?.user);
  for (const row of relations) {
    const own = constraints.get(row.oid) ?? [];
    const made = await Promise.all(own.map((constraint) => toKnown(constraint, names, schema)));
    schema.put(toRelation(row, names, columns.get(row.oid) ?? [], made));
  }
  await readTypes(client, schema);
  return schema;
}

async function readRelations(client: Client): Promise<RelationRow[]> {
  const ask = async (size: string) => (await client.query<RelationRow>(RELATIONS(size))).rows;
  try {
    await client.query("begin read only; set local lock_timeout = '500ms'");
    return await ask(EXACT_SIZE);
  } catch (error) {
    if ((error as { code?: string }).code !== "55P03") throw error;
    await client.query("rollback");
    return await ask(LAST_SIZE);
  } finally {
    await client.query("rollback");
  }
}

async function readTypes(client: Client, schema: Schema): Promise<void> {
  const functions = await client.query<{ name: string; volatility: number; own: boolean }>(FUNCTIONS);
  const volatilities: readonly Volatility[] = ["immutable", "stable", "volatile"];
  for (const { name, volatility, own } of functions.rows)
    schema.putFunction(name, volatilities[volatility - 1] ?? "volatile", own);
  const domains = await client.query<{ name: string; constrained: boolean }>(DOMAINS);
  for (const { name, constrained } of domains.rows) schema.putDomain(name, constrained);
}

function group<Row extends { readonly oid: string }>(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(row.oid, [...(groups.get(row.oid) ?? []), row]);
  return groups;
}

function toRelation(
  row: RelationRow,
  names: ReadonlyMap<string, string>,
  columns: readonly ColumnRow[],
  constraints: readonly (readonly [string, Constraint])[],
): Relation {
  const kind = KINDS[row.kind] ?? "table";
  return {
    name: row.name,
    kind,
    isNew: false,
    ...(row.rows !== null && kind !== "index" && { rows: Math.round(row.rows) }),
    ...(row.bytes !== null && { bytes: row.bytes }),
    ...(row.table !== null && { table: names.get(row.table) ?? "" }),
    ...(row.isDefaultPartition && { isDefaultPartition: true }),
    children: (row.children ?? []).flatMap((child) => names.get(child) ?? []),
    columns: new Map(columns.map((column) => [column.name, toColumn(column)])),
    constraints: new Map(constraints),
  };
}

function toColumn({ type, modifiers, notNull }: ColumnRow): Column {
  return { type, modifiers: modifiers === null ? [] : modifiers.split(",").map(Number), notNull };
}

/** A CHECK goes through the parser, to see what it proves; the catalogue knows the rest. */
async function toKnown(
  { name, type, valid, columns, referenced, target, definition }: ConstraintRow,
  names: ReadonlyMap<string, string>,
  schema: Schema,
): Promise<readonly [string, Constraint]> {
  const references = target === null ? undefined : names.get(target);
  const proves = definition && /IS NOT NULL/.test(definition) ? await provenBy(definition, schema) : [];
  return [
    name,
    {
      kind: type === "c" ? "check" : type === "f" ? "foreign key" : "other",
      columns: columns ?? [],
      ...(references !== undefined && { references }),
      ...(referenced && { referenced }),
      valid,
      provesNotNull: proves,
    },
  ];
}

async function provenBy(definition: string, schema: Schema): Promise<readonly string[]> {
  const [statement] = await parse(`alter table t add ${definition}`);
  const [command] = all("AlterTableCmd", as("AlterTableStmt", statement?.node as Node | undefined)?.cmds);
  const constraint = as("Constraint", command?.def);
  return constraint ? toConstraint({ constraint, column: "" }, schema, "")[1].provesNotNull : [];
}
