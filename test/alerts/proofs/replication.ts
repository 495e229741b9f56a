import { fault } from "../fault";
import { always } from "../healthy";
import type { Proof } from "../proof";

const ARCHIVE = ["PostgresWalNotArchived warning", "PostgresWalNotArchived critical"];

/** Archives one file a minute until the tenth, then none for half an hour. */
const STUCK = { walArchived: "0+1x10 10+0x30 11+1x200", walReady: "0+0x10 1+1x30 0+0x200" };

export const REPLICATION: Readonly<Record<string, Proof>> = {
  "PostgresWalNotArchived warning": {
    fires: { with: STUCK, at: { "15m": [], "19m": ["PostgresWalNotArchived warning"] } },
    // Nothing to archive for half an hour, and then a file that waits for a moment.
    silent: {
      with: { walArchived: "10+0x31 11+0x40", walReady: "0+0x29 1+0x1 0+0x40" },
      at: { "10m": [], "30m": [], "31m": [], "60m": [] },
    },
    resolves: { with: STUCK, at: { "40m": ARCHIVE, "43m": [] } },
  },
  "PostgresWalNotArchived critical": {
    fires: { with: STUCK, at: { "26m": ["PostgresWalNotArchived warning"], "29m": ARCHIVE } },
    silent: { with: { walReady: always(20) }, at: { "10m": [], "60m": [] } },
    resolves: { with: STUCK, at: { "40m": ARCHIVE, "43m": [] } },
  },
  "PostgresReplicationLag warning": fault({
    alert: "PostgresReplicationLag warning",
    minutes: 1,
    values: { lag: 61 },
    near: { lag: always(60) },
  }),
  "PostgresInstancesMissing warning": fault({
    alert: "PostgresInstancesMissing warning",
    minutes: 5,
    values: { streaming: 1 },
    // A replica restarts.
    near: { streaming: "2+0x5 1+0x3 2+0x100" },
  }),
  "PostgresInstanceMetricsMissing warning": fault({
    alert: "PostgresInstanceMetricsMissing warning",
    // Ten, and the five for which an absent series is still found.
    minutes: 15,
    values: { primary: undefined, replica: undefined },
    // Instances that are down have another alert.
    near: {
      ...{ pgUp: always(0), databaseReady: always(0), primaryReady: always(0), replicaReady: always(0) },
      ...{ primary: undefined, replica: undefined, baseBackup: undefined, baseBackupOfReplica: undefined },
    },
    nearAlerts: ["PostgresDown critical"],
  }),
  "BaseBackupTooOld warning": {
    // Made by an instance that was the primary then.
    fires: {
      every: "1h",
      with: { baseBackup: always(0), baseBackupOfReplica: "3600+0x400" },
      at: { "27h": [], "30h": ["BaseBackupTooOld warning"] },
    },
    // A new cluster has none while it makes its first one.
    silent: { with: { baseBackup: "0+0x55 3300+60x200" }, at: { "30m": [], "55m": [], "70m": [] } },
    resolves: {
      every: "1h",
      with: { baseBackup: `0+0x40 ${40 * 3600}+0x20` },
      at: { "39h": ["BaseBackupTooOld warning"], "43h": [] },
    },
  },
};
