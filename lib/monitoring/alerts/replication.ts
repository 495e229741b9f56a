import { type AlertGroup, expression, selector, type Watched } from "../alert";

export interface Replicated extends Watched {
  /** Hours after which the newest base backup is too old. */
  readonly baseBackupHours: number;
  /** Instances of the CloudNativePG cluster, the primary among them. */
  readonly instances: number;
}

/** Alerts of a stage whose database is a CloudNativePG cluster, on the metrics of its own pods. */
export function replication(replicated: Replicated): AlertGroup {
  const of = selector(replicated);
  const primary = `on (namespace, pod) (${of("cnpg_postgres_instance_in_recovery")} == 0)`;
  const lastBaseBackup = of("barman_cloud_cloudnative_pg_io_last_available_backup_timestamp");
  const archive = {
    name: "PostgresWalNotArchived",
    // Just ended, a file waits for a moment, and an idle server ends none for minutes. So it has to wait for longer than that.
    expr: expression(`
      max by (namespace) (${of("cnpg_collector_pg_wal_archive_status", 'value="ready"')} and ${primary}) > 0
      and on (namespace) max by (namespace) (
        increase(${of("cnpg_postgres_instance_archived_files")}[3m]) and ${primary}
      ) == 0`),
    summary: "The write-ahead log is not archived.",
    description:
      "{{ $value }} files wait, and none was archived. A restore can go no further than the last one that was.",
  };
  return {
    name: "replication",
    alerts: [
      { ...archive, severity: "warning", for: "5m" },
      { ...archive, severity: "critical", for: "15m" },
      {
        name: "PostgresReplicationLag",
        severity: "warning",
        expr: `max by (namespace, pod) (${of("cnpg_postgres_instance_lag_seconds")}) > 60`,
        for: "1m",
        summary: "A replica is behind.",
        description: "{{ $labels.pod }} is {{ $value | humanizeDuration }} behind the primary.",
      },
      {
        name: "PostgresInstancesMissing",
        severity: "warning",
        expr: expression(`
          max by (namespace) (${of("cnpg_postgres_instance_streaming_replicas")} and ${primary}) < ${replicated.instances - 1}`),
        for: "5m",
        summary: "A replica is missing.",
        description:
          "{{ $value }} replicas follow the primary. With one fewer, writes may wait or a failover lose its choice.",
      },
      {
        name: "PostgresInstanceMetricsMissing",
        severity: "warning",
        // Instances that are down tell nothing, and have an alert of their own.
        expr: expression(`
          (absent(${of("cnpg_postgres_instance_in_recovery")}) or absent(${lastBaseBackup}))
          unless on (namespace) (max by (namespace) (${of("pg_up")}) == 0)`),
        for: "10m",
        summary: "Some metrics of the instances are missing.",
        description:
          "Prometheus scrapes no instance, or the plugin tells nothing. No alert on replicas, archive or base backups can fire.",
      },
      {
        name: "BaseBackupTooOld",
        severity: "warning",
        expr: `time() - max by (namespace) (${lastBaseBackup}) > ${replicated.baseBackupHours * 3600}`,
        // The first one of a new cluster takes its time.
        for: "1h",
        summary: "There is no recent base backup in the archive.",
        description:
          "The last one ended {{ $value | humanizeDuration }} ago. A recovery replays all of the log since then, which takes longer each day.",
      },
    ],
  };
}
