import type { ColumnDef } from "libpg-query";
import { as, nameOf, typeOf } from "../sql/tree";
import type { AnalysisBuilder } from "./builder";
import { constraintOf, defaultOf, isSerial, volatilePart } from "./expressions";

/** A new column costs nothing if its value is the same in every row. */
export function addColumn(to: AnalysisBuilder, table: string, column: ColumnDef): void {
  const name = column.colname ?? "";
  rewrite(to, table, column, name);
  const value = defaultOf(column);
  if (constraintOf(column, "CONSTR_CHECK"))
    to.work(table, "scan", "add-check", `reads every row to check what ${name} may hold`);
  const hasValue = (value !== undefined && !isNull(value)) || isSerial(column) || generated(column);
  if ((constraintOf(column, "CONSTR_NOTNULL") || constraintOf(column, "CONSTR_PRIMARY")) && !hasValue)
    to.work(table, "scan", "add-not-null-column", `fails if there is any row, since ${name} has no default`);
  if (constraintOf(column, "CONSTR_UNIQUE") ?? constraintOf(column, "CONSTR_PRIMARY"))
    to.work(table, "scan", "add-index-constraint", `builds the index of ${name}`);
  const foreignKey = constraintOf(column, "CONSTR_FOREIGN");
  if (!foreignKey) return;
  to.lockPartitions(to.qualify(nameOf(foreignKey.pktable)), "SHARE ROW EXCLUSIVE");
  if (value !== undefined) to.work(table, "scan", "add-foreign-key", `reads every row to check what ${name} refers to`);
}

function generated(column: ColumnDef): boolean {
  return Boolean(constraintOf(column, "CONSTR_IDENTITY") ?? constraintOf(column, "CONSTR_GENERATED"));
}

function isNull(value: ReturnType<typeof defaultOf>): boolean {
  return as("A_Const", as("TypeCast", value)?.arg ?? value)?.isnull === true;
}

function rewrite(to: AnalysisBuilder, table: string, column: ColumnDef, name: string): void {
  const { type } = typeOf(column.typeName);
  const domain = to.schema.domain(type);
  const volatile = volatilePart(defaultOf(column) ?? domain?.value, to.schema);
  if (volatile) to.work(table, "rewrite", "volatile-default", `${volatile} gives every row a value of its own`);
  if (isSerial(column)) to.work(table, "rewrite", "volatile-default", `${type} numbers every row`);
  if (constraintOf(column, "CONSTR_IDENTITY")) to.work(table, "rewrite", "identity-column", "numbers every row");
  if (constraintOf(column, "CONSTR_GENERATED"))
    to.work(table, "rewrite", "generated-column", `computes ${name} for every row`);
  if (domain?.constrained) to.work(table, "rewrite", "domain-constraint", `checks ${type}'s constraints for every row`);
}
