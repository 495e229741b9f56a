import type { ColumnDef, Constraint as ConstraintNode, CreateStmt, DropStmt, IndexStmt, RenameStmt } from "libpg-query";
import type { ParseNode } from "../sql/parser";
import { all, type Body, type Kind, type Name, nameOf, nameOfParts, open, parts } from "../sql/tree";
import { columnsOf } from "./expressions";
import { tablesIn } from "./queries";
import type { Relation, RelationKind } from "./relation";
import { replayAlterTable } from "./replay-alter";
import { toColumn, toConstraint } from "./replay-parts";
import { createDomain, createFunction, createOperator } from "./replay-routines";
import type { Schema } from "./schema";
import { setConfig, setVariable } from "./search-path";

type Handler<K extends Kind> = (body: Body<K>, schema: Schema) => void;

/** Applies a statement to the schema, as far as later statements need to know. */
export function replay(node: ParseNode, schema: Schema): void {
  const [kind, body] = open(node);
  (HANDLERS[kind as Kind] as Handler<Kind> | undefined)?.(body as Body<Kind>, schema);
}

const HANDLERS: { readonly [K in Kind]?: Handler<K> } = {
  AlterTableStmt: replayAlterTable,
  CreateDomainStmt: createDomain,
  CreateFunctionStmt: createFunction,
  CreateSeqStmt: ({ sequence }, schema) => add(schema, nameOf(sequence), "sequence"),
  CreateStmt: createTable,
  DefineStmt: createOperator,
  CreateTableAsStmt: ({ into, objtype }, schema) =>
    add(schema, nameOf(into?.rel), objtype === "OBJECT_MATVIEW" ? "materialized view" : "table"),
  DropStmt: drop,
  IndexStmt: createIndex,
  RenameStmt: rename,
  SelectStmt: setConfig,
  VariableSetStmt: setVariable,
  ViewStmt: createView,
};

const EMPTY = { columns: new Map(), constraints: new Map(), children: [] } as const;

/** Existing objects stay as they are under IF NOT EXISTS and OR REPLACE. */
function add(schema: Schema, name: Name, kind: RelationKind, more: Partial<Relation> = {}): void {
  const qualified = schema.qualifyNew(name);
  if (!schema.get(qualified)) schema.put({ ...EMPTY, ...more, name: qualified, kind, isNew: true });
}

function createTable(statement: CreateStmt, schema: Schema): void {
  const { tableElts, constraints, partspec, partbound, inhRelations, relation } = statement;
  const { accessMethod, tablespacename: tablespace } = statement;
  const definitions = all("ColumnDef", tableElts);
  const parents = all("RangeVar", inhRelations).map((parent) => schema.find(nameOf(parent)));
  const inherited = parents.flatMap((parent) => [...(parent?.columns ?? [])]);
  const tableConstraints = [...all("Constraint", tableElts), ...all("Constraint", constraints)];
  const keys = tableConstraints.filter(({ contype }) => contype === "CONSTR_PRIMARY").flatMap(({ keys }) => keys ?? []);
  const primary = keys.flatMap(parts);
  const columns = new Map([...inherited, ...definitions.map((definition) => toColumn(definition, primary))]);
  add(schema, nameOf(relation), partspec ? "partitioned table" : "table", {
    columns,
    constraints: new Map(
      allConstraints(definitions, tableConstraints).map((each) => toConstraint(each, schema, nameOf(relation).name)),
    ),
    storage: {
      unlogged: relation?.relpersistence === "u",
      ...(accessMethod !== undefined && { accessMethod }),
      ...(tablespace !== undefined && { tablespace }),
    },
    ...(partbound?.is_default && { isDefaultPartition: true }),
  });
  const name = schema.qualifyNew(nameOf(relation));
  for (const parent of parents)
    if (parent) schema.put({ ...parent, children: [...new Set([...parent.children, name])] });
}

function allConstraints(columns: readonly ColumnDef[], rest: readonly ConstraintNode[]) {
  const inline = columns.flatMap((column) =>
    all("Constraint", column.constraints).map((constraint) => ({ constraint, column: column.colname ?? "" })),
  );
  return [...inline, ...rest.map((constraint) => ({ constraint, column: "" }))];
}

function createIndex({ idxname, relation, indexParams, whereClause }: IndexStmt, schema: Schema): void {
  const table = schema.qualify(nameOf(relation));
  const columns = all("IndexElem", indexParams).flatMap(({ name }) => name ?? []);
  const name = idxname ?? `${nameOf(relation).name}_${columns.join("_")}_idx`;
  const known = schema.get(table)?.columns;
  const expressions = [
    ...all("IndexElem", indexParams).flatMap(({ expr }) => expr ?? []),
    ...(whereClause ? [whereClause] : []),
  ];
  add(schema, { ...splitSchema(table), name }, "index", {
    table,
    uses: [...columns, ...expressions.flatMap(columnsOf)],
    computed: expressions.length > 0,
    columns: new Map(
      columns.map((column) => [column, known?.get(column) ?? { type: "", modifiers: [], notNull: false }]),
    ),
  });
}

/** An index lives in its table's schema. */
function splitSchema(qualified: string): Pick<Name, "schema"> {
  const dot = qualified.indexOf(".");
  return dot < 0 ? {} : { schema: qualified.slice(0, dot) };
}

function drop({ removeType, objects }: DropStmt, schema: Schema): void {
  if (!/^OBJECT_(TABLE|VIEW|MATVIEW|SEQUENCE|INDEX|FOREIGN_TABLE)$/.test(removeType ?? "")) return;
  for (const name of (objects ?? []).map(parts)) schema.remove(schema.qualify(nameOfParts(name)));
}

function rename({ renameType, relation, subname = "", newname = "" }: RenameStmt, schema: Schema): void {
  const known = relation && schema.find(nameOf(relation));
  if (!known) return;
  if (/^OBJECT_(TABLE|VIEW|MATVIEW|SEQUENCE|INDEX)$/.test(renameType ?? "")) {
    schema.remove(known.name);
    schema.put({ ...known, name: schema.qualify({ ...splitSchema(known.name), name: newname }) });
  } else if (renameType === "OBJECT_COLUMN") {
    schema.put({ ...known, columns: renamed(known.columns, subname, newname) });
  } else if (renameType === "OBJECT_TABCONSTRAINT") {
    schema.put({ ...known, constraints: renamed(known.constraints, subname, newname) });
  }
}

function renamed<Value>(map: ReadonlyMap<string, Value>, from: string, to: string): Map<string, Value> {
  return new Map([...map].map(([key, value]) => [key === from ? to : key, value]));
}

function createView({ view, query }: Body<"ViewStmt">, schema: Schema): void {
  const known = schema.get(schema.qualifyNew(nameOf(view)));
  const reads = [...new Set(tablesIn(query).map((range) => schema.qualify(nameOf(range))))];
  if (known) schema.put({ ...known, reads });
  else add(schema, nameOf(view), "view", { reads });
}
