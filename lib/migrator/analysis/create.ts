import type { CreateStmt, CreateTrigStmt, IndexStmt, PartitionBoundSpec, ViewStmt } from "libpg-query";
import { all, as, type Body, nameOf, parts } from "../sql/tree";
import type { AnalysisBuilder } from "./builder";
import { manyRowsOf } from "./many-rows";
import { defaultPartition } from "./partitions";
import { queries } from "./queries";
import type { Schema } from "./schema";

/** The table is new and unused; tables that it refers to are not. */
export function createTable(statement: CreateStmt, to: AnalysisBuilder): void {
  const { constraints, tableElts, inhRelations, partbound } = statement;
  to.creates(nameOf(statement.relation));
  const columns = all("ColumnDef", tableElts);
  const inline = columns.flatMap((column) => all("Constraint", column.constraints));
  for (const { contype, pktable } of [...inline, ...all("Constraint", tableElts), ...all("Constraint", constraints)]) {
    const itself =
      pktable && to.schema.qualifyNew(nameOf(pktable)) === to.schema.qualifyNew(nameOf(statement.relation));
    if (contype === "CONSTR_FOREIGN" && !itself) to.lockPartitions(to.qualify(nameOf(pktable)), "SHARE ROW EXCLUSIVE");
  }
  for (const like of all("TableLikeClause", tableElts)) to.lock(nameOf(like.relation), "ACCESS SHARE");
  for (const parent of all("RangeVar", inhRelations)) {
    const name = to.lock(nameOf(parent), partbound ? "ACCESS EXCLUSIVE" : "SHARE UPDATE EXCLUSIVE");
    if (partbound) partitionOf(name, to, partbound);
  }
}

/** The parent's foreign keys hold for the partition too, in both directions. */
function partitionOf(parent: string, to: AnalysisBuilder, bound: PartitionBoundSpec): void {
  defaultPartition(to, parent, bound);
  for (const { references } of to.schema.get(parent)?.constraints.values() ?? [])
    if (references) to.lockQualified(references, "SHARE ROW EXCLUSIVE");
  for (const table of to.schema.referencing(parent)) to.lockQualified(table, "SHARE ROW EXCLUSIVE");
}

export function createIndex(statement: IndexStmt, to: AnalysisBuilder): void {
  const { concurrent, unique, idxname } = statement;
  to.kind = concurrent ? "CREATE INDEX CONCURRENTLY" : "CREATE INDEX";
  const mode = concurrent ? "SHARE UPDATE EXCLUSIVE" : "SHARE";
  const there = statement.if_not_exists && idxname !== undefined && isIndexOf(statement, to);
  const table = to.lock(nameOf(statement.relation), mode);
  if (statement.relation?.inh) to.lockPartitions(table, mode);
  const what = `builds the ${unique ? "unique " : ""}index${idxname ? ` ${idxname}` : ""}`;
  const isDone = (each: string) => each !== table && hasIndex(each, statement, to.schema);
  if (!there) to.work(table, "scan", "create-index", what, { isDone });
}

/** Partitions' equal indexes become parts of the table's. One with more than plain columns counts as another. */
function hasIndex(partition: string, { indexParams, unique = false, ...rest }: IndexStmt, schema: Schema): boolean {
  const elements = all("IndexElem", indexParams);
  const plain = elements.every(
    ({ name, opclass, collation, ordering }) => name && !opclass && !collation && ordering === "SORTBY_DEFAULT",
  );
  if (!plain || rest.whereClause || rest.indexIncludingParams || rest.accessMethod !== "btree") return false;
  const wanted = elements.map(({ name }) => name).join();
  return schema.indexesOf(partition).some((index) => {
    const { columns, computed, unique: has = false } = schema.get(index) ?? {};
    return (
      !computed &&
      schema.parentsOf(index).length === 0 &&
      has === unique &&
      [...(columns?.keys() ?? [])].join() === wanted
    );
  });
}

/** An index lives in its table's schema. */
function isIndexOf({ relation, idxname: name = "" }: IndexStmt, { schema }: AnalysisBuilder): boolean {
  const [home] = schema.qualify(nameOf(relation)).split(".");
  return schema.get(`${home}.${name}`)?.kind === "index";
}

export function createTrigger(statement: CreateTrigStmt, to: AnalysisBuilder): void {
  const table = to.lock(nameOf(statement.relation), "SHARE ROW EXCLUSIVE");
  // A trigger for each statement fires for the table that the statement names.
  if (statement.row) to.lockPartitions(table, "SHARE ROW EXCLUSIVE");
  if (statement.constrrel) to.lock(nameOf(statement.constrrel), "ACCESS SHARE");
}

export function createView({ view, query, replace }: ViewStmt, to: AnalysisBuilder): void {
  to.creates(nameOf(view));
  const name = to.schema.qualifyNew(nameOf(view));
  if (replace && to.schema.get(name)) to.lockQualified(name, "ACCESS EXCLUSIVE");
  queries(query, to, { run: false });
}

export function createTableAs({ query, objtype, into }: Body<"CreateTableAsStmt">, to: AnalysisBuilder): void {
  to.kind = objtype === "OBJECT_MATVIEW" ? "CREATE MATERIALIZED VIEW" : "CREATE TABLE AS";
  to.creates(nameOf(into?.rel));
  queries(query, to);
  if (!into?.skipData) manyRowsOf(to, as("SelectStmt", query), `is read to fill ${nameOf(into?.rel).name}`);
}

/** OWNED BY makes a sequence depend on a column. */
export function sequence(
  { options, sequence: name }: Body<"CreateSeqStmt">,
  to: AnalysisBuilder,
  altered = false,
): void {
  if (altered) to.lock(nameOf(name), "SHARE ROW EXCLUSIVE");
  for (const { defname, arg } of all("DefElem", options)) {
    const owner = parts(arg);
    if (defname === "owned_by" && owner.length > 1) to.lock(tableOf(owner), "ACCESS SHARE");
  }
}

function tableOf(column: readonly string[]) {
  const [schema, name] = column.length > 2 ? [column.at(-3), column.at(-2)] : [undefined, column[0]];
  return { name: name ?? "", ...(schema !== undefined && { schema }) };
}

export function createStatistics({ relations }: Body<"CreateStatsStmt">, to: AnalysisBuilder): void {
  for (const relation of all("RangeVar", relations)) to.lock(nameOf(relation), "SHARE UPDATE EXCLUSIVE");
}

export function publication(objects: Body<"CreatePublicationStmt">["pubobjects"], to: AnalysisBuilder): void {
  // Publishing a schema's tables takes no lock on them.
  for (const { pubtable } of all("PublicationObjSpec", objects))
    if (pubtable) {
      const table = to.lock(nameOf(pubtable.relation), "SHARE UPDATE EXCLUSIVE");
      if (to.schema.get(table)?.kind !== "partitioned table")
        for (const each of to.schema.tree(table)) to.lockQualified(each, "SHARE UPDATE EXCLUSIVE");
    }
}

export function createRule({ relation, actions, whereClause }: Body<"RuleStmt">, to: AnalysisBuilder): void {
  onTable(relation, to);
  queries([actions, whereClause], to, { run: false });
}

/** A rule or a policy changes what a query on its table means. */
export function onTable(name: Body<"RangeVar"> | undefined, to: AnalysisBuilder): void {
  to.lock(nameOf(name), "ACCESS EXCLUSIVE");
}
