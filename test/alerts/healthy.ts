import { SCHEMA_VERSION } from "../../lib/contract";
import { NAMESPACE } from "./stage";

/** Values of a series in promtool's notation, or a function that makes `count` of them with `step` seconds between two. */
export type Values = string | ((step: number, count: number) => string);

/** The same value all the time. */
export const always =
  (value: number): Values =>
  (_step, count) =>
    `${value}+0x${count}`;

/** A counter that grows by `perSecond`. */
export const growing =
  (perSecond: number, from = 0): Values =>
  (step, count) =>
    `${from}+${perSecond * step}x${count}`;

/** A series of the stage's namespace, or of another one that the labels name. */
const series = (metric: string, labels: Readonly<Record<string, string>> = {}) =>
  `${metric}{${Object.entries({ namespace: NAMESPACE, ...labels })
    .map(([name, value]) => `${name}="${value}"`)
    .join(",")}}`;

const POD = { pod: "data-svc-1" };
const CLAIM = { persistentvolumeclaim: "data-postgres-0" };
const SERVED = { route: "/internal/assessments", method: "POST" };
const DRILL = { namespace: `${NAMESPACE}-drill`, cronjob: "postgres-drill" };
const PRIMARY = { pod: "postgres-1" };
const REPLICA = { pod: "postgres-2" };

/** Every series that an alert reads, by a short name. */
export const SERIES = {
  exporterUp: series("up", { job: "postgres-exporter" }),
  serviceUp: series("up", { job: "data-svc", ...POD }),
  databaseReady: series("kube_pod_status_ready", { pod: "postgres-0", condition: "true" }),
  primaryReady: series("kube_pod_status_ready", { ...PRIMARY, condition: "true" }),
  replicaReady: series("kube_pod_status_ready", { ...REPLICA, condition: "true" }),
  servicePods: series("kube_deployment_spec_replicas", { deployment: "data-svc" }),
  serviceReady: series("kube_deployment_status_replicas_ready", { deployment: "data-svc" }),
  pgUp: series("pg_up"),
  scrapeError: series("pg_exporter_last_scrape_error"),
  queriesError: series("pg_exporter_user_queries_load_error", { filename: "queries.yaml" }),
  collector: series("pg_scrape_collector_success", { collector: "wal" }),
  maxConnections: series("pg_settings_max_connections"),
  reserved: series("pg_settings_superuser_reserved_connections"),
  connections: series("pg_sessions_connections", { usename: "data_svc" }),
  otherConnections: series("pg_sessions_connections", { usename: "readonly" }),
  oldest: series("pg_sessions_oldest_transaction_seconds", { usename: "migrator" }),
  oldestBackup: series("pg_sessions_oldest_transaction_seconds", { usename: "backup" }),
  idle: series("pg_sessions_idle_in_transaction_seconds", { usename: "migrator" }),
  lockWait: series("pg_sessions_lock_wait_seconds", { usename: "data_svc" }),
  withoutTls: series("pg_sessions_without_tls", { usename: "data_svc" }),
  poolWaiting: series("data_svc_pool_connections", { state: "waiting", ...POD }),
  volumeUsed: series("kubelet_volume_stats_used_bytes", CLAIM),
  volumeFree: series("kubelet_volume_stats_available_bytes", CLAIM),
  volumeSize: series("kubelet_volume_stats_capacity_bytes", CLAIM),
  readOnly: series("data_svc_database_read_only", POD),
  unwritten: series("data_svc_audit_entries_unwritten_total", POD),
  xidAge: series("pg_health_xid_age"),
  mxidAge: series("pg_health_mxid_age"),
  checksums: series("pg_health_checksum_failures"),
  invalidIndexes: series("pg_health_invalid_indexes"),
  pendingRestart: series("pg_health_pending_restart"),
  sequenceUsed: series("pg_health_sequence_used"),
  sequencesUnread: series("pg_health_sequences_unread"),
  auditMonthsAhead: series("pg_health_audit_months_ahead"),
  auditInDefault: series("pg_health_audit_in_default"),
  dirty: series("data_svc_schema_dirty", POD),
  version: series("data_svc_schema_version", { database: "diabrisk", ...POD }),
  required: series("data_svc_schema_version_required", POD),
  modelUsable: series("data_svc_active_model_usable", { database: "diabrisk", ...POD }),
  backupMade: series("kube_cronjob_created", { cronjob: "postgres-backup" }),
  backupDone: series("kube_cronjob_status_last_successful_time", { cronjob: "postgres-backup" }),
  drillMade: series("kube_cronjob_created", DRILL),
  drillDone: series("kube_cronjob_status_last_successful_time", DRILL),
  archiveDrillMade: series("kube_cronjob_created", { cronjob: "postgres-archive-drill" }),
  archiveDrillDone: series("kube_cronjob_status_last_successful_time", { cronjob: "postgres-archive-drill" }),
  retentionMade: series("kube_cronjob_created", { cronjob: "postgres-retention" }),
  retentionDone: series("kube_cronjob_status_last_successful_time", { cronjob: "postgres-retention" }),
  oldestDocument: series("pg_erasure_oldest_document_seconds"),
  issuerKeys: series("data_svc_issuer_keys_read_timestamp_seconds", { issuer: "https://kubernetes", ...POD }),
  otherIssuerKeys: series("data_svc_issuer_keys_read_timestamp_seconds", {
    issuer: "https://kubernetes",
    pod: "data-svc-2",
  }),
  certificate: series("data_svc_database_certificate_expiry_timestamp_seconds", POD),
  serviceCertificate: series("data_svc_certificate_expiry_timestamp_seconds", POD),
  serviceCertificateRefused: series("data_svc_certificate_refused", POD),
  served: series("data_svc_http_request_duration_seconds_count", { ...SERVED, status: "201" }),
  servedFast: series("data_svc_http_request_duration_seconds_bucket", { ...SERVED, status: "201", le: "0.25" }),
  failed: series("data_svc_http_request_duration_seconds_count", { ...SERVED, status: "503" }),
  failedFast: series("data_svc_http_request_duration_seconds_bucket", { ...SERVED, status: "503", le: "0.25" }),
  probed: series("data_svc_http_request_duration_seconds_count", { route: "/readyz", method: "GET", status: "503" }),
  primary: series("cnpg_postgres_instance_in_recovery", PRIMARY),
  replica: series("cnpg_postgres_instance_in_recovery", REPLICA),
  walReady: series("cnpg_collector_pg_wal_archive_status", { ...PRIMARY, value: "ready" }),
  walReadyOfReplica: series("cnpg_collector_pg_wal_archive_status", { ...REPLICA, value: "ready" }),
  walArchived: series("cnpg_postgres_instance_archived_files", PRIMARY),
  lag: series("cnpg_postgres_instance_lag_seconds", REPLICA),
  streaming: series("cnpg_postgres_instance_streaming_replicas", PRIMARY),
  baseBackup: series("barman_cloud_cloudnative_pg_io_last_available_backup_timestamp", PRIMARY),
  baseBackupOfReplica: series("barman_cloud_cloudnative_pg_io_last_available_backup_timestamp", REPLICA),
} as const;

export type SeriesName = keyof typeof SERIES;

/** A stage without a fault, under load. Alerts are proven by what differs from it. */
export const HEALTHY: Readonly<Record<SeriesName, Values>> = {
  exporterUp: always(1),
  serviceUp: always(1),
  databaseReady: always(1),
  primaryReady: always(1),
  replicaReady: always(1),
  servicePods: always(3),
  serviceReady: always(3),
  pgUp: always(1),
  scrapeError: always(0),
  queriesError: always(0),
  collector: always(1),
  // A hundred for everybody but superusers.
  maxConnections: always(103),
  reserved: always(3),
  connections: always(30),
  otherConnections: always(3),
  oldest: always(2),
  // A dump of an hour is no fault.
  oldestBackup: always(3000),
  idle: always(1),
  lockWait: always(0),
  withoutTls: always(0),
  poolWaiting: always(0),
  volumeUsed: always(60),
  volumeFree: always(40),
  volumeSize: always(100),
  readOnly: always(0),
  unwritten: always(0),
  xidAge: always(200_000_000),
  mxidAge: always(1_000_000),
  checksums: always(0),
  invalidIndexes: always(0),
  pendingRestart: always(0),
  sequenceUsed: always(0.01),
  sequencesUnread: always(0),
  auditMonthsAhead: always(3),
  auditInDefault: always(0),
  dirty: always(0),
  version: always(SCHEMA_VERSION),
  required: always(SCHEMA_VERSION),
  modelUsable: always(1),
  backupMade: always(0),
  backupDone: growing(1),
  drillMade: always(0),
  drillDone: growing(1),
  archiveDrillMade: always(0),
  archiveDrillDone: growing(1),
  retentionMade: always(0),
  retentionDone: growing(1),
  // A worker that comes by once an hour is no fault.
  oldestDocument: always(3600),
  // Of every five minutes, as Prometheus' clock goes.
  issuerKeys: growing(1),
  otherIssuerKeys: growing(1),
  certificate: always(90 * 86_400),
  serviceCertificate: always(90 * 86_400),
  serviceCertificateRefused: always(0),
  served: growing(1),
  servedFast: growing(0.999),
  failed: always(0),
  failedFast: always(0),
  probed: growing(0.2),
  primary: always(0),
  replica: always(1),
  walReady: always(0),
  // A replica's are never archived, and no fault.
  walReadyOfReplica: always(5),
  walArchived: growing(0.01),
  lag: always(0.1),
  streaming: always(2),
  baseBackup: growing(1),
  // An instance that made none.
  baseBackupOfReplica: always(0),
};
