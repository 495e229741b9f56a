import type { Contents } from "./contents";
import type { TableContents } from "./plan";

/** A table that is not the same in two databases. */
export interface Difference {
  readonly table: string;
  /** Rows in the first database; undefined if it lacks the table. */
  readonly first: number | undefined;
  readonly second: number | undefined;
}

/** Tables whose rows differ, by count or by hash. */
export function differences(first: readonly TableContents[], second: readonly TableContents[]): readonly Difference[] {
  const [one, other] = [first, second].map((tables) => new Map(tables.map((table) => [table.name, table])));
  const names = [...new Set([...first, ...second].map(({ name }) => name))].sort();
  return names
    .map((table) => ({ table, one: one?.get(table), other: other?.get(table) }))
    .filter(({ one, other }) => one?.rows !== other?.rows || one?.hash !== other?.hash)
    .map(({ table, one, other }) => ({ table, first: one?.rows, second: other?.rows }));
}

/** One line each, e.g. `"public.users: 3 rows instead of 2"`. */
export function describeDifferences(found: readonly Difference[]): string {
  return found.map(({ table, first, second }) => `  ${table}: ${told(first)} instead of ${told(second)}`).join("\n");
}

const told = (rows: number | undefined) => (rows === undefined ? "no such table" : `${rows} rows`);

/** Compares the live database with a restored one, table by table, and says what replacing it would lose. */
export function describeLosses(live: Contents, restored: Contents): string {
  const found = differences(live.tables, restored.tables);
  if (found.length === 0) return "Nothing would be lost: the live database has exactly the rows of the backup.";
  const header = ["table", "live rows", "newest", "in the backup", "newest", "would be lost"];
  const rows = found.map(({ table, first, second }) => [
    table,
    told(first),
    live.newest[table] ?? "",
    told(second),
    restored.newest[table] ?? "",
    lossOf(first, second),
  ]);
  const same = live.tables.length - found.filter(({ first }) => first !== undefined).length;
  return [...aligned([header, ...rows]), `  ${same} other tables are the same. Times are UTC.`].join("\n");
}

/** Counts cannot tell a changed row from a replaced one, so a table without fewer rows may have lost some, too. */
function lossOf(live: number | undefined, restored: number | undefined): string {
  if (live === undefined) return "nothing; it comes back";
  if (restored === undefined) return live === 0 ? "the empty table" : `the table, ${live} rows`;
  if (live > restored) return `${live - restored} rows, and changes`;
  return live < restored ? `changes; ${restored - live} rows come back` : "changes in rows";
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) => `  ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd());
}
