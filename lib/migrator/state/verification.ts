import type { ClientConfig } from "pg";
import { count } from "../base/events";
import type { Ignore, Ignored } from "../catalogue/ignore";
import { tableSql } from "../database/found-table";
import type { DatabaseState } from "../database/inspect";
import type { Folder } from "../files/folder";
import type { Comparison } from "./comparison";

/** Differences between a database and a fresh one that the same files brought to the same version. */
export interface Drift {
  readonly checked: boolean;
  /** Why it was not checked, and what to do. */
  readonly reason?: string;
  /** `+ column users.nick text` is only in this database, `- …` is missing in it, `~ … fresh → here` differs. */
  readonly differences: readonly string[];
  /** The patterns of `ignore`, each with the differences that it put aside. */
  readonly ignored: readonly Ignored[];
  /** Patterns of `ignore` that name nothing, neither in this database nor in a fresh one. */
  readonly useless: readonly string[];
}

export interface Verification {
  readonly database: string;
  readonly version: number;
  /** How many applied migrations were compared with their files. */
  readonly compared: number;
  readonly pending: number;
  /** Everything that is not as it should be; empty when all is well. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** Absent unless it was asked for. */
  readonly drift?: Drift;
}

export interface VerifyOptions {
  /** Also compare the database with a fresh one that the same files bring to the same version. @default false */
  readonly drift?: boolean;
  /** An empty database for that, emptied again afterwards. @default one that is created on the same server and dropped */
  readonly scratch?: ClientConfig;
  /**
   * Objects that are no drift, e.g. partitions made at run time or an operator's publications.
   * @default none
   */
  readonly ignore?: readonly Ignore[];
}

/** Compares files with checksums, and the history with golang-migrate's table. */
export function verifyComparison(folder: Folder, state: DatabaseState, comparison: Comparison): Verification {
  const { adopt, revert } = comparison.reconciliation;
  const disagreements =
    adopt.length + revert.length === 0
      ? []
      : [
          `The history and ${tableSql(state.record)} disagree: ${count(adopt.length, "version")} to record, ${revert.length} to mark as reverted. The next \`migrate up\` does that.`,
        ];
  return {
    database: state.database,
    version: comparison.current,
    compared: comparison.applied.filter(({ row, migration }) => row && migration).length,
    pending: comparison.pending.length,
    problems: [...folder.problems, ...comparison.problems, ...comparison.unrecorded, ...disagreements],
    warnings: comparison.warnings,
  };
}
