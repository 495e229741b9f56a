import type { AlterTableType } from "libpg-query";
import type { LockMode } from "./locks";

/**
 * Forms of ALTER TABLE with a lock below ACCESS EXCLUSIVE (AlterTableGetLockLevel in PostgreSQL 16's tablecmds.c). All
 * others take ACCESS EXCLUSIVE.
 */
const LEVELS: Partial<Record<AlterTableType, LockMode>> = {
  AT_SetStatistics: "SHARE UPDATE EXCLUSIVE",
  AT_SetOptions: "SHARE UPDATE EXCLUSIVE",
  AT_ResetOptions: "SHARE UPDATE EXCLUSIVE",
  AT_ClusterOn: "SHARE UPDATE EXCLUSIVE",
  AT_DropCluster: "SHARE UPDATE EXCLUSIVE",
  AT_ValidateConstraint: "SHARE UPDATE EXCLUSIVE",
  AT_AttachPartition: "SHARE UPDATE EXCLUSIVE",
  AT_DetachPartitionFinalize: "SHARE UPDATE EXCLUSIVE",
  AT_EnableTrig: "SHARE ROW EXCLUSIVE",
  AT_EnableAlwaysTrig: "SHARE ROW EXCLUSIVE",
  AT_EnableReplicaTrig: "SHARE ROW EXCLUSIVE",
  AT_EnableTrigAll: "SHARE ROW EXCLUSIVE",
  AT_EnableTrigUser: "SHARE ROW EXCLUSIVE",
  AT_DisableTrig: "SHARE ROW EXCLUSIVE",
  AT_DisableTrigAll: "SHARE ROW EXCLUSIVE",
  AT_DisableTrigUser: "SHARE ROW EXCLUSIVE",
};

/** Storage parameters that take only SHARE UPDATE EXCLUSIVE (reloptions.c). */
const GENTLE_OPTIONS =
  /^(fillfactor|autovacuum_\w+|log_autovacuum_min_duration|toast_tuple_target|parallel_workers|vacuum_index_cleanup|vacuum_truncate|deduplicate_items|n_distinct|n_distinct_inherited)$/;

export function alterLevel(subtype: AlterTableType | undefined): LockMode {
  return (subtype && LEVELS[subtype]) ?? "ACCESS EXCLUSIVE";
}

/** The lock for setting or resetting these storage parameters. */
export function optionsLevel(options: readonly string[]): LockMode {
  return options.every((option) => GENTLE_OPTIONS.test(option)) ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE";
}
