import { strict as assert } from "node:assert";
import type { E2e } from "../case";
import { query, tryInServer } from "../database";
import { untilReady } from "../server";
import { type AlertFault, MINUTE, SCRAPES } from "./fault";
import { scaled } from "./scaled";
import { sql } from "./sql";

const MISSING_IMAGE = "postgres:16-e2e-missing";

/** The server's pod cannot start, as after a release with a wrong image. */
async function imageMissing(e2e: E2e): Promise<() => Promise<void>> {
  const set = (image: string) => e2e.kubectl.run(["set", "image", "statefulset/postgres", `postgres=${image}`]);
  await set(MISSING_IMAGE);
  return async () => {
    await set(e2e.stage.database.image.reference);
    await untilReady(e2e);
  };
}

/** The server takes no new session and waits for those that there are, as `pg_ctl stop --mode=smart` has it. */
async function stopping(e2e: E2e): Promise<() => Promise<void>> {
  const { code, stderr } = await tryInServer(e2e, ["pg_ctl", "stop", "--mode=smart", "--no-wait"]);
  assert.equal(code, 0, stderr);
  return async () => {
    await e2e.kubectl.run(["delete", "pod", "postgres-0"]);
    await untilReady(e2e);
  };
}

/** A role cannot log in. Its sessions end, so that its service has to. The reloader would set another password again. */
const lockedOut = (role: "monitor" | "data_svc") => {
  const renew = `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${role}'`;
  return sql(`alter role ${role} nologin; ${renew}`, `alter role ${role} login`);
};

const RENEW = "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'data_svc'";

/** A page on the disk is not what the server wrote, and somebody reads it. */
async function damagePage(e2e: E2e): Promise<() => Promise<void>> {
  const table = "create schema if not exists e2e; create table e2e.damaged (id int); checkpoint";
  await query(e2e, table);
  const path = "current_setting('data_directory') || '/' || pg_relation_filepath('e2e.damaged')";
  const [[file = ""] = []] = await query(e2e, `select ${path}`);
  const { code, stderr } = await tryInServer(e2e, ["sh", "-c", 'head -c 8192 /dev/urandom > "$1"', "damage", file]);
  assert.equal(code, 0, stderr);
  await assert.rejects(query(e2e, "select count(*) from e2e.damaged"), /invalid page/);
  return async () => {
    await query(e2e, "drop schema e2e cascade; select pg_stat_reset()");
  };
}

/** Faults of the server itself, its roles and its data. */
export const SERVER_FAULTS: readonly AlertFault[] = [
  {
    name: "the database is stopped",
    alerts: ["PostgresDown critical"],
    seconds: MINUTE + SCRAPES,
    begin: scaled("statefulset/postgres"),
  },
  {
    name: "the database's image is missing",
    alerts: ["PostgresDown critical"],
    seconds: MINUTE + SCRAPES,
    begin: imageMissing,
  },
  {
    name: "the server is told to stop and waits for its sessions",
    alerts: ["PostgresNotReady critical"],
    seconds: 5 * MINUTE + SCRAPES,
    begin: stopping,
  },
  {
    name: "the exporter cannot log in",
    alerts: ["PostgresUnreachable warning"],
    seconds: 5 * MINUTE + SCRAPES,
    begin: lockedOut("monitor"),
  },
  {
    name: "data-svc cannot log in",
    alerts: ["DataServiceNotReady critical"],
    seconds: 5 * MINUTE + SCRAPES,
    begin: lockedOut("data_svc"),
  },
  {
    name: "somebody has made data-svc read-only",
    alerts: ["PostgresReadOnly critical"],
    seconds: SCRAPES,
    begin: sql(
      `alter role data_svc set default_transaction_read_only = on; ${RENEW}`,
      `alter role data_svc reset default_transaction_read_only; ${RENEW}`,
    ),
  },
  {
    name: "a page is damaged",
    alerts: ["PostgresChecksumFailure critical"],
    seconds: SCRAPES,
    begin: damagePage,
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
    name: "nobody has made partitions of the audit log",
    alerts: ["AuditDefaultPartitionNotEmpty warning", "AuditPartitionsMissing warning"],
    seconds: 5 * MINUTE + SCRAPES,
    begin: sql(
      `do $$ begin
         execute to_char(date_trunc('month', now() at time zone 'utc') + interval '2 months', '"drop table audit.logs_"YYYY_MM');
         insert into audit_logs (action, resource_type, "timestamp") values ('e2e', 'e2e', now() + interval '2 months');
       end $$`,
      // The entry moves into its month, which the superuser then empties.
      "select audit_logs_make_partitions(12); set session_replication_role = replica; delete from audit_logs where action = 'e2e'",
    ),
  },
  {
    name: "the exporter may not read a sequence",
    alerts: ["PostgresMetricsMissing warning"],
    seconds: 10 * MINUTE + SCRAPES,
    begin: sql(
      "revoke select on sequence audit_logs_id_seq from monitor",
      "grant select on sequence audit_logs_id_seq to monitor",
    ),
  },
];
