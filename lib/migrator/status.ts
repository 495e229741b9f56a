import type { DatabaseState } from "./database/inspect";
import type { Folder } from "./folder";
import { lateMigrations, type Plan } from "./plan";

/** `baseline`: was there before, and only recorded. `late`: pending below the newest. */
export type MigrationState = "applied" | "baseline" | "pending" | "late";

/** `changed`: its file differs from what was recorded. `missing`: its file is not here. */
export type FileState = "ok" | "changed" | "missing";

export interface MigrationStatus {
  readonly version: number;
  readonly name: string;
  readonly state: MigrationState;
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
  /** What `up` would refuse. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

export function makeStatus(folder: Folder, state: DatabaseState, plan: Plan): Status {
  const late = new Set(lateMigrations(plan));
  const applied = plan.applied.map(({ version, name, row, migration }): MigrationStatus => {
    return {
      version,
      name,
      state: row?.kind ?? "baseline",
      ...(row && { file: !migration ? "missing" : row.checksum === migration.checksum ? "ok" : "changed" }),
      ...(row && { appliedAt: row.appliedAt, appliedBy: row.appliedBy }),
      ...(row?.milliseconds !== null && row?.milliseconds !== undefined && { milliseconds: row.milliseconds }),
    };
  });
  const pending = plan.pending.map((migration): MigrationStatus => {
    const { version, name } = migration;
    return { version, name, state: late.has(migration) ? "late" : "pending" };
  });
  return {
    database: state.database,
    version: plan.current,
    dirty: state.schemaVersion?.dirty ?? false,
    ahead: plan.ahead,
    migrations: [...applied, ...pending].sort((a, b) => a.version - b.version),
    pending: pending.length,
    problems: [...folder.problems, ...plan.problems],
    warnings: plan.warnings,
  };
}
