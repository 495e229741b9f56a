import type { CreateStmt, CreateTrigStmt, IndexStmt, RangeVar } from "libpg-query";
import { all, nameOf } from "../sql/tree";
import { A_KIND, badReference, lacksPartitionKey, type Named, named, type Refusal, refused } from "./refusal";
import type { Schema } from "./schema";
import { FILLED, first, only, TABLES } from "./wrong-kind";

export function createTable(statement: CreateStmt, schema: Schema): Refusal | undefined {
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

export function createIndex(
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

export function createTrigger(statement: CreateTrigStmt, schema: Schema): Refusal | undefined {
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

export function publish(range: RangeVar | undefined, schema: Schema): Refusal | undefined {
  const target = named({ schema }, nameOf(range));
  if (!target || (TABLES.includes(target.kind) && !target.relation.storage?.unlogged)) return undefined;
  return refused("wrong-kind", "22023", `cannot add relation "${target.bare}" to publication`);
}
