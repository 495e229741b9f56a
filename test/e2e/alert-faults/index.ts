import { BACKUP, EXPORTER } from "../../../lib/contract";
import type { E2e } from "../case";
import { lastSuccess, scaled, startedWithoutModel, withoutModel, withoutPolicy } from "./objects";
import { expiring, filled, otherPassword, readOnlyByHand, sql } from "./server";
import { contend, exhaustConnections, idleInTransaction, waitForLock } from "./sessions";

/** A fault on the real cluster, and the alerts that it raises. */
export interface AlertFault {
  readonly name: string;
  /** Alerts, as `<name> <severity>`, that fire in the end. */
  readonly alerts: readonly string[];
  /** Alerts that may fire before or with them. */
  readonly also?: readonly string[];
  /** Seconds within which they fire. */
  readonly seconds: number;
  /** Makes the fault, and returns what ends it. */
  begin(e2e: E2e): Promise<() => Promise<void>>;
}

/** Seconds for a scrape, a judgement, and what the cluster needs to show a fault. */
const SCRAPES = 90;
const MINUTE = 60;

export const ALERT_FAULTS: readonly AlertFault[] = [
  {
    name: "a migration has stopped half-way",
    alerts: ["SchemaDirty critical"],
    seconds: SCRAPES,
    begin: sql("update schema_migrations set dirty = true", "update schema_migrations set dirty = false"),
  },
  {
    name: "a sequence is nearly used up",
    alerts: ["PostgresSequenceUsed warning"],
    seconds: SCRAPES,
    begin: sql(
      "select setval('audit_logs_id_seq', 8000000000000000000)",
      "select setval('audit_logs_id_seq', greatest(1, (select max(id) from audit_logs)))",
    ),
  },
  {
    name: "no backup for a day",
    alerts: ["BackupTooOld critical"],
    seconds: SCRAPES,
    begin: lastSuccess(BACKUP.name, 27),
  },
  {
    name: "no drill for nine days",
    alerts: ["DrillTooOld warning"],
    seconds: SCRAPES,
    begin: lastSuccess(BACKUP.drill, 9 * 24),
  },
  {
    name: "a session waits for a lock",
    alerts: ["PostgresLockWait warning"],
    seconds: MINUTE + SCRAPES,
    begin: waitForLock,
  },
  {
    name: "somebody takes all connections",
    alerts: ["PostgresConnectionsUsed critical"],
    seconds: MINUTE + SCRAPES,
    begin: exhaustConnections,
  },
  {
    name: "the database is stopped",
    alerts: ["PostgresDown critical"],
    seconds: MINUTE + SCRAPES,
    begin: scaled("statefulset/postgres"),
  },
  {
    name: "the volume is nearly full",
    alerts: ["PostgresReadOnly critical", "PostgresVolumeFilling critical"],
    // The kubelet measures volumes once a minute.
    seconds: 3 * MINUTE + SCRAPES,
    begin: filled(30),
  },
  {
    name: "the certificate ends in ten days",
    alerts: ["PostgresCertificateExpires warning"],
    seconds: SCRAPES,
    begin: expiring(10),
  },
  {
    name: "the certificate ends in two days",
    alerts: ["PostgresCertificateExpires critical", "PostgresCertificateExpires warning"],
    seconds: SCRAPES,
    begin: expiring(2),
  },
  {
    name: "two sessions want the same advisory lock",
    alerts: ["PostgresLockWait warning"],
    seconds: MINUTE + SCRAPES,
    begin: contend("select pg_advisory_xact_lock(4711)"),
  },
  {
    name: "two sessions update the same row",
    alerts: ["PostgresLockWait warning"],
    seconds: MINUTE + SCRAPES,
    begin: contend("update schema_migrations set dirty = dirty"),
  },
  {
    name: "somebody has made data-svc read-only",
    alerts: ["PostgresReadOnly critical"],
    seconds: SCRAPES,
    begin: readOnlyByHand,
  },
  {
    name: "the exporter's policy is gone",
    alerts: ["PostgresExporterDown warning"],
    seconds: 5 * MINUTE + SCRAPES,
    begin: withoutPolicy,
  },
  {
    name: "no model is active",
    alerts: ["DataServiceNoUsableModel critical"],
    seconds: SCRAPES,
    begin: withoutModel,
  },
  {
    name: "a pod of data-svc starts and finds no active model",
    alerts: ["DataServiceNoUsableModel critical", "DataServiceNotReady critical"],
    seconds: 5 * MINUTE + SCRAPES,
    begin: startedWithoutModel,
  },
  {
    name: "a session holds a transaction and does nothing",
    alerts: ["PostgresIdleInTransaction warning"],
    seconds: 5 * MINUTE + SCRAPES,
    begin: idleInTransaction,
  },
  {
    name: "the exporter cannot log in",
    alerts: ["PostgresUnreachable warning"],
    seconds: 5 * MINUTE + SCRAPES,
    begin: otherPassword,
  },
  {
    name: "the exporter is gone",
    alerts: ["PostgresExporterDown warning"],
    seconds: 5 * MINUTE + SCRAPES,
    begin: scaled(`deployment/${EXPORTER.name}`),
  },
  {
    name: "data-svc is gone",
    alerts: ["DataServiceMetricsMissing warning"],
    seconds: 5 * MINUTE + SCRAPES,
    begin: scaled("deployment/data-svc"),
  },
];
