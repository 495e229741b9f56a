import type { ClusterStmt, RefreshMatViewStmt, ReindexStmt, VacuumStmt } from "libpg-query";
import { all, nameOf, option } from "../sql/tree";
import type { AnalysisBuilder } from "./builder";
import type { Schema } from "./schema";

export function vacuum({ rels, options, is_vacuumcmd: isVacuum }: VacuumStmt, to: AnalysisBuilder): void {
  const full = isVacuum && option(options, "full") === true;
  to.kind = full ? "VACUUM FULL" : isVacuum ? "VACUUM" : "ANALYZE";
  for (const { relation } of all("VacuumRelation", rels)) {
    const table = to.qualify(nameOf(relation));
    // The server skips them with a warning.
    if (/^(view|sequence|index)$/.test(to.schema.get(table)?.kind ?? "")) continue;
    to.lockPartitions(table, full ? "ACCESS EXCLUSIVE" : "SHARE UPDATE EXCLUSIVE");
    // The statistics of an inheritance parent are those of its children, too.
    if (!isVacuum) for (const each of to.schema.tree(table)) to.lockQualified(each, "ACCESS SHARE");
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
  oneByOne(table, to, "CLUSTER");
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
  oneByOne(table, to, isIndex ? "REINDEX INDEX" : "REINDEX TABLE");
  // Planning a query locks every index of its table, so queries wait as well.
  if (!isIndex && !concurrently)
    for (const index of to.schema.indexesOf(table)) to.lockQualified(index, "ACCESS EXCLUSIVE");
  to.work(table, "scan", "reindex", "builds the index anew");
}

/** Each partition is a transaction of its own. */
function oneByOne(table: string, to: AnalysisBuilder, command: string): void {
  if (to.schema.get(table)?.kind === "partitioned table")
    to.failsInTransaction(`${command} cannot run inside a transaction block (25001)`);
}

export function refresh({ relation, concurrent }: RefreshMatViewStmt, to: AnalysisBuilder): void {
  to.kind = concurrent ? "REFRESH MATERIALIZED VIEW CONCURRENTLY" : "REFRESH MATERIALIZED VIEW";
  const view = to.lock(nameOf(relation), concurrent ? "EXCLUSIVE" : "ACCESS EXCLUSIVE");
  const { reads, empty } = to.schema.get(view) ?? {};
  const usual = hasPlainKey(view, to.schema) ? "refresh" : "refresh-without-key";
  // CONCURRENTLY keeps out other refreshes only, and nobody can read a view that was never filled.
  const cause = concurrent || empty ? "scan-rows" : usual;
  to.work(view, concurrent ? "scan" : "rewrite", cause, "runs the view's query");
  if (!reads) to.unknown("reads the tables of the view's query");
  for (const read of reads ?? []) {
    for (const each of to.schema.tree(read)) to.lockQualified(each, "ACCESS SHARE");
    to.lockBehind(read, "ACCESS SHARE");
  }
}

/** Whether a materialized view has a unique index that REFRESH … CONCURRENTLY can use. */
export function hasPlainKey(view: string, schema: Schema): boolean {
  return schema.indexesOf(view).some((index) => {
    const { unique, computed } = schema.get(index) ?? {};
    return unique && !computed;
  });
}
