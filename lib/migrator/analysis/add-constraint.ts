import type { Constraint as Node } from "libpg-query";
import { nameOf } from "../sql/tree";
import type { AnalysisBuilder } from "./builder";
import { namesIn } from "./expressions";
import type { Relation } from "./relation";
import type { Schema } from "./schema";

/** Reading and building for ADD CONSTRAINT. ALTER TABLE has already locked the table itself. */
export function addConstraint(to: AnalysisBuilder, table: string, constraint: Node): void {
  const { contype, conname, skip_validation: notValid } = constraint;
  const name = conname ? ` ${conname}` : " the new constraint";
  if (contype === "CONSTR_CHECK" && !notValid) to.work(table, "scan", "add-check", `reads every row to check${name}`);
  if (contype === "CONSTR_FOREIGN") foreignKey(to, table, constraint, name);
  if (contype === "CONSTR_PRIMARY") primaryKeyColumns(to, table, constraint);
  if (!buildsIndex(constraint)) return;
  const cause = contype === "CONSTR_EXCLUSION" ? "add-exclusion" : "add-index-constraint";
  const isDone = (each: string) => each !== table && hasKey(each, constraint, to.schema);
  to.work(table, "scan", cause, `builds the index of${name}`, { isDone });
}

/** Partitions' constraints that are equal and valid become parts of the table's, and their triggers are dropped. */
function foreignKey(to: AnalysisBuilder, table: string, constraint: Node, name: string): void {
  const references = to.qualify(nameOf(constraint.pktable));
  const columns = namesIn(constraint.fk_attrs);
  const isDone = (each: string) => each !== table && hasForeignKey(to.schema.get(each), references, columns);
  to.lockPartitions(references, "SHARE ROW EXCLUSIVE");
  const partitioned = to.schema.get(table)?.kind === "partitioned table";
  if (partitioned && to.schema.tree(table).some(isDone)) to.lockPartitions(references, "ACCESS EXCLUSIVE");
  if (!constraint.skip_validation)
    to.work(table, "scan", "add-foreign-key", `reads every row to check${name}`, { isDone });
}

export function hasForeignKey(
  partition: Relation | undefined,
  references: string,
  columns: readonly string[],
): boolean {
  const own = [...(partition?.constraints.values() ?? [])];
  return own.some(
    (each) => !each.inherited && each.valid && each.references === references && each.columns.join() === columns.join(),
  );
}

function hasKey(partition: string, { contype, keys }: Node, schema: Schema): boolean {
  const kind = contype === "CONSTR_PRIMARY" ? "primary key" : "unique";
  const own = [...(schema.get(partition)?.constraints.values() ?? [])];
  return own.some((each) => !each.inherited && each.kind === kind && each.columns.join() === namesIn(keys).join());
}

function primaryKeyColumns(to: AnalysisBuilder, table: string, constraint: Node): void {
  const columns = nullableKeys(constraint, table, to.schema);
  if (columns.length === 0) return;
  to.work(table, "scan", "add-primary-key", `reads every row to see that ${columns.join(", ")} is never null`, {
    columns,
  });
}

export function buildsIndex({ contype, indexname }: Node): boolean {
  return /^CONSTR_(PRIMARY|UNIQUE|EXCLUSION)$/.test(contype ?? "") && indexname === undefined;
}

/** Columns of a primary key that may still be null. */
export function nullableKeys({ contype, keys, indexname }: Node, table: string, schema: Schema): string[] {
  if (contype !== "CONSTR_PRIMARY") return [];
  const index = indexname === undefined ? undefined : schema.find({ name: indexname });
  const columns = indexname === undefined ? namesIn(keys) : [...(index?.columns.keys() ?? [])];
  return columns.filter((column) => !schema.get(table)?.columns.get(column)?.notNull);
}
