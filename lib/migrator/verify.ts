import type { ClientConfig } from "pg";
import type { DatabaseState } from "./database/inspect";
import { count } from "./events";
import type { Folder } from "./folder";
import type { Plan } from "./plan";
import type { Drift } from "./scratch/drift";

export interface Verification {
  readonly database: string;
  readonly version: number;
  /** How many applied migrations were compared with their files. */
  readonly compared: number;
  readonly pending: number;
  /** Everything that is not as it should be; empty when all is well. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** Absent where it was not asked for. */
  readonly drift?: Drift;
}

export interface VerifyOptions {
  /** Also compare the database with a fresh one that the same files bring to the same version. @default false */
  readonly drift?: boolean;
  /** An empty database for that, emptied again afterwards. @default one that is created on the same server and dropped */
  readonly scratch?: ClientConfig;
}

/** Files against checksums, history against golang-migrate's table. */
export function verifyPlan(folder: Folder, state: DatabaseState, plan: Plan): Verification {
  const { adopt, revert } = plan.reconciliation;
  const disagreements =
    adopt.length + revert.length === 0
      ? []
      : [
          `The history and public.schema_migrations disagree: ${count(adopt.length, "version")} to record, ${revert.length} to mark as reverted. The next \`migrate up\` does that.`,
        ];
  return {
    database: state.database,
    version: plan.current,
    compared: plan.applied.filter(({ row, migration }) => row && migration).length,
    pending: plan.pending.length,
    problems: [...folder.problems, ...plan.problems, ...disagreements],
    warnings: plan.warnings,
  };
}
