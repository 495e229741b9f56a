import type { LockingClause, Node, RangeVar, WithClause } from "libpg-query";
import type { AnalysisBuilder } from "./builder";
import type { LockMode } from "./locks";
import { all, nameOf, walk } from "./tree";

export interface QueryOptions {
  /** Whether functions are called, not only named. @default true */
  readonly functions?: boolean;
}

const WRITES = ["InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"];

/** Locks what queries read and write, wherever in a tree they are. */
export function queries(tree: unknown, to: AnalysisBuilder, { functions = true }: QueryOptions = {}): void {
  const local = temporaryNames(tree);
  const lock = (range: RangeVar | undefined, mode: LockMode) => {
    if (!range?.relname || (range.schemaname === undefined && local.has(range.relname))) return;
    if (range.inh) to.lockTree(nameOf(range), mode);
    else to.lock(nameOf(range), mode);
  };
  const aliases = lockedNames(tree);
  walk(tree, (kind, body) => {
    if (kind === "RangeVar" && !aliases.has(body)) lock(body as RangeVar, "ACCESS SHARE");
    if (WRITES.includes(kind)) lock(body.relation as RangeVar, "ROW EXCLUSIVE");
    if (kind === "SelectStmt" && body.lockingClause) lockRows(body, lock);
    if (kind === "FuncCall" && functions) call(body.funcname as Node[], to);
  });
}

/** FOR UPDATE OF names what FROM calls a table, as if that were a table. */
function lockedNames(tree: unknown): Set<unknown> {
  const found = new Set<unknown>();
  walk(tree, (kind, body) => {
    if (kind === "LockingClause") for (const each of all("RangeVar", body.lockedRels as Node[])) found.add(each);
  });
  return found;
}

/** FOR UPDATE and its likes, of the tables that they name or of all. */
function lockRows(select: Readonly<Record<string, unknown>>, lock: (range: RangeVar, mode: LockMode) => void): void {
  for (const { lockedRels } of all("LockingClause", select.lockingClause as Node[]) as LockingClause[]) {
    const named = new Set(all("RangeVar", lockedRels).map(({ relname }) => relname));
    walk(select.fromClause, (kind, body) => {
      if (kind !== "RangeVar") return;
      const range = body as RangeVar;
      if (named.size === 0 || named.has(range.alias?.aliasname ?? range.relname)) lock(range, "ROW SHARE");
    });
  }
}

/** Names that WITH gives to queries: no relations. */
function temporaryNames(tree: unknown): Set<string> {
  const names = new Set<string>();
  walk(tree, (kind, body) => {
    if (kind === "CommonTableExpr") names.add((body as { ctename?: string }).ctename ?? "");
    for (const { ctename } of all("CommonTableExpr", (body.withClause as WithClause | undefined)?.ctes))
      names.add(ctename ?? "");
  });
  return names;
}

/** Of PostgreSQL's own functions none locks a table that matters here; what others do no parse tree shows. */
function call(funcname: readonly Node[], to: AnalysisBuilder): void {
  const names = all("String", funcname).map(({ sval }) => sval ?? "");
  const name = names.at(-1) ?? "";
  if (to.schema.isOwnFunction(name)) to.unknown(`calls ${name}(), and what that does cannot be known`);
}
