import type { CopyStmt, DeleteStmt, LockStmt, TruncateStmt, UpdateStmt } from "libpg-query";
import type { AnalysisBuilder } from "./builder";
import { LOCK_MODES } from "./locks";
import { queries } from "./queries";
import { all, nameOf } from "./tree";

/** UPDATE or DELETE; without WHERE it holds a lock on every row until the transaction ends. */
export function writeRows(
  kind: "UpdateStmt" | "DeleteStmt",
  statement: UpdateStmt | DeleteStmt,
  to: AnalysisBuilder,
): void {
  to.kind = kind === "UpdateStmt" ? "UPDATE" : "DELETE";
  queries({ [kind]: statement }, to);
  const table = to.qualify(nameOf(statement.relation));
  if (statement.whereClause === undefined)
    to.work(table, "scan", "write-all-rows", `${to.kind === "UPDATE" ? "writes" : "deletes"} every row`);
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
  // The parser numbers them from 1 in the same order.
  const wanted = LOCK_MODES[mode - 1] ?? "ACCESS EXCLUSIVE";
  for (const range of all("RangeVar", relations)) {
    if (range.inh) to.lockTree(nameOf(range), wanted);
    else to.lock(nameOf(range), wanted);
  }
}

export function copy({ relation, query, is_from: from }: CopyStmt, to: AnalysisBuilder): void {
  if (relation) to.lockTree(nameOf(relation), from ? "ROW EXCLUSIVE" : "ACCESS SHARE");
  queries(query, to);
}
