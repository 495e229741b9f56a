import type { Listed, Manifest } from "../../backup";
import { ageOf, sizeOf } from "../../common/amounts";

/** A backup with its manifest, which the remains of a dead run lack. */
export interface Shown extends Listed {
  readonly manifest?: Manifest;
}

/** A table of backups, newest first. */
export function backupTable(backups: readonly Shown[], now: Date): string {
  if (backups.length === 0) return "There is no backup.";
  const header = ["backup", "age", "size", "rows", "schema", "last drill"];
  const rows = backups.map((backup) => [
    backup.id,
    backup.manifest ? ageOf(Date.parse(backup.manifest.databaseTime), now) : "",
    backup.bytes === undefined ? "" : sizeOf(backup.bytes),
    backup.manifest ? String(rowsOf(backup.manifest)) : "",
    String(backup.manifest?.schema.version ?? ""),
    stateOf(backup),
  ]);
  const widths = header.map((title, column) =>
    Math.max(...[header, ...rows].map((row) => (row[column] ?? title).length)),
  );
  return [header, ...rows]
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

const stateOf = ({ committed, drill }: Shown) => {
  if (!committed) return "no backup: under way, or its run died";
  return drill ? `${drill.result} ${drill.at}` : "none";
};

const rowsOf = ({ tables }: Manifest): number => tables.reduce((sum, { rows }) => sum + rows, 0);

/** JSON of the same, for programs. */
export const backupJson = (backups: readonly Shown[]): string =>
  JSON.stringify(
    backups.map(({ manifest, ...backup }) => ({
      ...backup,
      ...(manifest && {
        databaseTime: manifest.databaseTime,
        rows: rowsOf(manifest),
        schemaVersion: manifest.schema.version,
      }),
    })),
    undefined,
    2,
  );
