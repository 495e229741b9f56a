import { EXIT } from "../../lib/contract";
import { failure, migratorFor, recorded, writes } from "../migrator/support/database";
import { makeFolder } from "../migrator/support/folder";
import { usePostgres } from "../support/postgres";
import { createWitnessed, effects, SEVEN, ups } from "./support/effects";
import { lacksPgBouncer, usePgBouncer } from "./support/pgbouncer";
import { describeUnless } from "./support/programs";

describeUnless(lacksPgBouncer, "a real PgBouncer", () => {
  const postgres = usePostgres();

  async function refused(direct: string, url: string): Promise<void> {
    const before = await writes(postgres, direct);
    const error = await failure(migratorFor(url, makeFolder(SEVEN), { connectTries: 1 }).up());
    expect(error.exitCode).toBe(EXIT.refused);
    expect(error.message).toContain("Between here and the server is a connection pooler");
    expect(error.message).toContain(
      "Connect to PostgreSQL itself (its own host and port), or through a pool in session",
    );
    expect(await writes(postgres, direct)).toBe(before);
    expect(await locks(direct)).toEqual([]);
  }

  const locks = (url: string) => postgres.query(url, "select from pg_locks where locktype = 'advisory'");

  describe.each([
    ["transaction", {}],
    ["statement", {}],
    ["transaction", { server_round_robin: "1" }],
  ])("in %s mode %j", (pool_mode, more) => {
    const pooler = usePgBouncer(postgres, { pool_mode, ...more });

    test("is refused with how to connect, and nothing was written or locked", async () => {
      const direct = await createWitnessed(postgres);
      await refused(direct, pooler.url(direct));
      expect(await effects(postgres, direct)).toBe("");
    });

    test("is refused though others use the same pool", async () => {
      const direct = await createWitnessed(postgres);
      const through = pooler.url(direct);
      let ended = false;
      const others = Array.from({ length: 4 }, () =>
        postgres.connected(through, async (client) => {
          while (!ended) await client.query("select pg_sleep(0.01)");
        }),
      );
      try {
        for (let round = 0; round < 10; round++) {
          const error = await failure(migratorFor(through, makeFolder(SEVEN)).up());
          expect(error.message).toContain("a connection pooler");
        }
      } finally {
        ended = true;
        await Promise.all(others);
      }
    });

    test("does not hinder waiting, which only reads", async () => {
      const direct = await createWitnessed(postgres);
      await migratorFor(direct, makeFolder(SEVEN)).up();
      expect(await migratorFor(pooler.url(direct), "").wait({ version: 7 })).toEqual({ version: 7 });
    });
  });

  describe("in session mode", () => {
    const pooler = usePgBouncer(postgres, { pool_mode: "session" });

    test("works like a direct connection, and leaves no lock in the pool", async () => {
      const direct = await createWitnessed(postgres);
      const folder = makeFolder(SEVEN);
      expect(await migratorFor(pooler.url(direct), folder).up()).toMatchObject({ version: 7 });
      expect(await migratorFor(pooler.url(direct), folder).up()).toMatchObject({ applied: [] });
      expect(await effects(postgres, direct)).toBe(ups(7));
      expect(await locks(direct)).toEqual([]);
      expect((await migratorFor(direct, folder).down({ to: 0 })).version).toBe(0);
    });

    test("lets one of five run, and the others find nothing to do", async () => {
      const direct = await createWitnessed(postgres);
      const folder = makeFolder(SEVEN);
      const runs = await Promise.all(Array.from({ length: 5 }, () => migratorFor(pooler.url(direct), folder).up()));
      expect(runs.map(({ applied }) => applied.length).sort()).toEqual([0, 0, 0, 0, 7]);
      expect(await effects(postgres, direct)).toBe(ups(7));
    });

    test("names who holds a lock that a migration waits for", async () => {
      const direct = await createWitnessed(postgres);
      const folder = makeFolder(SEVEN);
      await postgres.connected(direct, async (session) => {
        await session.query("begin; lock table effects.log");
        const [row] = (await session.query<{ pid: number }>("select pg_backend_pid() as pid")).rows;
        const options = { lockTimeoutSeconds: 0.5, lockTries: 1 };
        const error = await failure(migratorFor(pooler.url(direct), folder, options).up());
        expect(error.exitCode).toBe(EXIT.sql);
        expect(error.message).toContain(`held by pid ${row?.pid}`);
      });
      expect((await migratorFor(pooler.url(direct), folder).up()).version).toBe(7);
      expect((await recorded(postgres, direct)).version).toBe("7,false");
    });
  });

  describe("in session mode, with room for one session", () => {
    const pooler = usePgBouncer(postgres, { pool_mode: "session", default_pool_size: "1" });

    test("is refused, since whoever is in the way could not be asked about", async () => {
      const direct = await createWitnessed(postgres);
      await refused(direct, pooler.url(direct));
    });
  });
});
