import { holdTable } from "../blockers";
import type { E2e } from "../case";
import { query, tryInServer } from "../database";

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
export async function exhaustConnections(e2e: E2e): Promise<() => Promise<void>> {
  const [[free = ""] = []] = await query(
    e2e,
    `select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int - count(*) + 1
     from pg_stat_activity where backend_type = 'client backend'`,
  );
  return await sessions(e2e, Number(free), "e2e-crowd");
}

/** One transaction waits for another's table. */
export async function waitForLock(e2e: E2e): Promise<() => Promise<void>> {
  const holder = await holdTable(e2e, "reports", "e2e-holder");
  const wait = `(PGAPPNAME=e2e-waiter psql -U diabrisk -d diabrisk -c "begin; lock table reports" || true) > /dev/null 2>&1 &`;
  await e2e.kubectl.run(["exec", "postgres-0", "--container=postgres", "--", "sh", "-c", wait]);
  return () => holder.end();
}

/** Two clients want the same lock, of a kind. */
export const contend = (lock: string) => async (e2e: E2e) => {
  const client = (name: string) =>
    `(PGAPPNAME=${name} psql -U diabrisk -d diabrisk -c "begin; ${lock}; select pg_sleep(900)" || true) > /dev/null 2>&1 &`;
  const both = `${client("e2e-contender")} sleep 1; ${client("e2e-contender")}`;
  await e2e.kubectl.run(["exec", "postgres-0", "--container=postgres", "--", "sh", "-c", both]);
  return async () => {
    await query(e2e, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'e2e-contender'");
  };
};

/** A client that has begun a transaction and does nothing. */
export async function idleInTransaction(e2e: E2e): Promise<() => Promise<void>> {
  const hold = `((echo 'begin; select 1;'; sleep 900) | PGAPPNAME=e2e-idle psql -U diabrisk -d diabrisk || true) > /dev/null 2>&1 &`;
  await e2e.kubectl.run(["exec", "postgres-0", "--container=postgres", "--", "sh", "-c", hold]);
  return async () => {
    await query(e2e, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'e2e-idle'");
  };
}
