import type { Client } from "pg";
import { bootstrap } from "../../lib/roles";
import { PASSWORDS } from "../roles/support";
import { ConfiguredServer } from "../support/configured-server";
import { ENGINE_FILES } from "../support/engine-files";
import { usePostgres } from "../support/postgres";

/** A value that nothing logs by chance, as text, as a number and within an id. */
const MARK = "47110815";
const TEXT = `m${MARK}k`;
const ID = `00000000-0000-4000-8000-0000${MARK}`;
const DATABASE = "diabrisk";

/** Statements that fail, each in another way in which PostgreSQL quotes a value. */
const FAILING: Readonly<Record<string, readonly [sql: string, values?: readonly unknown[]]>> = {
  "text that is no number": [`select '${TEXT}'::int`],
  "a parameter that is no number": ["select $1::text::int", [TEXT]],
  "a parameter of the wrong type": ["select $1::int", [TEXT]],
  "text that is no time": [`select '${TEXT}'::timestamptz`],
  "a number out of range": [`select ${MARK}${MARK}::text::int`],
  "a value that is there already": ["insert into users (email) values ($1)", [`${TEXT}@x.co`]],
  "a row that a check refuses": ["insert into users (email) values ($1)", [TEXT]],
  "a row without a value": [`insert into users (email, role) values ('${TEXT}@y.co', null)`],
  "a reference to nothing": [
    "insert into auth_sessions (user_id, token_hash, expires_at) values ($1, sha512('x'), '2100-01-01')",
    [ID],
  ],
  "a syntax error": [`select '${TEXT}' from from`],
  "an unknown column": [`select ${TEXT}`],
  "a function's context": [`do $$ begin execute 'select ''${TEXT}''::int'; end $$`],
  "a message, its detail and its hint": [
    `do $$ begin raise exception '${TEXT}' using detail = '${TEXT}', hint = '${TEXT}'; end $$`,
  ],
  "a warning": [`do $$ begin raise warning '${TEXT}'; end $$`],
  "a line of COPY": [`copy users (email) from program 'echo ${TEXT}'`],
  "a statement over its time": [`set statement_timeout = 20; select pg_sleep(5), '${TEXT}'`],
  "a statement that ends its own session": [`select pg_terminate_backend(pg_backend_pid()), '${TEXT}'`],
  "a large sort": [
    `set work_mem = 64; select g::text || '${TEXT}' from generate_series(1, 20000) g order by 1 offset 19999`,
  ],
};

describe.each(["statefulset", "cloudnative-pg"] as const)("the log of %s", (engine) => {
  const postgres = usePostgres();
  let server: ConfiguredServer;

  beforeAll(async () => {
    await postgres.createMigratedDatabase(DATABASE);
    await bootstrap({ connection: { connectionString: postgres.server.url(DATABASE) }, passwords: PASSWORDS });
    const { files, settings } = ENGINE_FILES[engine];
    server = await ConfiguredServer.start(postgres, files, settings);
    await using(async (client) => client.query("insert into users (email) values ($1)", [`${TEXT}@x.co`]));
  });
  afterAll(() => server?.stop());

  async function using<Result>(use: (client: Client) => Promise<Result>): Promise<Result> {
    const client = await server.session({ database: DATABASE });
    try {
      return await use(client);
    } finally {
      client.connection.stream.destroy();
    }
  }

  const logged = (text: string) => server.log.split(text).length - 1;

  test.each(Object.entries(FAILING))("has no value of %s", async (_, [sql, values]) => {
    await using(async (client) => {
      await client.query(sql, values && [...values]).catch(() => {});
    });
    expect(logged(MARK)).toBe(0);
  });

  test("has no value of statements that wait for each other, nor of one that is a deadlock's victim", async () => {
    await using((first) =>
      using(async (second) => {
        const lock = (name: string) => `select pg_advisory_xact_lock(${name}), '${TEXT}'`;
        await first.query(`begin; ${lock("1")}`);
        await second.query(`begin; ${lock("2")}`);
        const waiting = first.query(lock("2")).catch(() => {});
        await second.query(lock("1")).catch(() => {});
        await second.query("rollback");
        await waiting;
      }),
    );
    expect(logged(MARK)).toBe(0);
  });

  test("has no row of a COPY that waits for another session", async () => {
    await using((first) =>
      using(async (second) => {
        await first.query(`begin; insert into users (email) values ('${TEXT}@z.co')`);
        const waiting = second.query(`copy users (email) from program 'echo ${TEXT}@z.co'`);
        await new Promise((resolve) => setTimeout(resolve, 1500));
        await first.query("rollback");
        await waiting;
      }),
    );
    expect(logged(MARK)).toBe(0);
  });

  test("has no value of a parameter in a session whose process was killed", async () => {
    await using(async (client) => {
      const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
      const sleeping = client.query("select pg_sleep($1), $2::text", [30, TEXT]).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 200));
      process.kill(rows[0]?.pid ?? 0, "SIGKILL");
      await sleeping;
    });
    while (logged("was terminated by signal 9") === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    await server.answers();
    expect(logged(MARK)).toBe(0);
  });

  test("has what operators need: refused logins, and ended sessions", async () => {
    await expect(server.session({ user: "readonly", password: TEXT, database: DATABASE })).rejects.toMatchObject({
      code: "28P01",
    });
    while (logged("password authentication failed for user") === 0)
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect(logged("terminating connection due to administrator command")).toBeGreaterThan(0);
    expect(logged(MARK)).toBe(0);
  });

  test("is kept quiet for sessions alone, and nothing makes it hold statements", async () => {
    const { rows } = await using((client) =>
      client.query(
        "select name, reset_val from pg_settings where name in ('log_min_messages', 'log_statement', 'log_min_duration_statement', 'log_duration', 'shared_preload_libraries') order by name",
      ),
    );
    expect(rows).toEqual([
      { name: "log_duration", reset_val: "off" },
      { name: "log_min_duration_statement", reset_val: "-1" },
      { name: "log_min_messages", reset_val: "log" },
      { name: "log_statement", reset_val: "none" },
      { name: "shared_preload_libraries", reset_val: "" },
    ]);
    // Processes without a session keep the server's own.
    expect(ENGINE_FILES[engine].files["postgresql.conf"]).not.toContain("log_min_messages");
  });
});
