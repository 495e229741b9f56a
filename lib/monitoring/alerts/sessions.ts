import { type AlertGroup, expression, selector, type Watched } from "../alert";

/** Connections, transactions and locks. */
export function sessions(watched: Watched): AlertGroup {
  const of = selector(watched);
  const down = `max by (namespace) (${of("pg_up")}) == 0`;
  // Superusers alone get the last ones.
  const used = expression(`
    sum by (namespace) (${of("pg_sessions_connections")})
      / on (namespace) max by (namespace) (
        ${of("pg_settings_max_connections")} - on (namespace, pod) ${of("pg_settings_superuser_reserved_connections")}
      )`);
  // A dump holds its snapshot for as long as it takes, and its Job has a deadline of its own.
  const oldest = `max by (namespace, usename) (${of("pg_sessions_oldest_transaction_seconds", 'usename!="backup"')})`;
  const old = {
    name: "PostgresOldTransaction",
    summary: "A transaction is open for very long.",
    description:
      "One of {{ $labels.usename }} is {{ $value | humanizeDuration }} old. Vacuum removes nothing that it might still see.",
  };
  const connections = {
    name: "PostgresConnectionsUsed",
    summary: "The database is running out of connections.",
    description:
      "{{ $value | humanizePercentage }} of those that roles without superuser may have are in use. Without a free one, requests get 503.",
  };
  return {
    name: "sessions",
    alerts: [
      { ...connections, severity: "warning", expr: `${used} > 0.8`, for: "10m" },
      { ...connections, severity: "critical", expr: `${used} > 0.95`, for: "1m" },
      {
        name: "DataServicePoolExhausted",
        severity: "warning",
        expr: expression(`
          max by (namespace, pod) (${of("data_svc_pool_connections", 'state="waiting"')}) > 0
          unless on (namespace) (${down})`),
        for: "1m",
        summary: "Requests wait for a connection.",
        description:
          "{{ $value }} requests of {{ $labels.pod }} wait for one of its connections. After three seconds they get 503.",
      },
      { ...old, severity: "warning", expr: `${oldest} > 900` },
      { ...old, severity: "critical", expr: `${oldest} > 3600` },
      {
        name: "PostgresIdleInTransaction",
        severity: "warning",
        expr: `max by (namespace, usename) (${of("pg_sessions_idle_in_transaction_seconds")}) > 300`,
        summary: "A session holds a transaction and does nothing.",
        description:
          "One of {{ $labels.usename }} has been idle for {{ $value | humanizeDuration }}. It keeps its locks.",
      },
      {
        name: "PostgresLockWait",
        severity: "warning",
        expr: `max by (namespace, usename) (${of("pg_sessions_lock_wait_seconds")}) > 60`,
        summary: "A session waits for a lock.",
        description:
          "One of {{ $labels.usename }} has waited for {{ $value | humanizeDuration }}. Others may queue up behind it.",
      },
      {
        name: "PostgresSessionWithoutTls",
        severity: "critical",
        expr: `sum by (namespace, usename) (${of("pg_sessions_without_tls")}) > 0`,
        summary: "A session goes over the network without TLS.",
        description:
          "{{ $value }} sessions of {{ $labels.usename }} can be read on the way. The server's rules should refuse them.",
      },
    ],
  };
}
