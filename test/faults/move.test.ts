import { setTimeout as sleep } from "node:timers/promises";
import { CONTENTS_SQL } from "../../lib/backup/contents-sql";
import { createMigrator } from "../../lib/migrator";
import { lockIds, tryLock } from "../../lib/migrator/database/lock";
import { abandon, finish, goBack, type MoveOptions, move } from "../../lib/move/move";
import { MIGRATIONS } from "../migrations/support";
import { Killed, lacksTools, type Moving, useMoving } from "./support/moving";
import { describeUnless } from "./support/programs";

type Command = (options: MoveOptions) => Promise<void>;

/** Runs a command that is killed after its first call, then after its second, and so on, until one ends by itself. */
async function killEverywhere(moving: Moving, command: Command): Promise<number> {
  for (let after = 1; ; after += 1) {
    moving.killAfter = after;
    try {
      await command(moving.options());
      return after - 1;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    } finally {
      moving.killAfter = Number.POSITIVE_INFINITY;
    }
  }
}

/** Prepares everything, and stops before the change of servers. */
async function prepared(moving: Moving): Promise<void> {
  await expect(move(moving.options({ longestPauseSeconds: 2 }))).rejects.toThrow(/Allow it: --longest-pause \d+/);
  expect(moving.serving).toBe("old");
}

const HELD = ["event trigger engine_move_hold", "schema engine_move"];
const SHUT = ["event trigger engine_move_hold", "limit 0", "read only", "schema engine_move"];

describeUnless(lacksTools(), "a move between two servers", () => {
  const moving = useMoving();

  describe("under writes", () => {
    test("pauses them for less than ten seconds, loses none, and leads back with the rows that were written since", async () => {
      await moving.begin("whole");
      await moving.rows("old", "select nextval('audit_logs_id_seq') from generate_series(1, 1000)");
      const writers = moving.write();
      await writers.until(50);
      await move(moving.options());
      expect(moving.serving).toBe("new");
      await writers.until(50);
      expect(writers.longestPause).toBeLessThan(10_000);
      expect(await moving.missing("new", writers.acknowledged.slice())).toEqual([]);
      const found = await moving.rows("new", "select last_value > 1000 as ahead from audit_logs_id_seq");
      expect(found).toEqual([{ ahead: true }]);
      const migrator = createMigrator({ connection: { connectionString: moving.url("new") }, directory: MIGRATIONS });
      expect(await migrator.status()).toMatchObject({ version: 7, pending: 0 });

      await goBack(moving.options());
      expect(moving.serving).toBe("old");
      await writers.until(50);
      const ids = await writers.stop();
      expect(writers.longestPause).toBeLessThan(10_000);
      expect(await moving.missing("old", ids)).toEqual([]);
      expect([await moving.remains("old"), await moving.remains("new")]).toEqual([[], SHUT]);
      expect(moving.said.filter((line) => line.startsWith("the two manifests are equal"))).toHaveLength(2);
    });

    test("goes on wherever it is killed, in both directions", async () => {
      await moving.begin("killed");
      const writers = moving.write();
      await writers.until(20);
      expect(await killEverywhere(moving, move)).toBeGreaterThan(20);
      expect(moving.serving).toBe("new");
      await writers.until(50);
      expect(await killEverywhere(moving, goBack)).toBeGreaterThan(10);
      expect(moving.serving).toBe("old");
      await writers.until(50);
      expect(await moving.missing("old", await writers.stop())).toEqual([]);
      expect([await moving.remains("old"), await moving.remains("new")]).toEqual([[], SHUT]);
    });

    test("loses nothing where each server crashes meanwhile", async () => {
      await moving.begin("crashed");
      const writers = moving.write();
      await writers.until(20);
      await prepared(moving);
      for (const { server } of [moving.next, moving.old]) {
        await writers.until(50);
        await server.stop("immediate");
        await server.restart();
      }
      await writers.until(50);
      await move(moving.options());
      await writers.until(20);
      expect(await moving.missing("new", await writers.stop())).toEqual([]);
      await finish(moving.options());
    });
  });

  describe("an end", () => {
    test("takes the way back away, and leaves nothing on the new server", async () => {
      await moving.begin("finished");
      await move(moving.options());
      await killEverywhere(moving, finish);
      expect([await moving.remains("old"), await moving.remains("new")]).toEqual([SHUT, []]);
      await expect(goBack(moving.options())).rejects.toThrow(/no replication slot engine_move_back any more/);
    });

    test("comes before the change of servers by abandoning, also with nobody let in", async () => {
      await moving.begin("abandoned");
      await prepared(moving);
      await expect(finish(moving.options())).rejects.toThrow(/nothing to finish/);
      // Killed with the database shut.
      const { old, ...options } = moving.options();
      const killed = (...statements: readonly string[]) =>
        statements.includes(CONTENTS_SQL) && shut ? Promise.reject(new Killed()) : old.run(...statements);
      let shut = false;
      const run = async (...statements: readonly string[]) => {
        if (shut && statements.some((one) => /connection limit -1/.test(one))) throw new Killed();
        shut ||= statements.some((one) => /connection limit 0/.test(one));
        return await killed(...statements);
      };
      await expect(move({ ...options, old: { ...old, run } })).rejects.toThrow(Killed);
      expect(await moving.remains("old")).toContain("limit 0");
      await killEverywhere(moving, abandon);
      expect([await moving.remains("old"), await moving.remains("new")]).toEqual([[], HELD]);
      await expect(move(moving.options())).rejects.toThrow(/remains of a move that was abandoned/);
    });

    test("by abandoning needs no new server", async () => {
      await moving.begin("alone");
      await prepared(moving);
      await moving.next.server.stop();
      const { new: _, ...alone } = moving.options();
      await abandon(alone);
      expect(await moving.remains("old")).toEqual([]);
      await moving.next.server.restart();
      await abandon(moving.options());
      expect(await moving.remains("new")).toEqual(HELD);
    });

    test("says that the way back is lost with its slot, as after a failover", async () => {
      await moving.begin("failed_over");
      await move(moving.options());
      await moving.rows(
        "new",
        `select pg_terminate_backend(active_pid, 5000) from pg_replication_slots where slot_name = 'engine_move_back'`,
      );
      await moving.options().old.run("alter subscription engine_move_back disable");
      await moving.rows("new", "select pg_drop_replication_slot('engine_move_back')");
      await expect(goBack(moving.options())).rejects.toThrow(/The way back is lost, and the new server serves on/);
      expect(moving.serving).toBe("new");
      await finish(moving.options());
      expect(await moving.remains("new")).toEqual([]);
    });
  });

  describe("writers are let in again where they were", () => {
    test("if the two manifests differ", async () => {
      await moving.begin("differs");
      const writers = moving.write();
      await writers.until(20);
      await prepared(moving);
      await moving.next.connected(moving.url("new"), async (client) => {
        // Under an origin, so that the way back does not mend it.
        await client.query("select pg_replication_origin_create('by hand')");
        await client.query("select pg_replication_origin_session_setup('by hand')");
        await client.query("insert into users (email) values ('nobody@x.co')");
      });
      await expect(move(moving.options())).rejects.toThrow(/table public\.users: 2 rows in the old server, 3 here/);
      expect([moving.serving, await moving.remains("old")]).toEqual(["old", expect.not.arrayContaining(["limit 0"])]);
      await writers.until(20);
      await writers.stop();
      await abandon(moving.options());
      await moving.rows("new", "select pg_replication_origin_drop('by hand')");
    });

    test("if the comparison takes too long after all", async () => {
      await moving.begin("slow");
      const writers = moving.write();
      await writers.until(20);
      let times = 0;
      const { new: next, ...options } = moving.options({ longestPauseSeconds: 4 });
      const run = async (...statements: readonly string[]) => {
        if (statements.includes(CONTENTS_SQL) && ++times > 1) await sleep(4000);
        return await next.run(...statements);
      };
      await expect(move({ ...options, new: { ...next, run } })).rejects.toThrow(/longer than is allowed/);
      expect(moving.serving).toBe("old");
      await writers.until(20);
      await writers.stop();
      expect(writers.longestPause).toBeLessThan(4000);
      await abandon(moving.options());
    });
  });

  describe("the schema", () => {
    test("cannot change meanwhile, on either server", async () => {
      await moving.begin("held");
      await prepared(moving);
      for (const side of ["old", "new"] as const) {
        await expect(moving.rows(side, "create table later (id int primary key)")).rejects.toThrow(
          /CREATE TABLE is refused while this database moves to another engine/,
        );
      }
      await abandon(moving.options());
      await moving.rows("old", "create table later (id int primary key)");
    });

    test("is not held while a migration is under way", async () => {
      await moving.begin("migrating");
      await moving.old.connected(moving.url("old"), async (client) => {
        // The lock that golang-migrate's command takes.
        await client.query(tryLock(lockIds("migrating")));
        await expect(move(moving.options())).rejects.toThrow(/a migration is running/);
      });
      expect(await moving.remains("old")).toEqual([]);
    });
  });

  test("a database that cannot move is told all the reasons, and nothing changes", async () => {
    await moving.begin("obstructed");
    await moving.rows("old", "create table keyless (id int)");
    await moving.rows("old", "create unlogged table fast (id int primary key)");
    await moving.rows("old", "create materialized view seen as select 1 as one");
    await moving.rows("old", "select lo_create(0)");
    await moving.rows("old", "select pg_create_logical_replication_slot('others', 'pgoutput')");
    await moving.rows("new", "create table somebodys (id int primary key)");
    const { message } = (await move(moving.options()).catch((error: unknown) => error)) as Error;
    for (const reason of [
      /No primary key or other replica identity: public\.keyless/,
      /Unlogged tables: public\.fast/,
      /Materialized views: public\.seen/,
      /1 large objects/,
      /Logical slots of something else on the old server: others/,
      /1 tables that no move has made/,
    ]) {
      expect(message).toMatch(reason);
    }
    expect([await moving.remains("old"), await moving.remains("new")]).toEqual([["slot others"], []]);
    await moving.rows("old", "select pg_drop_replication_slot('others')");
  });

  test("the role's password is in no log, and only superusers read it", async () => {
    await moving.begin("secret");
    await prepared(moving);
    const [found] = await moving.rows<{ password: string }>(
      "new",
      "select (regexp_match(subconninfo, 'password=([^ ]+)'))[1] as password from pg_subscription where subname = 'engine_move'",
    );
    expect(found?.password).toMatch(/^[0-9a-f]{48}$/);
    expect([...moving.logged].filter((line) => line.includes(found?.password ?? ""))).toEqual([]);
    expect([...moving.logged].filter((line) => line.includes("create publication")).length).toBe(0);
    const asService = moving.next.query(moving.url("new", "data_svc"), "select subconninfo from pg_subscription");
    await expect(asService).rejects.toThrow(/permission denied/);
    await abandon(moving.options());
  });
});
