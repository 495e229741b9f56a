import { Client, type DatabaseError } from "pg";
import { EXIT } from "../../lib/contract";
import type { MigratorEvent } from "../../lib/migrator/base/events";
import { lockIds } from "../../lib/migrator/database/lock";
import { usePostgres } from "../support/postgres";
import { failure, migratorFor, publicTables, recorded } from "./support/database";
import { makeFolder, pairs, tables } from "./support/folder";
import { GATE, gatedDatabase } from "./support/gate";
import { beside } from "./support/stepwise";

const postgres = usePostgres();

/** Resolves with the first event of that name. */
async function told(events: readonly MigratorEvent[], event: string): Promise<MigratorEvent> {
  for (;;) {
    const found = events.find((candidate) => candidate.event === event);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Resolves when the server has ended a session that did nothing. */
async function idleSessionEnds(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  // The server's reason, and then that the connection has ended.
  const errors: unknown[] = [];
  client.on("error", (error) => errors.push(error));
  await new Promise<void>((resolve) => client.once("end", resolve));
  expect(errors[0]).toMatchObject({ code: "57P05" });
}

describe("one runner at a time", () => {
  test("five at once on an empty database: one applies, four wait and find nothing to do", async () => {
    const url = await postgres.createDatabase();
    const folder = makeFolder(tables(5));
    const results = await Promise.all(Array.from({ length: 5 }, () => migratorFor(url, folder).up()));
    expect(results.map(({ applied }) => applied.length).sort()).toEqual([0, 0, 0, 0, 5]);
    expect(results.every(({ version }) => version === 5)).toBe(true);
    expect((await recorded(postgres, url)).history).toBe("1:applied 2:applied 3:applied 4:applied 5:applied");
  });

  test.each(["command line", "library"] as const)(
    "the id of golang-migrate's %s keeps ours out; at the deadline its holder is named",
    async (which) => {
      const url = await postgres.createDatabase();
      const id = lockIds(new URL(url).pathname.slice(1))[which === "command line" ? 0 : 1];
      await beside(url, `select pg_advisory_lock(${id})`, async (session) => {
        const migrator = migratorFor(url, makeFolder(tables(1)), { lockWaitSeconds: 0.3 });
        const error = await failure(migrator.up());
        expect(error.exitCode).toBe(EXIT.locked);
        const { rows } = await session.query<{ pid: number }>("select pg_backend_pid() as pid");
        const holder = new RegExp(
          `pid ${rows[0]?.pid}, application somebody, role diabrisk, connected since 20\\d\\d-`,
        );
        expect(error.message).toMatch(holder);
        expect(migrator.events).toEqual([
          expect.objectContaining({ event: "waiting-for-lock", message: expect.stringMatching(holder) }),
        ]);
      });
      expect(await publicTables(postgres, url)).toEqual([]);
    },
  );

  test("goes on as soon as the holder ends", async () => {
    const url = await postgres.createDatabase();
    const migrator = migratorFor(url, makeFolder(tables(1)));
    const result = await beside(
      url,
      `select pg_advisory_lock(${lockIds(new URL(url).pathname.slice(1))[1]})`,
      async () => {
        const running = migrator.up();
        await told(migrator.events, "waiting-for-lock");
        return { running };
      },
    );
    expect((await result.running).version).toBe(1);
  });

  test("is waited for in a database that ends idle sessions", async () => {
    const url = await postgres.createDatabase();
    await postgres.query(url, `alter database ${new URL(url).pathname.slice(1)} set idle_session_timeout = 100`);
    const migrator = migratorFor(url, makeFolder(tables(1)));
    const lock = `set idle_session_timeout = 0; select pg_advisory_lock(${lockIds(new URL(url).pathname.slice(1))[1]})`;
    const result = await beside(url, lock, async () => {
      const running = migrator.up();
      await told(migrator.events, "waiting-for-lock");
      // Sessions that idle are ended meanwhile.
      for (let n = 0; n < 3; n++) await idleSessionEnds(url);
      return { running };
    });
    expect((await result.running).version).toBe(1);
  });

  test("ours keeps golang-migrate out, and waits without a snapshot that CREATE INDEX CONCURRENTLY would wait for", async () => {
    const { url, reached, open } = await gatedDatabase(postgres);
    const [first = 0, second = 0] = lockIds(new URL(url).pathname.slice(1));
    const running = migratorFor(url, makeFolder(pairs({ "1_a": `create table a (id int); ${GATE}` }))).up();
    await reached();
    await postgres.connected(url, async (client) => {
      const free = async (id: number) =>
        (await client.query(`select pg_try_advisory_lock(${id}) as free, pg_advisory_unlock(${id})`)).rows[0].free;
      expect(await free(first)).toBe(false);
      expect(await free(second)).toBe(false);
    });
    await open();
    await running;
  });
});

function isLockTimeout({ code }: DatabaseError): true {
  expect(code).toBe("55P03");
  return true;
}

describe("a lock that another session holds", () => {
  const blocked = {
    ...pairs({ "1_a": "create table busy (id int);" }),
    ...pairs({ "2_b": "alter table busy add column b int;" }),
  };

  test("is tried for again, naming who holds it, until it is free", async () => {
    const url = await postgres.createDatabase();
    const folder = makeFolder(blocked);
    await migratorFor(url, folder).up({ to: 1 });
    const migrator = migratorFor(url, folder, { lockTimeoutSeconds: 0.4 });
    // Shorter than the pause before the next try.
    await postgres.query(url, `alter database ${new URL(url).pathname.slice(1)} set idle_session_timeout = 200`);
    const running = await beside(url, "begin; select * from busy", async (session) => {
      const up = migrator.up();
      const { rows } = await session.query<{ pid: number }>("select pg_backend_pid() as pid");
      const retry = await told(migrator.events, "retry");
      expect(retry).toMatchObject({
        level: "warn",
        sqlstate: "55P03",
        blockers: [{ pid: rows[0]?.pid, application: "somebody", state: "idle in transaction" }],
      });
      expect(retry.message).toMatch(
        /held by pid \d+ \(somebody, role diabrisk, in a transaction for [\d.]+ m?s, idle in transaction for [\d.]+ m?s: select .*\)\. Rolled back; try 2 of 10/,
      );
      expect(migrator.events.some(({ event }) => event === "blocked")).toBe(true);
      return { up };
    });
    expect((await running.up).version).toBe(2);
  });

  test("of a query that is at work is named with the query's own age", async () => {
    const url = await postgres.createDatabase();
    const folder = makeFolder(blocked);
    await migratorFor(url, folder).up({ to: 1 });
    await beside(url, "begin; select * from busy", async (session) => {
      // Until its session ends.
      session.query("select pg_sleep(600)").catch(() => undefined);
      const error = await failure(migratorFor(url, folder, { lockTimeoutSeconds: 0.4, lockTries: 1 }).up());
      expect(error.message).toMatch(/held by pid \d+ \(somebody, .*, active for [\d.]+ m?s: select pg_sleep\(600\)\)/);
    });
  });

  test("is given up with its holder's name, and others wait no longer than the lock timeout", async () => {
    const url = await postgres.createDatabase();
    const folder = makeFolder(blocked);
    await migratorFor(url, folder).up({ to: 1 });
    await beside(url, "begin; select * from busy", async () => {
      const up = failure(migratorFor(url, folder, { lockTimeoutSeconds: 0.4, lockTries: 2 }).up());
      let given = false;
      const reading = postgres.connected(url, async (client) => {
        await client.query("set lock_timeout = '20ms'");
        const waits = () => client.query("select * from busy").then(() => false, isLockTimeout);
        while (!(await waits())) if (given) throw new Error("No read came behind a try.");
        // The try gives way to it while the session still holds its lock.
        await client.query("set lock_timeout = 0; select * from busy");
      });
      const error = await up;
      given = true;
      await reading;
      expect(error.exitCode).toBe(EXIT.sql);
      expect(error.message).toMatch(/The lock was not free within 0\.4 s in 2 tries; it is held by pid \d+ \(somebody/);
      expect(error.details.position).toMatchObject({ line: 1, column: 1 });
    });
    expect((await recorded(postgres, url)).version).toBe("1,false");
  });
});
