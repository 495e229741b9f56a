import type { Constraint } from "libpg-query";
import { nameOf } from "../sql/tree";
import type { AnalysisBuilder } from "./builder";
import { namesIn } from "./expressions";
import type { Schema } from "./schema";

/** Reading and building for ADD CONSTRAINT. ALTER TABLE has already locked the table itself. */
export function addConstraint(to: AnalysisBuilder, table: string, constraint: Constraint): void {
  const { contype, conname, skip_validation: notValid } = constraint;
  const name = conname ? ` ${conname}` : " the new constraint";
  if (contype === "CONSTR_CHECK" && !notValid) to.work(table, "scan", "add-check", `reads every row to check${name}`);
  if (contype === "CONSTR_FOREIGN") {
    to.lock(nameOf(constraint.pktable), "SHARE ROW EXCLUSIVE");
    if (!notValid) to.work(table, "scan", "add-foreign-key", `reads every row to check${name}`);
  }
  if (contype === "CONSTR_PRIMARY") primaryKeyColumns(to, table, constraint);
  if (buildsIndex(constraint)) to.work(table, "scan", "add-index-constraint", `builds the index of${name}`);
}

function primaryKeyColumns(to: AnalysisBuilder, table: string, constraint: Constraint): void {
  const nullable = nullableKeys(constraint, table, to.schema);
  if (nullable.length === 0) return;
  to.work(table, "scan", "add-primary-key", `reads every row to see that ${nullable.join(", ")} is never null`);
}

export function buildsIndex({ contype, indexname }: Constraint): boolean {
  return /^CONSTR_(PRIMARY|UNIQUE|EXCLUSION)$/.test(contype ?? "") && indexname === undefined;
}

/** Columns of a primary key that may still be null. */
export function nullableKeys({ contype, keys, indexname }: Constraint, table: string, schema: Schema): string[] {
  if (contype !== "CONSTR_PRIMARY") return [];
  const index = indexname === undefined ? undefined : schema.find({ name: indexname });
  const columns = indexname === undefined ? namesIn(keys) : [...(index?.columns.keys() ?? [])];
  return columns.filter((column) => !schema.get(table)?.columns.get(column)?.notNull);
}
