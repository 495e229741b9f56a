import type { ColumnDef } from "libpg-query";
import type { AnalysisBuilder } from "./builder";
import { columnName } from "./expressions";
import { as, typeOf } from "./tree";
import { isStoredAlike } from "./types";

/** Rewrites unless every stored value is a value of the new type already; CHECK constraints on the column run again in any case. */
export function alterColumnType(to: AnalysisBuilder, table: string, column: string, definition: ColumnDef): void {
  const wanted = typeOf(definition.typeName);
  const known = to.schema.get(table);
  const had = known?.columns.get(column);
  const using = definition.raw_default;
  const plain = using === undefined || columnName(as("TypeCast", using)?.arg ?? using)[0] === column;
  const rewrites = !had || !plain || !isStoredAlike(had, wanted);
  makeForeignKeysAnew(to, table, column, rewrites);
  if (rewrites) {
    const from = had?.type ? ` from ${show(had)}` : "";
    const sure = had && plain ? "" : had ? "" : ", as far as is known here";
    to.work(table, "rewrite", "change-type", `writes every row and index anew${from} to ${show(wanted)}${sure}`);
    return;
  }
  for (const [name, { kind, columns }] of known?.constraints ?? []) {
    if (kind === "check" && columns.includes(column))
      to.work(table, "scan", "change-type", `reads every row to check ${name} again`);
  }
}

/** Each foreign key of the column, and each that leads to it, is dropped and added again, and proven again where values change. */
function makeForeignKeysAnew(to: AnalysisBuilder, table: string, column: string, rewrites: boolean): void {
  const notNull = to.schema.get(table)?.columns.get(column)?.notNull ?? true;
  for (const { name, constraints } of to.schema.relations()) {
    for (const [key, { columns, references, referenced, valid }] of constraints) {
      const from = name === table && columns.includes(column);
      // A primary key that was not named has columns that are never null.
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
