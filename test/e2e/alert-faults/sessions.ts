import { DATABASE } from "../../../lib/contract";
import type { E2e } from "../case";
import { query, tryInServer } from "../database";
import { Prometheus } from "../prometheus";
import { type AlertFault, MINUTE, SCRAPES } from "./fault";

/** Longer than any fault lasts. */
const SLEEP = "select pg_sleep(1800)";

/** Ends well also when its session is ended, as PostgreSQL's first process would take a failure for a crash of its own. */
const START = `for i in $(seq "$4"); do (PGAPPNAME=$1 psql -U ${DATABASE.superuser} -d "$3" -c "$2" || true) > /dev/null 2>&1 & done`;

/** Starts sessions of one name inside the server that run these statements. Returns what ends them. */
export async function openSessions(
  e2e: E2e,
  name: string,
  sql: string,
  { count = 1, connection = `dbname=${DATABASE.name}` } = {},
): Promise<() => Promise<void>> {
  const command = ["sh", "-c", START, "sessions", name, sql, connection, String(count)];
  await e2e.kubectl.run(["exec", "postgres-0", "--container=postgres", "--", ...command]);
  return () => endSessions(e2e, name);
}

async function endSessions(e2e: E2e, name: string): Promise<void> {
  const terminate = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = '${name}'`;
  await e2e.wait({
    what: `sessions ${name} to end`,
    seconds: 60,
    // Somebody else may have the last free connection.
    poll: async () => {
      const psql = ["psql", "-U", DATABASE.superuser, "-d", DATABASE.name, "-c", terminate];
      const { code, stderr } = await tryInServer(e2e, psql);
      return { state: code === 0 ? "ready" : "waiting", detail: stderr.trim() };
    },
  });
}

/** Opens a transaction that keeps what these statements lock. Returns once it has it, with what ends it. */
export async function hold(e2e: E2e, name: string, sql: string): Promise<() => Promise<void>> {
  const end = await openSessions(e2e, name, `begin; ${sql}; ${SLEEP}`);
  const held = `select from pg_stat_activity where application_name = '${name}' and wait_event = 'PgSleep'`;
  await e2e.wait({
    what: `${name} to hold its locks`,
    seconds: 60,
    poll: async () => {
      const [[found = "0"] = []] = await query(e2e, `select count(*) from (${held}) as found`);
      return { state: found === "0" ? "waiting" : "ready", detail: "not yet" };
    },
  });
  return end;
}

/** One session keeps something that another one waits for. */
const blocked = (holding: string, waiting: string) => async (e2e: E2e) => {
  const release = await hold(e2e, "e2e-holder", holding);
  const end = await openSessions(e2e, "e2e-waiter", waiting);
  return async () => {
    await end();
    await release();
  };
};

/** Two sessions want the same lock. */
const contend = (lock: string) => blocked(lock, `begin; ${lock}`);

/** Its end leaves an index that no query uses. */
async function blockIndex(e2e: E2e): Promise<() => Promise<void>> {
  const build = "create index concurrently e2e_index on reports (generated_at)";
  const end = await blocked("select count(*) from reports", build)(e2e);
  return async () => {
    await end();
    await query(e2e, "drop index if exists e2e_index");
  };
}

/** Leaves those that superusers alone get. */
async function exhaustConnections(e2e: E2e): Promise<() => Promise<void>> {
  const [[free = ""] = []] = await query(
    e2e,
    `select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int - count(*) + 1
     from pg_stat_activity where backend_type = 'client backend'`,
  );
  return await openSessions(e2e, "e2e-crowd", SLEEP, { count: Number(free) });
}

/** Takes as many that this share of those for everybody is in use, as the exporter counts them. */
const useConnections = (share: number) => async (e2e: E2e) => {
  const [[most = ""] = []] = await query(
    e2e,
    "select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int",
  );
  const sum = `sum(pg_sessions_connections{namespace="${e2e.namespace}"})`;
  const [counted] = await new Prometheus(e2e).query(sum);
  const count = Math.round(share * Number(most)) - Number(counted?.value[1]);
  return await openSessions(e2e, "e2e-crowd", SLEEP, { count });
};

/** Its input stays open, so that psql waits for more. */
const IDLE = `((printf '%s\\n' "$1"; sleep 1800) | PGAPPNAME=e2e-idle psql -U ${DATABASE.superuser} -d ${DATABASE.name} || true) > /dev/null 2>&1 &`;

/** A client that has begun a transaction and does nothing. */
const idleAfter = (statement: string) => async (e2e: E2e) => {
  const command = ["sh", "-c", IDLE, "idle", `begin; ${statement};`];
  await e2e.kubectl.run(["exec", "postgres-0", "--container=postgres", "--", ...command]);
  return () => endSessions(e2e, "e2e-idle");
};

/** Faults of sessions: locks, transactions and connections. */
export const SESSION_FAULTS: readonly AlertFault[] = [
  {
    name: "a session waits for a table that another one reads",
    alerts: ["PostgresLockWait warning"],
    seconds: MINUTE + SCRAPES,
    begin: blocked("select count(*) from reports", "begin; lock table reports"),
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
    name: "an index build waits for an old transaction",
    alerts: ["PostgresLockWait warning"],
    seconds: MINUTE + SCRAPES,
    begin: blockIndex,
  },
  {
    name: "somebody takes all connections",
    alerts: ["PostgresConnectionsUsed critical"],
    seconds: MINUTE + SCRAPES,
    begin: exhaustConnections,
  },
  {
    name: "somebody keeps most connections",
    alerts: ["PostgresConnectionsUsed warning"],
    seconds: 10 * MINUTE + SCRAPES,
    begin: useConnections(0.88),
  },
  {
    name: "a session holds a transaction and does nothing",
    alerts: ["PostgresIdleInTransaction warning"],
    seconds: 5 * MINUTE + SCRAPES,
    begin: idleAfter("select 1"),
  },
  {
    name: "a session does nothing after an error in its transaction",
    alerts: ["PostgresIdleInTransaction warning"],
    seconds: 5 * MINUTE + SCRAPES,
    begin: idleAfter("select 1 / 0"),
  },
  {
    name: "a query runs for a quarter of an hour",
    alerts: ["PostgresOldTransaction warning"],
    seconds: 15 * MINUTE + SCRAPES,
    begin: (e2e) => openSessions(e2e, "e2e-report", SLEEP),
  },
];
