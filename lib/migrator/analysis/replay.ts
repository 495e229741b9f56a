import type {
  ColumnDef,
  Constraint as ConstraintNode,
  CreateStmt,
  DropStmt,
  IndexStmt,
  RangeVar,
  RenameStmt,
} from "libpg-query";
import type { ParseNode } from "../sql/parser";
import { all, type Body, type Kind, type Name, nameOf, nameOfParts, open, parts } from "../sql/tree";
import { attachedAs } from "./drop";
import { columnsOf } from "./expressions";
import { tablesIn } from "./queries";
import { onlyRaises } from "./raises";
import type { Relation, RelationKind } from "./relation";
import { replayAlterTable } from "./replay-alter";
import { toColumn, toConstraint } from "./replay-parts";
import { createDomain, createFunction, createOperator } from "./replay-routines";
import type { Schema } from "./schema";
import { setConfig, setVariable } from "./search-path";

type Handler<K extends Kind> = (body: Body<K>, schema: Schema, inlined?: unknown) => void;

/**
 * Applies a statement to the schema, as far as later statements need to know.
 * @param inlined see `bodyToInline`
 */
export function replay(node: ParseNode, schema: Schema, inlined?: unknown): void {
  const [kind, body] = open(node);
  (HANDLERS[kind as Kind] as Handler<Kind> | undefined)?.(body as Body<Kind>, schema, inlined);
}

const HANDLERS: { readonly [K in Kind]?: Handler<K> } = {
  AlterTableStmt: replayAlterTable,
  CallStmt: shake,
  CreateDomainStmt: createDomain,
  CreateFunctionStmt: createFunction,
  CreateSeqStmt: ({ sequence }, schema) => add(schema, nameOf(sequence), "sequence"),
  CreateStmt: createTable,
  DefineStmt: createOperator,
  CreateForeignTableStmt: ({ base }, schema) => base && createTable(base, schema, undefined, "foreign table"),
  CreatePolicyStmt: ({ table, policy_name: name }, schema) => attach(schema, table, attachedAs("OBJECT_POLICY", name)),
  CreateTableAsStmt: createTableAs,
  CreateTrigStmt: ({ relation, trigname, row }, schema) =>
    attach(schema, relation, attachedAs("OBJECT_TRIGGER", trigname), row),
  DoStmt: (body, schema) => {
    if (!onlyRaises(body)) shake(body, schema);
  },
  DropStmt: drop,
  ExecuteStmt: shake,
  IndexStmt: createIndex,
  RefreshMatViewStmt: ({ relation, skipData }, schema) => {
    const known = relation && schema.find(nameOf(relation));
    if (known) schema.put({ ...known, empty: skipData === true });
  },
  RenameStmt: rename,
  RuleStmt: ({ relation, rulename }, schema) => attach(schema, relation, attachedAs("OBJECT_RULE", rulename)),
  SelectStmt: setConfig,
  VariableSetStmt: setVariable,
  ViewStmt: createView,
};

const EMPTY = { columns: new Map(), constraints: new Map(), children: [], attached: [] } as const;

/** Existing objects stay as they are under IF NOT EXISTS and OR REPLACE. */
function add(schema: Schema, name: Name, kind: RelationKind, more: Partial<Relation> = {}): void {
  const qualified = schema.qualifyNew(name);
  if (!schema.get(qualified)) schema.put({ ...EMPTY, ...more, name: qualified, kind, isNew: true });
}

function shake(_: unknown, schema: Schema): void {
  schema.isShaken = true;
}

/** Notes a trigger, policy or rule of a table, and a trigger for each row of its partitions too. */
function attach(schema: Schema, table: RangeVar | undefined, part: string, below = false): void {
  const name = schema.qualify(nameOf(table));
  const recurses = below && schema.get(name)?.kind === "partitioned table";
  for (const each of recurses ? schema.tree(name) : [name]) {
    const known = schema.get(each);
    if (known) schema.put({ ...known, attached: [...(known.attached ?? []), part] });
  }
}

function createTableAs({ into, objtype, query }: Body<"CreateTableAsStmt">, schema: Schema): void {
  const reads = [...new Set(tablesIn(query).map((range) => schema.qualify(nameOf(range))))];
  const isView = objtype === "OBJECT_MATVIEW";
  add(
    schema,
    nameOf(into?.rel),
    isView ? "materialized view" : "table",
    isView ? { reads, empty: into?.skipData === true } : { open: true },
  );
}

function createTable(statement: CreateStmt, schema: Schema, _: unknown, kind?: RelationKind): void {
  const { tableElts, constraints, partspec, partbound, inhRelations, relation } = statement;
  const { accessMethod, tablespacename: tablespace } = statement;
  const definitions = all("ColumnDef", tableElts);
  const parents = all("RangeVar", inhRelations).map((parent) => schema.find(nameOf(parent)));
  const inherited = parents.flatMap((parent) => [...(parent?.columns ?? [])]);
  const tableConstraints = [...all("Constraint", tableElts), ...all("Constraint", constraints)];
  const keys = tableConstraints.filter(({ contype }) => contype === "CONSTR_PRIMARY").flatMap(({ keys }) => keys ?? []);
  const primary = keys.flatMap(parts);
  const columns = new Map([...inherited, ...definitions.map((definition) => toColumn(definition, primary))]);
  const key = all("PartitionElem", partspec?.partParams).map(({ name }) => name);
  const open = parents.some((parent) => !parent || parent.open) || all("TableLikeClause", tableElts).length > 0;
  add(schema, nameOf(relation), kind ?? (partspec ? "partitioned table" : "table"), {
    columns,
    ...((open || statement.ofTypename) && { open: true }),
    ...(key.length > 0 && key.every((name) => name !== undefined) && { partitionKey: key }),
    attached: parents.flatMap((parent) => (partbound ? (parent?.attached ?? []) : [])),
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

function createIndex({ idxname, relation, indexParams, whereClause, unique }: IndexStmt, schema: Schema): void {
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
    ...(unique && { unique }),
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
  if (/^OBJECT_(TRIGGER|POLICY|RULE)$/.test(removeType ?? ""))
    for (const name of (objects ?? []).map(parts)) detach(schema, name, attachedAs(removeType, name.at(-1)));
  if (!/^OBJECT_(TABLE|VIEW|MATVIEW|SEQUENCE|INDEX|FOREIGN_TABLE)$/.test(removeType ?? "")) return;
  for (const name of (objects ?? []).map(parts)) schema.remove(schema.qualify(nameOfParts(name)));
}

function detach(schema: Schema, name: readonly string[], part: string): void {
  for (const each of schema.tree(schema.qualify(nameOfParts(name.slice(0, -1))))) {
    const known = schema.get(each);
    if (known) schema.put({ ...known, attached: known.attached?.filter((other) => other !== part) ?? [] });
  }
}

function rename({ renameType, relation, subname = "", newname = "" }: RenameStmt, schema: Schema): void {
  const known = relation && schema.find(nameOf(relation));
  if (!known) return;
  if (/^OBJECT_(TABLE|VIEW|MATVIEW|SEQUENCE|INDEX)$/.test(renameType ?? "")) {
    schema.rename(known.name, schema.qualifyNew({ ...splitSchema(known.name), name: newname }));
  } else if (renameType === "OBJECT_COLUMN") {
    schema.put({ ...known, columns: renamed(known.columns, subname, newname) });
  } else if (/^OBJECT_(TRIGGER|POLICY|RULE)$/.test(renameType ?? "")) {
    const [had, gets] = [attachedAs(renameType, subname), attachedAs(renameType, newname)];
    schema.put({ ...known, attached: (known.attached ?? []).map((part) => (part === had ? gets : part)) });
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
