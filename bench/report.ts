import * as os from "node:os";
import type { Measured } from "./interleave";
import { median, ratio } from "./statistics";

/** Describes the machine: processor, load, system, Node. */
export function machine(): string {
  const cpus = os.cpus();
  const load = os.loadavg()[0]?.toFixed(1);
  return `${cpus[0]?.model ?? "unknown processor"}, ${cpus.length} cores, load ${load}, ${os.type()} ${os.arch()}, Node ${process.version}`;
}

/** Aligns text in columns, the first to the left and the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const cell = (text: string, column: number) =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  return rows.map((row) => `  ${row.map(cell).join("  ")}`.trimEnd()).join("\n");
}

/** Writes rows as a table of Markdown, for a page of docs/. The first row has the heads. */
export function markdown([heads = [], ...rows]: readonly (readonly string[])[]): string {
  return [heads, heads.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** Tabulates median, best and ratio of each contender. `more` adds the caller's columns. */
export function times(
  measured: readonly Measured[],
  reference: string,
  more: { readonly heads: readonly string[]; row(name: string): readonly string[] } = { heads: [], row: () => [] },
): string {
  const base = measured.find(({ name }) => name === reference)?.times;
  const heads = ["", "median ms", "min ms", ...(base ? [`× ${reference}`] : []), ...more.heads];
  const rows = measured.map(({ name, times }) => [
    name,
    median(times).toFixed(0),
    Math.min(...times).toFixed(0),
    ...(base ? [ratio(times, base).toFixed(2)] : []),
    ...more.row(name),
  ]);
  return table([heads, ...rows]);
}

export interface Target {
  readonly ours: string;
  readonly theirs: string;
  /** Largest ratio that meets the target. */
  readonly atMost: number;
}

/** Writes one line about a target; undefined if one of its two sides was not measured. */
export function verdict(measured: readonly Measured[], { ours, theirs, atMost }: Target): string | undefined {
  const find = (wanted: string) => measured.find(({ name }) => name === wanted)?.times;
  const [mine, other] = [find(ours), find(theirs)];
  if (!mine || !other) return undefined;
  const reached = ratio(mine, other);
  return `  ${ours} takes ${reached.toFixed(2)} of ${theirs}'s time; wanted at most ${atMost}: ${reached <= atMost ? "reached" : "MISSED"}`;
}
