import { CREDENTIAL_KEYS, PATHS } from "../contract";
import { type MetricQuery, metricQueries } from "./metric-queries";
import { shellScript } from "./shell-script";

/** The password file of the exporter's driver. */
export const PASSFILE = "/run/login/pgpass";

export const QUERIES_FILE = "queries.yaml";
export const LOGIN_SCRIPT = "login.sh";

export interface ExporterFiles {
  readonly [QUERIES_FILE]: string;
  readonly [LOGIN_SCRIPT]: string;
}

/**
 * Metrics that the exporter lacks, or has wrongly: it calls ages of transactions seconds, and has no duration of a wait.
 * They come over its lasting connection, so they stay while no other connection is to be had.
 */
export const EXPORTER_QUERIES: Readonly<Record<string, MetricQuery>> = {
  pg_sessions: {
    sql: "exporter-sessions",
    labels: ["usename"],
    gauges: {
      connections: "Sessions of the role.",
      oldest_transaction_seconds: "Age of its oldest transaction.",
      idle_in_transaction_seconds: "Longest time for which a session of it has held a transaction and done nothing.",
      lock_wait_seconds: "Longest time for which a session of it has waited for a lock.",
      without_tls: "Sessions over the network without TLS.",
    },
  },
  pg_health: {
    sql: "exporter-health",
    labels: [],
    gauges: {
      xid_age: "Transactions since the oldest one that is not frozen; the server stops at two thousand million.",
      mxid_age: "The same of MultiXacts.",
      checksum_failures: "Pages that did not match their checksum, since the statistics were reset.",
      pending_restart: "Settings that take effect with a restart alone.",
      invalid_indexes: "Indexes that no query uses, since building them failed or is under way.",
      sequence_used: "Part of the fullest sequence that is used up.",
      sequences_unread: "Sequences that the role may not read, so that their use is unknown.",
      audit_months_ahead: "Months after this one for which the audit log has a partition.",
      audit_in_default: "Whether the audit log has entries whose month has no partition.",
    },
  },
};

/** The exporter's queries, and the script that follows its password. */
export const exporterFiles = (): ExporterFiles => ({
  [QUERIES_FILE]: metricQueries(EXPORTER_QUERIES, { master: true }),
  [LOGIN_SCRIPT]: shellScript("exporter-login", {
    LOGIN_FILE: `${PATHS.database}/${CREDENTIAL_KEYS.password}`,
    PASSFILE,
  }),
});
