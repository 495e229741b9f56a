import { readText } from "../base/text";
import type { DatabaseState } from "../database/inspect";
import type { HistoryRow } from "../database/read-record";
import type { Folder, Migration } from "../files/folder";
import { type Comparison, lateMigrations } from "./comparison";
import { covers, isUnsquashed } from "./disagreements";
import type { Unfinished } from "./unfinished";

/**
 * `baseline`: was there before, and only recorded. `late`: pending below the newest. `half-applied`, `half-reverted`: stopped
 * between its statements; the former is pending still, the latter applied.
 */
export type MigrationState = "applied" | "baseline" | "pending" | "late" | "half-applied" | "half-reverted";

/**
 * `changed`: its file differs from what was recorded. `missing`: its file is not here. `renumbered`: its file has another
 * number now. `squashed`: another file stands for it now. `broken`: its file has a problem of its own.
 */
export type FileState = "ok" | "changed" | "missing" | "renumbered" | "squashed" | "broken";

export interface MigrationStatus {
  readonly version: number;
  /** Empty for what is half applied and has no file here. */
  readonly name: string;
  readonly state: MigrationState;
  /** Progress of a migration that stopped between its statements; `of` is absent if the file cannot be split. */
  readonly statements?: { readonly finished: number; readonly of?: number };
  /** The up file's checksum against the recorded one. Absent where nothing is recorded yet. */
  readonly file?: FileState;
  readonly appliedAt?: Date;
  readonly milliseconds?: number;
  /** The role that logged in to apply it. */
  readonly appliedBy?: string;
}

export interface Status {
  readonly database: string;
  readonly version: number;
  readonly dirty: boolean;
  readonly ahead: boolean;
  /** In order of their versions. */
  readonly migrations: readonly MigrationStatus[];
  readonly pending: number;
  /** Problems for which `up` would refuse. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

export async function makeStatus(folder: Folder, state: DatabaseState, comparison: Comparison): Promise<Status> {
  const rows = await halfDone(folder, comparison, [...appliedRows(folder, comparison), ...pendingRows(comparison)]);
  return {
    database: state.database,
    version: comparison.current,
    dirty: state.schemaVersion?.dirty ?? false,
    ahead: comparison.ahead,
    migrations: rows.sort((a, b) => a.version - b.version),
    pending: comparison.pending.length,
    problems: [...folder.problems, ...comparison.problems, ...comparison.unrecorded],
    warnings: comparison.warnings,
  };
}

function appliedRows(folder: Folder, comparison: Comparison): MigrationStatus[] {
  return comparison.applied.map(({ version, name, row, migration }) => {
    return {
      version,
      name,
      state: row?.kind ?? "baseline",
      ...(row && { file: fileState(row, migration, folder, comparison) }),
      ...(row && { appliedAt: row.appliedAt, appliedBy: row.appliedBy }),
      ...(row?.milliseconds !== null && row?.milliseconds !== undefined && { milliseconds: row.milliseconds }),
    };
  });
}

function fileState(
  row: HistoryRow,
  migration: Migration | undefined,
  { broken, migrations }: Folder,
  comparison: Comparison,
): FileState {
  if (row.checksum === migration?.checksum) return "ok";
  if (broken.has(row.version)) return "broken";
  if (comparison.renumbered.some((each) => each.row === row)) return "renumbered";
  const squash = migrations.find((each) => each.squash && covers(each.squash, row.version));
  if (squash && isUnsquashed(squash, comparison)) return "squashed";
  return migration ? "changed" : "missing";
}

function pendingRows(comparison: Comparison): MigrationStatus[] {
  const late = new Set(lateMigrations(comparison));
  return comparison.pending.map((migration) => {
    const { version, name } = migration;
    return { version, name, state: late.has(migration) ? "late" : "pending" };
  });
}

/** Adds how far a half done migration has come. */
async function halfDone(
  folder: Folder,
  { unfinished }: Comparison,
  rows: MigrationStatus[],
): Promise<MigrationStatus[]> {
  if (!unfinished) return rows;
  const { version, direction, finished } = unfinished;
  const of = await statementsOf(folder, unfinished);
  const known = rows.find((row) => row.version === version) ?? { version, name: "", file: "missing" as const };
  const row = {
    ...known,
    state: direction === "up" ? ("half-applied" as const) : ("half-reverted" as const),
    statements: { finished, ...(of !== undefined && { of }) },
  };
  return [...rows.filter((other) => other.version !== version), row];
}

/** Counts the statements of a file; undefined if it is missing or cannot be split. */
async function statementsOf({ migrations }: Folder, { version, direction }: Unfinished): Promise<number | undefined> {
  const file = migrations.find((migration) => migration.version === version)?.files[direction];
  const text = file === undefined ? undefined : readText(file, []);
  if (file === undefined || text === undefined) return undefined;
  const { splitSteps } = require("../sql/steps") as typeof import("../sql/steps");
  return (await splitSteps(file, text, [])).length || undefined;
}
