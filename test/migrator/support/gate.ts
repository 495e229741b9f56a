import type { TestPostgres } from "../../support/postgres";

/** A statement that waits until the test opens the gate. It waits for no lock, of which the migrator would tell. */
export const GATE = "select gate.wait();\n";

/** A new database with a gate that is closed. It is a sequence, since `up` refuses tables that no record explains. */
export async function gatedDatabase(postgres: TestPostgres) {
  const url = await postgres.createDatabase();
  await postgres.query(
    url,
    `create schema gate create sequence opened;
     create function gate.wait() returns void language plpgsql as
     'begin while not (select is_called from gate.opened) loop perform pg_sleep(0.005); end loop; end'`,
  );
  const session = (like: string) =>
    postgres.connected(url, async (client) => {
      const sql = `select from pg_stat_activity where datname = current_database() and ${like}`;
      while ((await client.query(sql)).rowCount === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    });
  return {
    url,
    /** Resolves when a session waits at the gate. */
    reached: () => session("wait_event = 'PgSleep'"),
    /** Resolves when a migrator that was asked to stop holds back what it has sent ahead. */
    heldBack: () => session("application_name like 'migrate stop@%' and wait_event_type = 'Lock'"),
    open: () => postgres.query(url, "select nextval('gate.opened')"),
  };
}
