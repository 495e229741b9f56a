import { type AlertGroup, expression, selector, type Watched } from "../alert";

/** Numbers at which the server stops to give out new ones. */
const MOST_IDS = 2 ** 31;

/** The data, the schema, and what wears out slowly. */
export function integrity(watched: Watched): AlertGroup {
  const of = selector(watched);
  const down = `max by (namespace) (${of("pg_up")}) == 0`;
  const ids = (kind: string, metric: string) => {
    const common = {
      name: `Postgres${kind}Age`,
      summary: `The database is running out of ${kind}s.`,
      description:
        "{{ $value | humanizePercentage }} are used up. At the end the server takes no more writes. Vacuum frees them.",
    };
    const used = `max by (namespace) (${of(metric)}) / ${MOST_IDS}`;
    return [
      { ...common, severity: "warning", expr: `${used} > 0.5` },
      { ...common, severity: "critical", expr: `${used} > 0.75` },
    ] as const;
  };
  return {
    name: "integrity",
    alerts: [
      ...ids("TransactionId", "pg_health_xid_age"),
      ...ids("MultiXact", "pg_health_mxid_age"),
      {
        name: "PostgresChecksumFailure",
        severity: "critical",
        expr: `max by (namespace) (${of("pg_health_checksum_failures")}) > 0`,
        summary: "The database has read a damaged page.",
        description:
          "{{ $value }} pages did not match their checksums. Their rows cannot be read, and backups may fail.",
      },
      {
        name: "PostgresInvalidIndex",
        severity: "warning",
        expr: `max by (namespace) (${of("pg_health_invalid_indexes")}) > 0`,
        for: "1h",
        summary: "An index is invalid.",
        description: "{{ $value }} indexes are kept up to date and used by no query: building them has failed.",
      },
      {
        name: "PostgresPendingRestart",
        severity: "warning",
        expr: `max by (namespace) (${of("pg_health_pending_restart")}) > 0`,
        for: "1h",
        summary: "Settings wait for a restart.",
        description: "{{ $value }} settings differ from the server's configuration until it restarts.",
      },
      {
        name: "PostgresSequenceUsed",
        severity: "warning",
        expr: `max by (namespace) (${of("pg_health_sequence_used")}) > 0.75`,
        summary: "A sequence is running out of numbers.",
        description:
          "{{ $value | humanizePercentage }} of it are used up. At its end, every insert into its table fails.",
      },
      {
        name: "AuditDefaultPartitionNotEmpty",
        severity: "warning",
        expr: `max by (namespace) (${of("pg_health_audit_in_default")}) > 0`,
        for: "5m",
        summary: "The audit log has entries whose month has no partition.",
        description:
          "They are in audit.logs_default. Nothing is lost, but they are not dropped with their month, and readers get slower.",
      },
      {
        name: "AuditPartitionsMissing",
        severity: "warning",
        expr: `min by (namespace) (${of("pg_health_audit_months_ahead")}) < 2`,
        for: "5m",
        summary: "The audit log is running out of partitions.",
        description:
          "{{ $value }} months after this one have a partition, and below 0 not even this one. Later entries go to audit.logs_default.",
      },
      {
        name: "SchemaDirty",
        severity: "critical",
        expr: `max by (namespace) (${of("data_svc_schema_dirty")}) > 0`,
        summary: "A migration has stopped half-way.",
        description: "The table schema_migrations says dirty. No migration runs before somebody has looked at it.",
      },
      {
        name: "SchemaBelowRequired",
        severity: "warning",
        // A pod that has not seen a version yet has no such metric.
        expr: expression(`
          count by (namespace) (
            ${of("data_svc_schema_version_required")}
            unless on (namespace, pod) (
              ${of("data_svc_schema_version")} >= on (namespace, pod) ${of("data_svc_schema_version_required")}
            )
          )
          unless on (namespace) (${down})`),
        for: "10m",
        summary: "data-svc waits for a migration.",
        description: "{{ $value }} pods of data-svc need a newer schema than the database has, and are not ready.",
      },
      {
        name: "DataServiceNoUsableModel",
        severity: "critical",
        // A pod that has not asked for the model yet has no such metric.
        expr: `min by (namespace) (${of("data_svc_active_model_usable")}) == 0`,
        summary: "data-svc takes no assessments.",
        description:
          "No model version is active, or its row is not understood. New assessments get 503 no-usable-model, and a pod that starts does not get ready.",
      },
    ],
  };
}
