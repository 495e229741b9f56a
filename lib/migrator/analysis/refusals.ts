import type { CreateStmt, CreateTrigStmt, DropStmt, IndexStmt, Node, ObjectType, RangeVar } from "libpg-query";
import type { ParseNode } from "../sql/parser";
import { hasPlainKey } from "./maintenance";
import {
  A_KIND,
  badReference,
  bareName,
  isInherited,
  lacksPartitionKey,
  type Named,
  named,
  type Refusal,
  refused,
} from "./refusal";
import { refusedAlter } from "./refused-alter";
import type { RelationKind } from "./relation";
import type { Schema } from "./schema";
import { all, as, type Body, type Kind, type Name, nameOf, nameOfParts, open, parts } from "./tree";

/** The server's reason to refuse a statement whatever the rows are, as far as the kinds of its relations tell. */
export function refusalOf(node: ParseNode, schema: Schema): Refusal | undefined {
  const [kind, body] = open(node);
  return (REFUSED[kind as Kind] as Check<Kind> | undefined)?.(body as Body<Kind>, schema);
}

type Check<K extends Kind> = (body: Body<K>, schema: Schema) => Refusal | undefined;

const REFUSED: { readonly [K in Kind]?: Check<K> } = {
  AlterPolicyStmt: ({ table }, schema) => only(table, schema, TABLES, isNot("a table")),
  AlterSeqStmt: ({ sequence }, schema) => only(sequence, schema, ["sequence"], isNot("a sequence")),
  AlterTableStmt: (body, schema) =>
    wrongWord(body.objtype, nameOf(body.relation), schema) ?? refusedAlter(body, schema),
  ClusterStmt: ({ relation }, schema) => only(relation, schema, FILLED, isNot("a table or materialized view")),
  CommentStmt: ({ objtype, object }, schema) => wrongWord(objtype, nameOfParts(parts(object)), schema, true),
  CopyStmt: ({ relation, is_from: from }, schema) => (from ? copyTo(relation, schema) : undefined),
  CreatePolicyStmt: ({ table }, schema) => only(table, schema, TABLES, isNot("a table")),
  CreatePublicationStmt: ({ pubobjects }, schema) =>
    first(all("PublicationObjSpec", pubobjects), ({ pubtable }) => publish(pubtable?.relation, schema)),
  CreateStatsStmt: ({ relations }, schema) =>
    first(all("RangeVar", relations), (range) =>
      only(
        range,
        schema,
        [...FILLED, "foreign table"],
        ({ bare }) => `cannot define statistics for relation "${bare}"`,
      ),
    ),
  CreateStmt: createTable,
  CreateTrigStmt: createTrigger,
  DeleteStmt: ({ relation }, schema) => write(relation, schema),
  DropStmt: drop,
  IndexStmt: createIndex,
  InsertStmt: ({ relation }, schema) => write(relation, schema),
  LockStmt: ({ relations }, schema) =>
    first(all("RangeVar", relations), (range) =>
      only(range, schema, [...TABLES, "view"], ({ bare }) => `cannot lock relation "${bare}"`),
    ),
  MergeStmt: ({ relation }, schema) =>
    only(relation, schema, TABLES, ({ bare }) => `cannot execute MERGE on relation "${bare}"`, "0A000"),
  RefreshMatViewStmt: refresh,
  ReindexStmt: ({ kind, relation }, schema) =>
    kind === "REINDEX_OBJECT_TABLE" ? only(relation, schema, FILLED, isNot("a table or materialized view")) : undefined,
  RenameStmt: rename,
  RuleStmt: ({ relation }, schema) => {
    const target = named({ schema }, nameOf(relation));
    return target?.kind === "materialized view"
      ? refused("wrong-kind", "0A000", "rules on materialized views are not supported")
      : only(relation, schema, [...TABLES, "view"], ({ bare }) => `relation "${bare}" cannot have rules`);
  },
  SelectStmt: ({ lockingClause, fromClause }, schema) =>
    first(lockingClause ? all("RangeVar", fromClause) : [], (range) => {
      const target = named({ schema }, nameOf(range));
      return target?.kind === "materialized view"
        ? refused("wrong-kind", "42809", `cannot lock rows in materialized view "${target.bare}"`)
        : undefined;
    }),
  TruncateStmt: truncate,
  UpdateStmt: ({ relation }, schema) => write(relation, schema),
};

const TABLES: readonly RelationKind[] = ["table", "partitioned table"];
/** Kinds that have rows here. */
const FILLED: readonly RelationKind[] = [...TABLES, "materialized view"];

const isNot =
  (what: string) =>
  ({ bare }: Named) =>
    `"${bare}" is not ${what}`;

/** Refuses all kinds but these. */
function only(
  range: RangeVar | undefined,
  schema: Schema,
  kinds: readonly RelationKind[],
  message: (target: Named) => string,
  code = "42809",
): Refusal | undefined {
  const target = named({ schema }, nameOf(range));
  return target && !kinds.includes(target.kind) ? refused("wrong-kind", code, message(target)) : undefined;
}

function first<Item>(items: readonly Item[], check: (item: Item) => Refusal | undefined): Refusal | undefined {
  for (const item of items) {
    const found = check(item);
    if (found) return found;
  }
  return undefined;
}

/** Kinds that DROP VIEW and the like are for. */
const WORDS: Partial<Record<ObjectType, readonly RelationKind[]>> = {
  OBJECT_TABLE: TABLES,
  OBJECT_VIEW: ["view"],
  OBJECT_MATVIEW: ["materialized view"],
  OBJECT_FOREIGN_TABLE: ["foreign table"],
  OBJECT_SEQUENCE: ["sequence"],
  OBJECT_INDEX: ["index"],
};

/** ALTER TABLE and RENAME take any kind; ALTER VIEW, DROP and COMMENT only their own. */
function wrongWord(type: ObjectType | undefined, name: Name, schema: Schema, strict = false): Refusal | undefined {
  const wanted = WORDS[type ?? "OBJECT_TABLE"];
  const target = named({ schema }, name);
  if (!target || !wanted || wanted.includes(target.kind) || (type === "OBJECT_TABLE" && !strict)) return undefined;
  return refused("wrong-kind", "42809", isNot(A_KIND[wanted[0] ?? "table"])(target));
}

function createTable(statement: CreateStmt, schema: Schema): Refusal | undefined {
  const { tableElts, constraints, inhRelations, partbound, relation } = statement;
  const inline = all("ColumnDef", tableElts).flatMap((column) => all("Constraint", column.constraints));
  const permanent = relation?.relpersistence === "p";
  const itself = schema.qualifyNew(nameOf(relation));
  return (
    first(all("TableLikeClause", tableElts), (like) =>
      only(
        like.relation,
        schema,
        [...FILLED, "view", "foreign table"],
        ({ bare }) => `relation "${bare}" is invalid in LIKE clause`,
      ),
    ) ??
    first(all("RangeVar", inhRelations), (range) =>
      parent(named({ schema }, nameOf(range)), partbound !== undefined, schema),
    ) ??
    first([...inline, ...all("Constraint", tableElts), ...all("Constraint", constraints)], ({ pktable }) =>
      pktable && schema.qualifyNew(nameOf(pktable)) !== itself
        ? badReference(named({ schema }, nameOf(pktable)), permanent)
        : undefined,
    )
  );
}

function parent(target: Named | undefined, asPartition: boolean, schema: Schema): Refusal | undefined {
  if (!target) return undefined;
  const { kind, bare, name } = target;
  if (![...TABLES, "foreign table"].includes(kind))
    return refused("wrong-kind", "42809", `inherited relation "${bare}" is not a table or foreign table`);
  if (asPartition)
    return kind === "partitioned table" ? undefined : refused("wrong-kind", "42P17", `"${bare}" is not partitioned`);
  if (kind === "partitioned table")
    return refused("partitioned", "42809", `cannot inherit from partitioned table "${bare}"`);
  const isPartition = schema.partitionedParentOf(name);
  return isPartition ? refused("partitioned", "42809", `cannot inherit from partition "${bare}"`) : undefined;
}

function createIndex(
  { relation, concurrent, unique, indexParams, if_not_exists: ok, idxname }: IndexStmt,
  schema: Schema,
): Refusal | undefined {
  const target = named({ schema }, nameOf(relation));
  if (!target) return undefined;
  if (!FILLED.includes(target.kind))
    return refused("wrong-kind", "42809", `cannot create index on relation "${target.bare}"`);
  if (concurrent && target.kind === "partitioned table")
    return refused(
      "concurrently-partitioned",
      "0A000",
      `cannot create index on partitioned table "${target.bare}" concurrently`,
    );
  if (ok && idxname !== undefined && schema.find({ name: idxname })) return undefined;
  const columns = all("IndexElem", indexParams).flatMap(({ name }) => name ?? []);
  return unique ? lacksPartitionKey(target, columns) : undefined;
}

/** Bits of a trigger's time (TRIGGER_TYPE_INSTEAD in pg_trigger.h); AFTER has none. */
const INSTEAD = 64;

function createTrigger(statement: CreateTrigStmt, schema: Schema): Refusal | undefined {
  const target = named({ schema }, nameOf(statement.relation));
  if (!target) return undefined;
  const { kind, bare, name } = target;
  const { row = false, timing = 0, transitionRels = [], isconstraint: constraint } = statement;
  const isA = refused("wrong-kind", "42809", `"${bare}" is ${A_KIND[kind]}`);
  const instead = timing === INSTEAD;
  if (kind === "view") return (row && !instead) || transitionRels.length > 0 || constraint ? isA : undefined;
  if (kind === "foreign table") return instead || transitionRels.length > 0 || constraint ? isA : undefined;
  if (!TABLES.includes(kind)) return refused("wrong-kind", "42809", `relation "${bare}" cannot have triggers`);
  if (instead) return isA;
  if (!row || transitionRels.length === 0) return undefined;
  if (kind === "partitioned table") return refused("partitioned", "0A000", `"${bare}" is a partitioned table`);
  const [above] = schema.parentsOf(name);
  const where = above?.kind === "partitioned table" ? "partitions" : "inheritance children";
  return above && refused("partitioned", "0A000", `ROW triggers with transition tables are not supported on ${where}`);
}

function drop({ removeType, objects, behavior, concurrent }: DropStmt, schema: Schema): Refusal | undefined {
  const names = (objects ?? []).map(parts).map(nameOfParts);
  const dropped = names.flatMap((name) => named({ schema }, name) ?? []);
  const gone = new Set(
    dropped.flatMap(({ name, kind }) => (kind === "partitioned table" ? schema.tree(name) : [name])),
  );
  return first(names, (name) => {
    const wrong = wrongWord(removeType, name, schema, true);
    const target = named({ schema }, name);
    if (wrong || !target) return wrong;
    if (removeType === "OBJECT_INDEX") return dropIndex(target, concurrent === true, schema);
    return behavior === "DROP_CASCADE" || !WORDS[removeType ?? "OBJECT_TABLE"]
      ? undefined
      : depended(target, gone, schema, names.length > 1);
  });
}

function dropIndex({ bare, name, relation }: Named, concurrent: boolean, schema: Schema): Refusal | undefined {
  const table = schema.get(relation.table ?? "");
  if (concurrent && table?.kind === "partitioned table")
    return refused("concurrently-partitioned", "0A000", `cannot drop partitioned index "${bare}" concurrently`);
  const [above] = schema.parentsOf(name);
  if (above)
    return refused("depends", "2BP01", `cannot drop index ${bare} because index ${bareName(above.name)} requires it`);
  if (!table?.constraints.has(bare)) return undefined;
  const message = `cannot drop index ${bare} because constraint ${bare} on table ${bareName(table.name)} requires it`;
  return refused("depends", "2BP01", message);
}

function depended(
  { kind, bare, name, relation }: Named,
  gone: ReadonlySet<string>,
  schema: Schema,
  several: boolean,
): Refusal | undefined {
  const children = kind === "partitioned table" ? [] : relation.children;
  const views = [...schema.relations()].filter(({ reads }) => reads?.includes(name)).map((view) => view.name);
  const users = [...children, ...views, ...schema.referencesTo(name).map(({ from }) => from)];
  if (users.every((user) => gone.has(user))) return undefined;
  if (several) return refused("depends", "2BP01", "cannot drop desired object(s) because other objects depend on them");
  const what = kind === "partitioned table" ? "table" : kind;
  return refused("depends", "2BP01", `cannot drop ${what} ${bare} because other objects depend on it`);
}

function publish(range: RangeVar | undefined, schema: Schema): Refusal | undefined {
  const target = named({ schema }, nameOf(range));
  if (!target || (TABLES.includes(target.kind) && !target.relation.storage?.unlogged)) return undefined;
  return refused("wrong-kind", "22023", `cannot add relation "${target.bare}" to publication`);
}

function write(range: RangeVar | undefined, schema: Schema): Refusal | undefined {
  const target = named({ schema }, nameOf(range));
  if (target?.kind !== "materialized view") return undefined;
  return refused("wrong-kind", "42809", `cannot change materialized view "${target.bare}"`);
}

function copyTo(range: RangeVar | undefined, schema: Schema): Refusal | undefined {
  const target = named({ schema }, nameOf(range));
  if (!target || /table$/.test(target.kind) || target.relation.redirected) return undefined;
  return refused("wrong-kind", "42809", `cannot copy to ${target.kind} "${target.bare}"`);
}

function refresh({ relation, concurrent }: Body<"RefreshMatViewStmt">, schema: Schema): Refusal | undefined {
  const target = named({ schema }, nameOf(relation));
  if (!target) return undefined;
  const { kind, bare, name } = target;
  if (TABLES.includes(kind)) return refused("wrong-kind", "0A000", `"${bare}" is not a materialized view`);
  if (kind !== "materialized view")
    return refused("wrong-kind", "42809", `"${bare}" is not a table or materialized view`);
  return concurrent && !hasPlainKey(name, schema)
    ? refused("unique-index-missing", "55000", `cannot refresh materialized view "${name}" concurrently`)
    : undefined;
}

function rename(
  { renameType, relationType, relation, subname = "" }: Body<"RenameStmt">,
  schema: Schema,
): Refusal | undefined {
  const target = relation && named({ schema }, nameOf(relation));
  if (!target) return undefined;
  if (renameType === "OBJECT_TRIGGER" && !/table$|^view$/.test(target.kind))
    return refused("wrong-kind", "42809", `relation "${target.bare}" cannot have triggers`);
  if (target.kind === "sequence" && /^OBJECT_(COLUMN|TABCONSTRAINT)$/.test(renameType ?? ""))
    return refused("wrong-kind", "42809", `cannot rename columns of relation "${target.bare}"`);
  if (renameType !== "OBJECT_COLUMN") return wrongWord(renameType, nameOf(relation), schema);
  if (isInherited(target.name, subname, schema))
    return refused("inherited", "42P16", `cannot rename inherited column "${subname}"`);
  return relation.inh || target.relation.children.length === 0 || relationType === "OBJECT_TYPE"
    ? undefined
    : refused("only-parent", "42P16", `inherited column "${subname}" must be renamed in child tables too`);
}

function truncate({ relations, behavior }: Body<"TruncateStmt">, schema: Schema): Refusal | undefined {
  const ranges = all("RangeVar", relations);
  const emptied = new Set(ranges.flatMap((range) => schema.tree(schema.qualify(nameOf(range)))));
  return first(ranges, (range) => {
    const target = named({ schema }, nameOf(range));
    if (!target) return undefined;
    if (![...TABLES, "foreign table"].includes(target.kind))
      return refused("wrong-kind", "42809", isNot("a table")(target));
    if (!range.inh && target.kind === "partitioned table")
      return refused("only-parent", "42809", "cannot truncate only a partitioned table");
    const used = schema.referencesTo(target.name).some(({ from }) => !emptied.has(from));
    return used && behavior !== "DROP_CASCADE"
      ? refused("truncate-referenced", "0A000", "cannot truncate a table referenced in a foreign key constraint")
      : undefined;
  });
}

/** The parent and the partitions of the relation that a statement changes, and the columns of an index that it names. */
export function surroundings(node: ParseNode, schema: Schema): Pick<Refusal, "partitions" | "parent" | "columns"> {
  const [, body] = open(node);
  const { relation, cmds } = body as { relation?: RangeVar; cmds?: Node[] };
  const target = relation && named({ schema }, nameOf(relation));
  if (!target) return {};
  const { name, kind } = target;
  const leaves = schema.tree(name).filter((each) => schema.get(each)?.kind !== "partitioned table");
  const [parent] = schema.parentsOf(name);
  const [command] = all("AlterTableCmd", cmds);
  const index = as("Constraint", command?.def)?.indexname;
  const columns = index === undefined ? undefined : schema.find({ name: index })?.columns;
  return {
    ...(kind === "partitioned table" && { partitions: leaves }),
    ...(parent && { parent: parent.name }),
    ...(columns && { columns: [...columns.keys()] }),
  };
}
