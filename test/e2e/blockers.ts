import type { E2e } from "./case";
import { query } from "./database";

/** A session that has read a table and keeps its transaction open, as a report that somebody forgot does. */
export interface Blocker {
  /** Ends it, as an administrator would. */
  end(): Promise<void>;
}

/** Starts a session named `application` whose transaction holds the table, for 15 minutes unless it is ended. */
export async function holdTable(e2e: E2e, table: string, application: string): Promise<Blocker> {
  const sql = `begin; select count(*) from ${table}; select pg_sleep(900)`;
  // Ends well also when it is ended: PostgreSQL as process 1 takes the failure of an orphan for a crash of its own.
  const psql = `(PGAPPNAME=${application} psql -U diabrisk -d diabrisk -c "${sql}" || true) > /dev/null 2>&1 &`;
  const ended = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = '${application}'`;
  const end = e2e.cleanUp(`session ${application}`, () => query(e2e, ended));
  await e2e.kubectl.run(["exec", "postgres-0", "--", "sh", "-c", psql]);
  const held = `select 1 from pg_locks join pg_stat_activity using (pid)
    where relation = '${table}'::regclass and application_name = '${application}'`;
  await e2e.wait({
    what: `${application} to hold ${table}`,
    seconds: 30,
    poll: async () => ({ state: (await query(e2e, held)).length > 0 ? "ready" : "waiting", detail: "not yet" }),
  });
  return { end };
}
