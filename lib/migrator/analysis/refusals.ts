import type { Node, RangeVar } from "libpg-query";
import type { ParseNode } from "../sql/parser";
import { all, as, type Body, type Kind, nameOf, nameOfParts, open, parts } from "../sql/tree";
import { hasPlainKey } from "./maintenance";
import { isInherited, named, type Refusal, refused } from "./refusal";
import { refusedAlter } from "./refused-alter";
import { createIndex, createTable, createTrigger, publish } from "./refused-create";
import { drop, truncate } from "./refused-drop";
import type { Schema } from "./schema";
import { FILLED, first, isNot, only, TABLES, wrongWord } from "./wrong-kind";

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
  if (!relation.inh && target.relation.children.length > 0 && relationType !== "OBJECT_TYPE")
    return refused("only-parent", "42P16", `inherited column "${subname}" must be renamed in child tables too`);
  return isInherited(target.name, subname, schema)
    ? refused("inherited", "42P16", `cannot rename inherited column "${subname}"`)
    : undefined;
}

/** The parent and the partitions of the relation that a statement changes, and the columns of an index that it names. */
export function surroundings(
  node: ParseNode,
  schema: Schema,
): Pick<Refusal, "partitions" | "partial" | "parent" | "columns"> {
  const [, body] = open(node);
  const { relation, cmds } = body as { relation?: RangeVar; cmds?: Node[] };
  const target = relation && named({ schema }, nameOf(relation));
  if (!target) return {};
  const { name, kind } = target;
  const [, ...below] = schema.tree(name);
  const leaves = below.filter((each) => schema.get(each)?.kind !== "partitioned table");
  const [parent] = schema.parentsOf(name);
  const [command] = all("AlterTableCmd", cmds);
  const index = as("Constraint", command?.def)?.indexname;
  const columns = index === undefined ? undefined : schema.find({ name: index })?.columns;
  return {
    ...(kind === "partitioned table" && { partitions: leaves, partial: leaves.length < below.length }),
    ...(parent && { parent: parent.name }),
    ...(columns && { columns: [...columns.keys()] }),
  };
}
