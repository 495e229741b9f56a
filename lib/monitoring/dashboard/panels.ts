import { ARCHIVE_DRILL, BACKUP, RETENTION } from "../../contract";
import { selector } from "../alert";

/** A query of a panel, and how each of its series is called. */
export interface PanelQuery {
  readonly expr: string;
  /** In Grafana's notation, e.g. `"{{usename}}"`. */
  readonly legend: string;
}

/** Grafana's names of units. */
export type Unit = "none" | "short" | "s" | "bytes" | "percentunit" | "reqps" | "ops" | "bool_yes_no";

export interface Panel {
  readonly title: string;
  readonly unit: Unit;
  /** `stat` shows the present figure alone. */
  readonly kind: "graph" | "stat";
  readonly queries: readonly PanelQuery[];
  /** Said where no series is, of a thing that a stage need not have. @default that there are no data */
  readonly absent?: string;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** Grafana's variable for the namespace, so that one dashboard serves every installation. */
const of = selector({ namespace: "$namespace" });
const SERVED = 'route=~"/internal/.*"';
const WINDOW = "[5m]";

const graph = (title: string, unit: Unit, ...queries: [expr: string, legend: string][]): Panel => ({
  ...{ title, unit, kind: "graph" },
  queries: queries.map(([expr, legend]) => ({ expr, legend })),
});
const stat = (title: string, unit: Unit, expr: string, absent?: string): Panel => ({
  ...{ title, unit, kind: "stat" },
  queries: [{ expr, legend: title }],
  ...(absent !== undefined && { absent }),
});

const requests = (name: string, matchers = SERVED) => of(`data_svc_http_request_duration_seconds_${name}`, matchers);
/** The drill of backups in a bucket is in a namespace of its own. */
const age = (cronJob: string) =>
  `time() - max(kube_cronjob_status_last_successful_time{namespace=~"$namespace(-drill)?", cronjob="${cronJob}"})`;
const quantile = (part: number, metric: string, by: string) =>
  `histogram_quantile(${part}, sum by (${by}) (rate(${metric}${WINDOW})))`;

/** Ends of the certificates that the database and data-svc show. */
const CERTIFICATES = [
  "data_svc_database_certificate_expiry_timestamp_seconds",
  "data_svc_certificate_expiry_timestamp_seconds",
];

/** Panels for people who look for a cause, from the promise to callers down to the disk. */
export const ROWS: readonly Row[] = [
  {
    title: "Now",
    panels: [
      stat("Database answers", "bool_yes_no", `max(${of("pg_up")})`),
      stat("data-svc ready", "short", `max(${of("kube_deployment_status_replicas_ready", 'deployment="data-svc"')})`),
      stat("Schema version", "none", `max(${of("data_svc_schema_version")})`),
      stat("Model usable", "bool_yes_no", `min(${of("data_svc_active_model_usable")})`),
      stat("Newest backup", "s", age(BACKUP.name)),
      stat("Newest drill that passed", "s", age(BACKUP.drill)),
      stat("Newest drill of the archive", "s", age(ARCHIVE_DRILL.name), "none here"),
      stat("Last retention", "s", age(RETENTION.name)),
      stat("Certificate ends in", "s", `min(${CERTIFICATES.map((metric) => of(metric)).join(" or ")}) - time()`),
    ],
  },
  {
    title: "Requests",
    panels: [
      graph("Requests by status", "reqps", [`sum by (status) (rate(${requests("count", "")}${WINDOW}))`, "{{status}}"]),
      graph(
        "Duration of requests",
        "s",
        [quantile(0.5, requests("bucket", ""), "le"), "half"],
        [quantile(0.99, requests("bucket", ""), "le"), "99 %"],
      ),
      graph("Duration of queries, 95 %", "s", [
        quantile(0.95, of("data_svc_query_duration_seconds_bucket"), "le, query"),
        "{{query}}",
      ]),
      graph(
        "Connections of the pools",
        "short",
        [`sum by (state) (${of("data_svc_pool_connections")})`, "{{state}}"],
        [`sum(${of("data_svc_pool_max_connections")})`, "most"],
      ),
    ],
  },
  {
    title: "Sessions",
    panels: [
      graph(
        "Connections by role",
        "short",
        [`max by (usename) (${of("pg_sessions_connections")})`, "{{usename}}"],
        [
          `max(${of("pg_settings_max_connections")}) - max(${of("pg_settings_superuser_reserved_connections")})`,
          "most",
        ],
      ),
      graph("Oldest transaction", "s", [
        `max by (usename) (${of("pg_sessions_oldest_transaction_seconds")})`,
        "{{usename}}",
      ]),
      graph("Idle in transaction", "s", [
        `max by (usename) (${of("pg_sessions_idle_in_transaction_seconds")})`,
        "{{usename}}",
      ]),
      graph("Longest wait for a lock", "s", [
        `max by (usename) (${of("pg_sessions_lock_wait_seconds")})`,
        "{{usename}}",
      ]),
    ],
  },
  {
    title: "Database",
    panels: [
      graph(
        "Transactions",
        "ops",
        [`sum(rate(${of("pg_stat_database_xact_commit")}${WINDOW}))`, "committed"],
        [`sum(rate(${of("pg_stat_database_xact_rollback")}${WINDOW}))`, "rolled back"],
      ),
      graph("Blocks found in memory", "percentunit", [
        `sum(rate(${of("pg_stat_database_blks_hit")}${WINDOW})) / (sum(rate(${of("pg_stat_database_blks_hit")}${WINDOW})) + sum(rate(${of("pg_stat_database_blks_read")}${WINDOW})))`,
        "found",
      ]),
      graph("Size of tables", "bytes", [
        // The months of the audit log as one.
        `topk(8, sum by (relname) (label_replace(max by (schemaname, relname) (${of("pg_stat_user_tables_table_size_bytes")}), "relname", "audit_logs", "relname", "logs_.+")))`,
        "{{relname}}",
      ]),
      graph(
        "Transaction numbers used",
        "percentunit",
        [`max(${of("pg_health_xid_age")}) / 2147483648`, "transactions"],
        [`max(${of("pg_health_mxid_age")}) / 2147483648`, "MultiXacts"],
      ),
      graph(
        "Deadlocks and files of sorts",
        "short",
        [`sum(increase(${of("pg_stat_database_deadlocks")}${WINDOW}))`, "deadlocks"],
        [`sum(increase(${of("pg_stat_database_temp_files")}${WINDOW}))`, "files"],
      ),
      graph(
        "Checkpoints",
        "short",
        [`sum(increase(${of("pg_stat_bgwriter_checkpoints_timed_total")}${WINDOW}))`, "by time"],
        [`sum(increase(${of("pg_stat_bgwriter_checkpoints_req_total")}${WINDOW}))`, "by need"],
      ),
    ],
  },
  {
    title: "Space",
    panels: [
      graph("Volumes used", "percentunit", [
        `max by (persistentvolumeclaim) (${of("kubelet_volume_stats_used_bytes")} / ${of("kubelet_volume_stats_capacity_bytes")})`,
        "{{persistentvolumeclaim}}",
      ]),
      graph(
        "Database and its log",
        "bytes",
        [`max by (datname) (${of("pg_database_size_bytes")})`, "{{datname}}"],
        [`max(${of("pg_wal_size_bytes")})`, "write-ahead log"],
      ),
      graph("Memory of programs", "bytes", [`max by (pod) (${of("process_resident_memory_bytes")})`, "{{pod}}"]),
    ],
  },
];
