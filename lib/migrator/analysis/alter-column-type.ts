import type { ColumnDef } from "libpg-query";
import { all, as, typeOf } from "../sql/tree";
import type { AnalysisBuilder } from "./builder";
import { columnName } from "./expressions";
import { changesZone, haveOneOperatorClass, isStoredAlike } from "./types";

/**
 * Rewrites the table unless every stored value is already valid in the new type. CHECK constraints on the column run
 * again in any case.
 */
export function alterColumnType(to: AnalysisBuilder, table: string, column: string, definition: ColumnDef): void {
  const wanted = typeOf(definition.typeName);
  const known = to.schema.get(table);
  const had = known?.columns.get(column);
  const using = definition.raw_default;
  const plain = using === undefined || columnName(as("TypeCast", using)?.arg ?? using)[0] === column;
  const rewrites = !had || !plain || !isStoredAlike(had, wanted, to.schema.timeZone);
  makeForeignKeysAnew(to, table, column, rewrites);
  if (rewrites) {
    const from = had?.type ? ` from ${show(had)}` : "";
    const sure = had && plain ? "" : had ? "" : ", as far as is known here";
    const zone = had !== undefined && plain && changesZone(had, wanted);
    const unknown = zone && to.schema.timeZone === undefined ? " unless the session's TimeZone is UTC" : "";
    const cause = zone ? "change-time-zone" : "change-type";
    to.work(table, "rewrite", cause, `writes every row and index anew${from} to ${show(wanted)}${sure}${unknown}`);
    return;
  }
  buildIndexesAnew(to, table, column, definition, !haveOneOperatorClass(had, wanted));
  for (const [name, { kind, columns }] of known?.constraints ?? []) {
    if (kind === "check" && columns.includes(column))
      to.work(table, "scan", "change-type", `reads every row to check ${name} again`);
  }
}

/**
 * An index keeps its file, except one with expressions or a predicate, one of a partitioned table, and one whose
 * collation or operator class changes with its column (TryReuseIndex and CheckIndexCompatible in PostgreSQL 16).
 */
function buildIndexesAnew(
  to: AnalysisBuilder,
  root: string,
  column: string,
  { typeName, collClause }: ColumnDef,
  anyIndex: boolean,
): void {
  const named = all("String", collClause?.collname).at(-1)?.sval;
  for (const table of to.schema.tree(root)) {
    const { kind, columns } = to.schema.get(table) ?? {};
    const had = columns?.get(column)?.collation ?? DEFAULT;
    const gets = named ?? (TEXTS.includes(typeOf(typeName).type) ? DEFAULT : had);
    for (const name of to.schema.indexesOf(table)) {
      const index = to.schema.get(name);
      const collates = had !== gets && (index?.columns.get(column)?.collation ?? DEFAULT) === had;
      if (index?.uses?.includes(column) && (anyIndex || index.computed || kind === "partitioned table" || collates))
        to.work(table, "scan", "rebuild-index", `builds the index ${name} anew`);
    }
  }
}

/** Types that use the database's collation by default. */
const TEXTS = ["text", "varchar", "bpchar"];
const DEFAULT = "default";

/** Foreign keys from and to the column are dropped and added again, and validated again if values change. */
function makeForeignKeysAnew(to: AnalysisBuilder, table: string, column: string, rewrites: boolean): void {
  const notNull = to.schema.get(table)?.columns.get(column)?.notNull ?? true;
  for (const { name, constraints } of to.schema.relations()) {
    for (const [key, { columns, references, referenced, valid }] of constraints) {
      const from = name === table && columns.includes(column);
      // The statement names no columns, so they are the primary key's, which are never null.
      const leadsTo = references === table && (referenced ? referenced.includes(column) : notNull);
      if (!references || !(from || leadsTo)) continue;
      to.lockQualified(references, "ACCESS EXCLUSIVE");
      to.lockQualified(name, "ACCESS EXCLUSIVE");
      if (rewrites && valid && name !== table)
        to.work(name, "scan", "change-type", `reads every row to check ${key} again`);
    }
  }
}

function show({ type, modifiers }: ReturnType<typeof typeOf>): string {
  return modifiers.length > 0 ? `${type}(${modifiers.join(",")})` : type;
}
