import type { Colors } from "picocolors/types";
import type { Proof } from "./verify";

/** Renders the answer to a verification command as psql does. */
export function renderFinding({ command, rows }: Proof, colours: Colors): string {
  const table = rows.length === 0 ? "" : `${renderTable(rows)}\n`;
  return `${colours.bold(colours.cyan(command))}\n${table}(${rows.length} ${rows.length === 1 ? "row" : "rows"})\n`;
}

function renderTable(rows: Proof["rows"]): string {
  const names = Object.keys(rows[0] ?? {});
  const cells = rows.map((row) => names.map((name) => renderValue(row[name])));
  const widths = names.map((name, column) => Math.max(name.length, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (values: readonly string[]) =>
    ` ${values.map((v, i) => v.padEnd(widths[i] ?? 0)).join(" | ")}`.trimEnd();
  return [line(names), widths.map((width) => "-".repeat(width + 2)).join("+"), ...cells.map(line)].join("\n");
}

function renderValue(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "t" : "f";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
