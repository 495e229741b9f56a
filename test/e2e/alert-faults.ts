import { strict as assert } from "node:assert";
import { BACKUP, EXPORTER, TLS_SECRET } from "../../lib/contract";
import { serverNames } from "../../lib/postgres/identity";
import { issueTls } from "../../lib/secrets/issue";
import { holdTable } from "./blockers";
import type { E2e } from "./case";
import { query, tryInServer } from "./database";
import { untilReady } from "./server";

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

/** Prometheus scrapes and judges every ten seconds, and the operator's reloader is slow at nothing here. */
const SCRAPES = 90;
const MINUTE = 60;

/** Runs a statement, and another one to undo it. */
const sql = (statement: string, undo: string) => async (e2e: E2e) => {
  await query(e2e, statement);
  return async () => {
    await query(e2e, undo);
  };
};

/** Scales a workload down, and up again. */
const scaled = (what: string) => async (e2e: E2e) => {
  await e2e.kubectl.run(["scale", what, "--replicas=0"]);
  return async () => {
    await e2e.kubectl.run(["scale", what, "--replicas=1"]);
    await untilReady(e2e);
  };
};

/** Name of the Job by which a CronJob has succeeded once. */
export const madeForAlerts = (cronJob: string) => `${cronJob}-alerts`;

/** Makes a CronJob's last success older. Its Job goes first, since the controller would learn the time from it again. */
const lastSuccess = (cronJob: string, hours: number) => async (e2e: E2e) => {
  const set = async (time: Date) => {
    const status = { lastSuccessfulTime: time.toISOString().replace(/\.\d+Z$/, "Z") };
    const patch = `--patch=${JSON.stringify({ status })}`;
    await e2e.kubectl.run(["patch", "cronjob", cronJob, "--subresource=status", "--type=merge", patch]);
  };
  await e2e.kubectl.run(["delete", "job", madeForAlerts(cronJob), "--ignore-not-found"]);
  await set(new Date(Date.now() - hours * 3_600_000));
  return () => set(new Date());
};

/** Sessions inside the server that last until they are ended. */
async function sessions(e2e: E2e, count: number, application: string): Promise<() => Promise<void>> {
  const one = `(PGAPPNAME=${application} psql -U diabrisk -d diabrisk -c "select pg_sleep(900)" || true)`;
  const all = `for i in $(seq ${count}); do ${one} > /dev/null 2>&1 & done; sleep 2`;
  await e2e.kubectl.run(["exec", "postgres-0", "--container=postgres", "--", "sh", "-c", all]);
  const terminate = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = '${application}'`;
  return async () => {
    await e2e.wait({
      what: `sessions ${application} to end`,
      seconds: 60,
      // Somebody else may have the last free connection.
      poll: async () => {
        const { code, stderr } = await tryInServer(e2e, ["psql", "-U", "diabrisk", "-d", "diabrisk", "-c", terminate]);
        return { state: code === 0 ? "ready" : "waiting", detail: stderr.trim() };
      },
    });
  };
}

/** Leaves those that superusers alone get. */
async function exhaustConnections(e2e: E2e): Promise<() => Promise<void>> {
  const [[free = ""] = []] = await query(
    e2e,
    `select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int - count(*) + 1
     from pg_stat_activity where backend_type = 'client backend'`,
  );
  return await sessions(e2e, Number(free), "e2e-crowd");
}

/** One transaction waits for another's table. */
async function waitForLock(e2e: E2e): Promise<() => Promise<void>> {
  const holder = await holdTable(e2e, "reports", "e2e-holder");
  const wait = `(PGAPPNAME=e2e-waiter psql -U diabrisk -d diabrisk -c "begin; lock table reports" || true) > /dev/null 2>&1 &`;
  await e2e.kubectl.run(["exec", "postgres-0", "--container=postgres", "--", "sh", "-c", wait]);
  return () => holder.end();
}

/** A client that has begun a transaction and does nothing. */
async function idleInTransaction(e2e: E2e): Promise<() => Promise<void>> {
  const hold = `((echo 'begin; select 1;'; sleep 900) | PGAPPNAME=e2e-idle psql -U diabrisk -d diabrisk || true) > /dev/null 2>&1 &`;
  await e2e.kubectl.run(["exec", "postgres-0", "--container=postgres", "--", "sh", "-c", hold]);
  return async () => {
    await query(e2e, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'e2e-idle'");
  };
}

const VOLUME = "/var/lib/postgresql/data";

/** Leaves the volume this many MiB. */
const filled = (left: number) => async (e2e: E2e) => {
  const free = `$(df -Pk ${VOLUME} | awk 'END { print int($4 / 1024) }')`;
  const fill = `dd if=/dev/zero of=${VOLUME}/filler bs=1M count=$((${free} - ${left}))`;
  const { code, stderr } = await tryInServer(e2e, ["sh", "-c", fill]);
  assert.equal(code, 0, stderr);
  return async () => {
    await tryInServer(e2e, ["rm", "-f", `${VOLUME}/filler`]);
  };
};

/** Gives the server a certificate that ends in `days`, and has data-svc connect again. */
const expiring = (days: number) => async (e2e: E2e) => {
  const secret = `secret/${TLS_SECRET}`;
  const before = await e2e.kubectl.get(secret);
  // A certificate lasts a year from the day that it is made for.
  const tls = await issueTls(serverNames(e2e.namespace), new Date(Date.now() - (365 - days) * 86_400_000));
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const put = async (data: unknown) => {
    await e2e.kubectl.run(["patch", secret, "--type=merge", `--patch=${JSON.stringify({ data })}`]);
    await e2e.wait(
      {
        what: "the server to have the other certificate",
        seconds: 150,
        poll: async () => {
          const log = await e2e.kubectl.try(["logs", "postgres-0", "--container=reloader", "--since=20s"]);
          await query(e2e, "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'data_svc'");
          return {
            state: /certificate/i.test(log.stdout) ? "ready" : "waiting",
            detail: "the reloader has not seen it",
          };
        },
      },
      5000,
    );
  };
  await put({
    "tls.crt": base64(tls.server.certificate),
    "tls.key": base64(tls.server.key),
    "ca.crt": base64(tls.authority.certificate),
  });
  return () => put((before as unknown as { data: unknown } | undefined)?.data);
};

/** The role has another password than its Secret, and the exporter has to connect anew. */
async function otherPassword(e2e: E2e): Promise<() => Promise<void>> {
  // The reloader would set it again.
  await query(e2e, "alter role monitor nologin");
  await query(e2e, "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'monitor'");
  return async () => {
    await query(e2e, "alter role monitor login");
  };
}

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
