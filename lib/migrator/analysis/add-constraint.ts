import type { Constraint } from "libpg-query";
import type { AnalysisBuilder } from "./builder";
import { namesIn } from "./expressions";
import { nameOf } from "./tree";

/** What ADD CONSTRAINT reads or builds. ALTER TABLE has taken its lock on the table itself. */
export function addConstraint(to: AnalysisBuilder, table: string, constraint: Constraint): void {
  const { contype, conname, skip_validation: notValid } = constraint;
  const name = conname ? ` ${conname}` : " the new constraint";
  if (contype === "CONSTR_CHECK" && !notValid) to.work(table, "scan", "add-check", `reads every row to check${name}`);
  if (contype === "CONSTR_FOREIGN") {
    to.lock(nameOf(constraint.pktable), "SHARE ROW EXCLUSIVE");
    if (!notValid) to.work(table, "scan", "add-foreign-key", `reads every row to check${name}`);
  }
  if (contype === "CONSTR_PRIMARY") primaryKeyColumns(to, table, constraint);
  if (/^CONSTR_(PRIMARY|UNIQUE|EXCLUSION)$/.test(contype ?? "") && constraint.indexname === undefined)
    to.work(table, "scan", "add-index-constraint", `builds the index of${name}`);
}

function primaryKeyColumns(to: AnalysisBuilder, table: string, { keys, indexname }: Constraint): void {
  const known = to.schema.get(table);
  const index = indexname === undefined ? undefined : to.schema.find({ name: indexname });
  const columns = indexname === undefined ? namesIn(keys) : [...(index?.columns.keys() ?? [])];
  const nullable = columns.filter((column) => !known?.columns.get(column)?.notNull);
  if (nullable.length === 0) return;
  to.work(table, "scan", "add-primary-key", `reads every row to see that ${nullable.join(", ")} is never null`);
}
