import type { TableContents } from "../backup/contents";
import type { DatedContents } from "./contents";

/** Compares the live database with a restored one, table by table, and says what replacing it would lose. */
export function describeLosses(live: DatedContents, restored: DatedContents): string {
  const found = pairs(live.tables, restored.tables).filter(
    ({ first, second }) => first?.rows !== second?.rows || first?.hash !== second?.hash,
  );
  if (found.length === 0) return "  Nothing would be lost: the live database has exactly the rows of the backup.";
  const header = ["table", "live rows", "newest", "in the backup", "newest", "would be lost"];
  const rows = found.map(({ table, first, second }) => [
    table,
    told(first?.rows),
    live.newest[table] ?? "",
    told(second?.rows),
    restored.newest[table] ?? "",
    lossOf(first?.rows, second?.rows),
  ]);
  const same = live.tables.length - found.filter(({ first }) => first !== undefined).length;
  return [...aligned([header, ...rows]), `  ${same} other tables are the same. Times are UTC.`].join("\n");
}

/** Counts cannot tell a changed row from a replaced one, so a table without fewer rows may have lost some, too. */
function lossOf(live: number | undefined, restored: number | undefined): string {
  if (live === undefined) return "nothing; it comes back";
  if (restored === undefined) return live === 0 ? "the empty table" : `the table, ${live} rows`;
  if (live > restored) return `at least ${live - restored} rows`;
  return live < restored ? `changes; ${restored - live} rows come back` : "changes in rows";
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) => `  ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd());
}

interface Pair {
  readonly table: string;
  readonly first: TableContents | undefined;
  readonly second: TableContents | undefined;
}

/** Every table of either database, with its contents in both. */
function pairs(first: readonly TableContents[], second: readonly TableContents[]): readonly Pair[] {
  const [one, other] = [byName(first), byName(second)];
  const names = [...new Set([...one.keys(), ...other.keys()])].sort();
  return names.map((table) => ({ table, first: one.get(table), second: other.get(table) }));
}

const byName = (tables: readonly TableContents[]) => new Map(tables.map((table) => [table.name, table]));

const told = (rows: number | undefined) => (rows === undefined ? "no table" : String(rows));
