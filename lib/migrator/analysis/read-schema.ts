import type { Node } from "libpg-query";
import type { Client } from "pg";
import { parse } from "../sql/parser";
import { all, as } from "../sql/tree";
import type { Column, Constraint, Relation, RelationKind, Storage } from "./relation";
import { toConstraint } from "./replay-parts";
import { inlinedBody } from "./replay-routines";
import { Schema, type Volatility } from "./schema";
import {
  COLUMNS,
  CONSTRAINTS,
  type ColumnRow,
  type ConstraintRow,
  DOMAINS,
  type DomainRow,
  EXACT_SIZE,
  FUNCTIONS,
  LAST_SIZE,
  OPERATORS,
  RELATIONS,
  type RelationRow,
  type RoutineRow,
} from "./schema-sql";

const KINDS: Readonly<Record<string, RelationKind>> = {
  r: "table",
  f: "foreign table",
  p: "partitioned table",
  i: "index",
  I: "index",
  v: "view",
  m: "materialized view",
  S: "sequence",
};

const CONSTRAINT_KINDS: Readonly<Record<string, Constraint["kind"]>> = {
  c: "check",
  f: "foreign key",
  p: "primary key",
  u: "unique",
  x: "exclusion",
};

/**
 * Reads a database's schema from its catalogue alone. Does not wait for a table that is locked exclusively, and takes
 * its last known size.
 */
export async function readSchema(client: Client): Promise<Schema> {
  const relations = await readRelations(client);
  const names = new Map(relations.map(({ oid, name }) => [oid, name]));
  const columns = group((await client.query<ColumnRow>(COLUMNS)).rows);
  const constraints = group((await client.query<ConstraintRow>(CONSTRAINTS)).rows);
  const { rows } = await client.query<{ path: string[]; user: string; zone: string }>(
    "select current_schemas(false)::text[] as path, current_user::text as user, current_setting('TimeZone') as zone",
  );
  const [{ path = [], user, zone } = {}] = rows;
  const schema = new Schema(path.length ? path : ["public"], user, true, zone);
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
  const volatilities: readonly Volatility[] = ["immutable", "stable", "volatile"];
  for (const { name, volatility, own, body } of (await client.query<RoutineRow>(FUNCTIONS)).rows)
    schema.putFunction(
      name,
      volatilities[volatility - 1] ?? "volatile",
      own,
      body ? await inlinedBody(body) : undefined,
    );
  for (const { name, volatility } of (await client.query<RoutineRow>(OPERATORS)).rows)
    schema.putOperator(name, volatilities[volatility - 1] ?? "volatile");
  for (const { name, constrained, value } of (await client.query<DomainRow>(DOMAINS)).rows)
    schema.putDomain(name, { constrained, value: value === null ? undefined : await parse(`select ${value}`) });
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
    ...((kind === "table" || kind === "materialized view") && { storage: toStorage(row) }),
    ...(row.table !== null && { table: names.get(row.table) ?? "", uses: row.uses ?? [], computed: row.computed }),
    ...(row.empty && { empty: true }),
    ...(row.unique && { unique: true }),
    ...((kind === "view" || kind === "materialized view") && {
      reads: (row.reads ?? []).flatMap((each) => names.get(each) ?? []),
    }),
    ...(kind === "view" && { redirected: row.redirected }),
    ...(row.isDefaultPartition && { isDefaultPartition: true }),
    ...(row.partitionKey && { partitionKey: row.partitionKey }),
    attached: row.attached,
    children: (row.children ?? []).flatMap((child) => names.get(child) ?? []),
    columns: new Map(columns.map((column) => [column.name, toColumn(column)])),
    constraints: new Map(constraints),
  };
}

function toStorage({ unlogged, accessMethod, tablespace }: RelationRow): Storage {
  return { unlogged, ...(accessMethod !== null && { accessMethod }), ...(tablespace !== null && { tablespace }) };
}

function toColumn({ type, modifiers, notNull, collation }: ColumnRow): Column {
  const numbers = modifiers === null ? [] : modifiers.split(",").map(Number);
  return { type, modifiers: numbers, notNull, ...(collation !== null && { collation }) };
}

/** Parses CHECK constraints to see what they prove; the catalogue knows the rest. */
async function toKnown(
  { name, type, valid, columns, referenced, target, definition, inherited, noInherit }: ConstraintRow,
  names: ReadonlyMap<string, string>,
  schema: Schema,
): Promise<readonly [string, Constraint]> {
  const references = target === null ? undefined : names.get(target);
  const { expression, provesNotNull = [] } = (definition && (await parsedCheck(definition, schema))) || {};
  return [
    name,
    {
      kind: CONSTRAINT_KINDS[type] ?? "other",
      columns: columns ?? [],
      ...(references !== undefined && { references }),
      ...(referenced && { referenced }),
      valid,
      ...(expression !== undefined && { expression }),
      provesNotNull,
      ...(inherited && { inherited }),
      ...(noInherit && { noInherit }),
    },
  ];
}

async function parsedCheck(definition: string, schema: Schema): Promise<Constraint | undefined> {
  const [statement] = await parse(`alter table t add ${definition}`);
  const [command] = all("AlterTableCmd", as("AlterTableStmt", statement?.node as Node | undefined)?.cmds);
  const constraint = as("Constraint", command?.def);
  return constraint && toConstraint({ constraint, column: "" }, schema, "")[1];
}
