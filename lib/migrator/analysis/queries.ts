import type { LockingClause, Node, RangeVar, WithClause } from "libpg-query";
import type { AnalysisBuilder } from "./builder";
import type { LockMode } from "./locks";
import { all, nameOf, walk } from "./tree";

export interface QueryOptions {
  /** Whether they run, which calls functions and locks what is behind a view, and are not only understood. @default true */
  readonly run?: boolean;
}

const WRITES = ["InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"];

/** Locks what queries read and write, wherever in a tree they are. */
export function queries(tree: unknown, to: AnalysisBuilder, { run = true }: QueryOptions = {}): void {
  const local = temporaryNames(tree);
  const lock = (range: RangeVar | undefined, mode: LockMode) => {
    if (!range?.relname || isLocal(range, local)) return;
    const name = range.inh ? to.lockTree(nameOf(range), mode) : to.lock(nameOf(range), mode);
    if (run && mode === "ROW EXCLUSIVE") writeThrough(name, to);
    else if (run) to.lockBehind(name, mode);
  };
  for (const range of tablesIn(tree)) lock(range, "ACCESS SHARE");
  walk(tree, (kind, body) => {
    if (WRITES.includes(kind)) lock(body.relation as RangeVar, "ROW EXCLUSIVE");
    if (kind === "SelectStmt" && body.lockingClause) lockRows(body, lock);
    if (kind === "FuncCall" && run) call(body.funcname as Node[], to);
  });
}

/** What queries read, wherever in a tree they are. */
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

/** Who writes to a view that reads one table writes to that. */
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
