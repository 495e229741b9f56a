import type { LockingClause, Node, RangeVar, WithClause } from "libpg-query";
import { all, nameOf, walk } from "../sql/tree";
import type { AnalysisBuilder } from "./builder";
import type { LockMode } from "./locks";

export interface QueryOptions {
  /**
   * Whether the queries run, and so call functions and lock tables behind views; otherwise they are only parsed.
   * @default true
   */
  readonly run?: boolean;
}

const WRITES = ["InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"];

/** Locks everything that queries read and write, anywhere in a tree. */
export function queries(tree: unknown, to: AnalysisBuilder, { run = true }: QueryOptions = {}): void {
  const local = temporaryNames(tree);
  const lock = (range: RangeVar | undefined, mode: LockMode) => {
    if (!range?.relname || isLocal(range, local)) return;
    const name = range.inh && run ? to.lockTree(nameOf(range), mode) : to.lock(nameOf(range), mode);
    if (run && mode === "ROW EXCLUSIVE") writeThrough(name, to);
    else if (run) to.lockBehind(name, mode);
  };
  for (const range of tablesIn(tree)) lock(range, "ACCESS SHARE");
  walk(tree, (kind, body) => {
    if (kind === "InsertStmt") insertInto(body.relation as RangeVar, to, run);
    else if (WRITES.includes(kind)) lock(body.relation as RangeVar, "ROW EXCLUSIVE");
    if (kind === "SelectStmt" && body.lockingClause) lockRows(body, lock);
    if (kind === "FuncCall" && run) call(body.funcname as Node[], to);
  });
}

/** New rows go into partitions, and never into children by inheritance. */
function insertInto(range: RangeVar, to: AnalysisBuilder, run: boolean): void {
  const name = to.lock(nameOf(range), "ROW EXCLUSIVE");
  if (!run) return;
  to.lockPartitions(name, "ROW EXCLUSIVE");
  writeThrough(name, to);
}

/** Tables that queries read, anywhere in a tree. */
export function tablesIn(tree: unknown): RangeVar[] {
  const local = temporaryNames(tree);
  const aliases = lockedNames(tree);
  const found: RangeVar[] = [];
  walk(tree, (kind, body) => {
    if (kind === "RangeVar" && !aliases.has(body) && !isLocal(body as RangeVar, local)) found.push(body as RangeVar);
  });
  return found;
}

function isLocal({ schemaname, relname = "" }: RangeVar, local: ReadonlySet<string>): boolean {
  return schemaname === undefined && local.has(relname);
}

/** Writing to a view of one table writes to that table. */
function writeThrough(name: string, to: AnalysisBuilder): void {
  const { kind, redirected, reads = [] } = to.schema.get(name) ?? {};
  if (kind !== "view") return;
  const [only, ...others] = reads;
  if (only !== undefined && others.length === 0 && !redirected) {
    for (const each of to.schema.tree(only)) to.lockQualified(each, "ROW EXCLUSIVE");
    writeThrough(only, to);
    return;
  }
  to.lockBehind(name, "ACCESS SHARE");
  const what = redirected ? "what rules or triggers make of that" : "which of the tables behind it that is";
  to.unknown(`writes to the view ${name}, and ${what}`);
}

/** FOR UPDATE OF takes names that FROM has given. */
function lockedNames(tree: unknown): Set<unknown> {
  const found = new Set<unknown>();
  walk(tree, (kind, body) => {
    if (kind === "LockingClause") for (const each of all("RangeVar", body.lockedRels as Node[])) found.add(each);
  });
  return found;
}

/** FOR UPDATE and the like, for named tables or all. */
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

/** Names that WITH defines, which are no relations. */
function temporaryNames(tree: unknown): Set<string> {
  const names = new Set<string>();
  walk(tree, (kind, body) => {
    if (kind === "CommonTableExpr") names.add((body as { ctename?: string }).ctename ?? "");
    for (const { ctename } of all("CommonTableExpr", (body.withClause as WithClause | undefined)?.ctes))
      names.add(ctename ?? "");
  });
  return names;
}

/** None of PostgreSQL's own functions locks a table that matters here; other functions cannot be seen through. */
function call(funcname: readonly Node[], to: AnalysisBuilder): void {
  const names = all("String", funcname).map(({ sval }) => sval ?? "");
  const name = names.at(-1) ?? "";
  if (to.schema.isOwnFunction(name)) to.unknown(`calls ${name}(), and what that does cannot be known`);
}
