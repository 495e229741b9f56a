import type { TestPostgres } from "../../support/postgres";

/** A statement that waits until the test opens the gate. It waits for no lock, of which the migrator would tell. */
export const GATE = "select gate.wait();\n";

/** A new database with a gate that is closed. */
export async function gatedDatabase(postgres: TestPostgres) {
  const url = await postgres.createDatabase();
  await postgres.query(
    url,
    `create schema gate create table opened ();
     create function gate.wait() returns void language plpgsql as
     'begin while not exists (select from gate.opened) loop perform pg_sleep(0.005); end loop; end'`,
  );
  return {
    url,
    /** Resolves when a session waits at the gate. */
    reached: () =>
      postgres.connected(url, async (client) => {
        const waiting =
          "select from pg_stat_activity where query ~ 'gate.wait' and wait_event = 'PgSleep' and datname = current_database()";
        while ((await client.query(waiting)).rowCount === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      }),
    open: () => postgres.query(url, "insert into gate.opened default values"),
  };
}
