import type {
  CopyStmt,
  DeleteStmt,
  InsertStmt,
  LockStmt,
  MergeStmt,
  Node,
  TruncateStmt,
  UpdateStmt,
} from "libpg-query";
import { all, as, type Body, nameOf } from "../sql/tree";
import type { AnalysisBuilder } from "./builder";
import { LOCK_MODES } from "./locks";
import { manyRows, manyRowsOf, rangesIn } from "./many-rows";
import { queries } from "./queries";

/** UPDATE or DELETE. Without WHERE it locks every row until the transaction ends. */
export function writeRows(
  kind: "UpdateStmt" | "DeleteStmt",
  statement: UpdateStmt | DeleteStmt,
  to: AnalysisBuilder,
): void {
  to.kind = kind === "UpdateStmt" ? "UPDATE" : "DELETE";
  queries({ [kind]: statement }, to);
  const name = to.qualify(nameOf(statement.relation));
  const verb = to.kind === "UPDATE" ? "writes" : "deletes";
  if (statement.whereClause !== undefined && !isTrue(statement.whereClause)) {
    manyRows(to, statement.relation, statement.whereClause, `${verb} the rows that its condition finds`);
    return;
  }
  to.work(name, "scan", "write-all-rows", `${verb} every row`);
  // Tables behind a view are locked like the view.
  for (const table of to.schema.behind(name))
    if (to.lockOf(table) === "ROW EXCLUSIVE") to.work(table, "scan", "write-all-rows", `${verb} every row of ${name}`);
}

/** INSERT … SELECT works as long as its query. */
export function insertRows(statement: InsertStmt, to: AnalysisBuilder): void {
  queries({ InsertStmt: statement }, to);
  manyRowsOf(to, as("SelectStmt", statement.selectStmt), `is read to insert into ${nameOf(statement.relation).name}`);
}

export function mergeRows(statement: MergeStmt, to: AnalysisBuilder): void {
  queries({ MergeStmt: statement }, to);
  for (const range of rangesIn([statement.sourceRelation]))
    manyRows(to, range, undefined, `is read to merge into ${nameOf(statement.relation).name}`);
}

/** Recognises `true`, `1 = 1` and the like, which only satisfy a demand for a WHERE. */
function isTrue(condition: Node): boolean {
  const { boolop, args = [] } = as("BoolExpr", condition) ?? {};
  if (boolop === "AND_EXPR") return args.every(isTrue);
  if (boolop === "OR_EXPR") return args.some(isTrue);
  const constant = as("A_Const", as("TypeCast", condition)?.arg ?? condition);
  if (constant) return constant.boolval?.boolval === true || /^(t|true|y|yes|on|1)$/i.test(constant.sval?.sval ?? "");
  const { kind, name, lexpr, rexpr } = as("A_Expr", condition) ?? {};
  return (
    kind === "AEXPR_OP" &&
    all("String", name).at(-1)?.sval === "=" &&
    isSame(as("A_Const", lexpr), as("A_Const", rexpr))
  );
}

/** Compares constants and ignores their positions. */
function isSame(a: Body<"A_Const"> | undefined, b: Body<"A_Const"> | undefined): boolean {
  const value = ({ location: _, ...rest }: Body<"A_Const">) => JSON.stringify(rest);
  return a !== undefined && b !== undefined && !a.isnull && value(a) === value(b);
}

export function truncate({ relations, behavior }: TruncateStmt, to: AnalysisBuilder): void {
  for (const range of all("RangeVar", relations)) {
    const name = range.inh
      ? to.lockTree(nameOf(range), "ACCESS EXCLUSIVE")
      : to.lock(nameOf(range), "ACCESS EXCLUSIVE");
    to.breaks("truncate", name, `empties ${name}`);
    if (behavior === "DROP_CASCADE") cascade(name, to, new Set([name]));
  }
}

function cascade(name: string, to: AnalysisBuilder, seen: Set<string>): void {
  for (const table of to.schema.referencing(name)) {
    if (seen.has(table)) continue;
    seen.add(table);
    to.lockQualified(table, "ACCESS EXCLUSIVE");
    to.breaks("truncate", table, `empties ${table}, which refers to ${name}`);
    cascade(table, to, seen);
  }
}

export function lockTable({ relations, mode = LOCK_MODES.length }: LockStmt, to: AnalysisBuilder): void {
  // The parser numbers the modes from 1 in this order.
  const wanted = LOCK_MODES[mode - 1] ?? "ACCESS EXCLUSIVE";
  for (const range of all("RangeVar", relations)) {
    const name = range.inh ? to.lockTree(nameOf(range), wanted) : to.lock(nameOf(range), wanted);
    to.lockBehind(name, wanted);
  }
}

export function copy({ relation, query, is_from: from }: CopyStmt, to: AnalysisBuilder): void {
  if (relation) to.lockPartitions(to.qualify(nameOf(relation)), from ? "ROW EXCLUSIVE" : "ACCESS SHARE");
  if (relation) manyRows(to, relation, undefined, from ? "gets the rows of a file" : "is read for a file");
  queries(query, to);
}
