import type { ClusterStmt, RefreshMatViewStmt, ReindexStmt, VacuumStmt } from "libpg-query";
import { all, nameOf, option } from "../sql/tree";
import type { AnalysisBuilder } from "./builder";

export function vacuum({ rels, options, is_vacuumcmd: isVacuum }: VacuumStmt, to: AnalysisBuilder): void {
  const full = isVacuum && option(options, "full") === true;
  to.kind = full ? "VACUUM FULL" : isVacuum ? "VACUUM" : "ANALYZE";
  for (const { relation } of all("VacuumRelation", rels)) {
    const table = to.lockTree(nameOf(relation), full ? "ACCESS EXCLUSIVE" : "SHARE UPDATE EXCLUSIVE");
    if (full) to.work(table, "rewrite", "vacuum", "writes the whole table anew");
    else if (isVacuum) to.work(table, "scan", "scan-rows", "reads the pages that have changed");
  }
  if (!rels?.length) to.unknown("works on every table of the database");
}

export function cluster({ relation }: ClusterStmt, to: AnalysisBuilder): void {
  if (!relation) {
    to.unknown("rewrites every table that was clustered before");
    return;
  }
  const table = to.qualify(nameOf(relation));
  to.lockPartitions(table, "ACCESS EXCLUSIVE");
  oneByOne(table, to);
  to.work(table, "rewrite", "cluster", "writes the whole table anew, in the order of the index");
}

export function reindex({ kind, relation, params }: ReindexStmt, to: AnalysisBuilder): void {
  const concurrently = option(params, "concurrently") === true;
  to.kind = concurrently ? "REINDEX CONCURRENTLY" : "REINDEX";
  const mode = concurrently ? "SHARE UPDATE EXCLUSIVE" : "SHARE";
  if (!relation) {
    to.unknown("builds indexes of many tables anew, one after the other");
    return;
  }
  const name = to.qualify(nameOf(relation));
  const isIndex = kind === "REINDEX_OBJECT_INDEX";
  const table = isIndex ? to.schema.get(name)?.table : name;
  if (isIndex) to.lockQualified(name, concurrently ? mode : "ACCESS EXCLUSIVE");
  if (!table) {
    to.unknown(`the table of ${name} is locked in ${mode} mode too; which one it is, is not known here`);
    return;
  }
  to.lockPartitions(table, mode);
  oneByOne(table, to);
  // Planning a query locks every index of its table, so queries wait as well.
  if (!isIndex && !concurrently)
    for (const index of to.schema.indexesOf(table)) to.lockQualified(index, "ACCESS EXCLUSIVE");
  to.work(table, "scan", "reindex", "builds the index anew");
}

/** Each partition is a transaction of its own. */
function oneByOne(table: string, to: AnalysisBuilder): void {
  if (to.schema.get(table)?.kind === "partitioned table")
    to.failsInTransaction("the server works on one partition after the other, and not within a transaction (25001)");
}

export function refresh({ relation, concurrent }: RefreshMatViewStmt, to: AnalysisBuilder): void {
  const view = to.lock(nameOf(relation), concurrent ? "EXCLUSIVE" : "ACCESS EXCLUSIVE");
  to.work(view, concurrent ? "scan" : "rewrite", "refresh", "runs the view's query");
  to.unknown("reads the tables of the view's query");
}
