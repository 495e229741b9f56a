import type { Node, RangeVar, SelectStmt } from "libpg-query";
import { all, as, nameOf, walk } from "../sql/tree";
import type { AnalysisBuilder } from "./builder";
import { columnName } from "./expressions";
import type { Relation } from "./relation";
import type { Schema } from "./schema";

/**
 * Notes reading or writing of as many rows as a condition leaves, which can be all of them. One that names single rows
 * by a key is brief.
 */
export function manyRows(to: AnalysisBuilder, range: RangeVar | undefined, where: Node | undefined, detail: string) {
  const name = to.qualify(nameOf(range));
  if (namesRows(to.schema.get(name), where, to.schema)) return;
  for (const each of [name, ...to.schema.behind(name)]) to.work(each, "rows", "scan-rows", detail);
}

/**
 * Notes the tables that a query reads for its result: those of FROM, WITH and set operations. Does not recurse, because
 * a chain of thousands of UNION ALL is as deep.
 */
export function manyRowsOf(to: AnalysisBuilder, query: SelectStmt | undefined, detail: string): void {
  const local = new Set<string | undefined>();
  const left = [query];
  for (let next = left.pop(); next; next = left.pop()) {
    const ctes = all("CommonTableExpr", next.withClause?.ctes);
    for (const { ctename } of ctes) local.add(ctename);
    left.push(...[...ctes.map(({ ctequery }) => as("SelectStmt", ctequery)), next.larg, next.rarg].filter(Boolean));
    for (const range of rangesIn(next.fromClause))
      if (range.schemaname !== undefined || !local.has(range.relname)) manyRows(to, range, next.whereClause, detail);
  }
}

/** Tables of FROM, within joins and subqueries too. */
export function rangesIn(from: unknown): RangeVar[] {
  const found: RangeVar[] = [];
  walk(from, (kind, body) => {
    if (kind === "RangeVar") found.push(body as RangeVar);
  });
  return found;
}

/** Whether a condition fixes all columns of a unique key, each to one or some constants. */
function namesRows(relation: Relation | undefined, where: Node | undefined, schema: Schema): boolean {
  const fixed = new Set(fixedColumns(where));
  if (!relation || fixed.size === 0) return false;
  return keysOf(relation, schema).some((key) => key.length > 0 && key.every((column) => fixed.has(column)));
}

/** Columns of each unique key. */
function keysOf({ name, constraints }: Relation, schema: Schema): (readonly string[])[] {
  const keys = [...constraints.values()].filter(({ kind }) => kind === "primary key" || kind === "unique");
  const indexes = schema.indexesOf(name).flatMap((index) => {
    const { unique, computed, columns } = schema.get(index) ?? {};
    return unique && !computed ? [[...(columns?.keys() ?? [])]] : [];
  });
  return [...keys.map(({ columns }) => columns), ...indexes];
}

function fixedColumns(where: Node | undefined): string[] {
  const { boolop, args = [] } = as("BoolExpr", where) ?? {};
  if (boolop === "AND_EXPR") return args.flatMap(fixedColumns);
  const { kind, name, lexpr, rexpr } = as("A_Expr", where) ?? {};
  if (all("String", name).at(-1)?.sval !== "=") return [];
  if (kind === "AEXPR_IN" || kind === "AEXPR_OP_ANY") return isConstant(rexpr) ? columnName(lexpr) : [];
  if (kind !== "AEXPR_OP") return [];
  return isConstant(rexpr) ? columnName(lexpr) : isConstant(lexpr) ? columnName(rexpr) : [];
}

/** Whether a value is the same for every row: it reads no column and no table. */
function isConstant(value: Node | undefined): boolean {
  let constant = value !== undefined;
  walk(value, (kind) => {
    if (kind === "ColumnRef" || kind === "SubLink") constant = false;
  });
  return constant;
}
