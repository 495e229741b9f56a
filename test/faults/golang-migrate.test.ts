import { GOLANG_MIGRATE } from "../../bench/tools";
import { EXIT } from "../../lib/contract";
import { describeSchema } from "../migrations/describe";
import { MIGRATIONS } from "../migrations/support";
import { failure, migratorFor, recorded, writes } from "../migrator/support/database";
import { makeFolder, write } from "../migrator/support/folder";
import { usePostgres } from "../support/postgres";
import { createUnrecorded, createWitnessed, effects, SEVEN, ups, witnesses } from "./support/effects";
import { describeUnless, golangMigrate, lacksGo, succeeded, useGoTool } from "./support/programs";

const postgres = usePostgres();

const baselines = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const history = (baseline: number, applied: number) =>
  baselines(applied)
    .map((version) => `${version}:${version <= baseline ? "baseline" : "applied"}`)
    .join(" ");

const BROKEN = "insert into effects.log (what) values ('broken');\nselect 1 / 0;\n";

describeUnless(lacksGo(GOLANG_MIGRATE), "golang-migrate's real command line", () => {
  const program = useGoTool(GOLANG_MIGRATE);

  /** A database that it has brought to `version`. */
  async function migrated(folder: string, version: number): Promise<string> {
    const url = await createWitnessed(postgres);
    const migrate = golangMigrate(program, url, folder);
    // `goto 0` is an error of its own; `version` makes the table and leaves it empty.
    if (version > 0) await succeeded(migrate("goto", String(version)));
    else expect((await migrate("version")).stderr).toContain("no migration");
    return url;
  }

  describe("migrated first", () => {
    test.each([0, 1, 2, 3, 4, 5, 6, 7])("to version %i of 7: adopted, and nothing runs twice", async (version) => {
      const folder = makeFolder(SEVEN);
      const url = await migrated(folder, version);
      expect(await effects(postgres, url)).toBe(ups(version));
      expect(await migratorFor(url, folder).up()).toMatchObject({ version: 7, adopted: baselines(version) });
      expect(await effects(postgres, url)).toBe(ups(7));
      expect(await recorded(postgres, url)).toEqual({ history: history(version, 7), version: "7,false" });
      const before = await writes(postgres, url);
      expect(await migratorFor(url, folder).up()).toMatchObject({ applied: [], adopted: [] });
      expect(await writes(postgres, url)).toBe(before);
    });

    test.each([1, 4, 6, 7])(
      "to version %i of this project's own: the schema is the same in the end",
      async (version) => {
        const [adopted, fresh] = [await postgres.createDatabase(), await postgres.createDatabase()];
        await succeeded(golangMigrate(program, adopted, MIGRATIONS)("goto", String(version)));
        for (const url of [adopted, fresh]) await migratorFor(url, MIGRATIONS).up();
        const schema = (url: string) => postgres.connected(url, describeSchema);
        expect(await schema(adopted)).toBe(await schema(fresh));
      },
    );

    /** A person has looked, and says at which version the database is, to either tool. */
    const DECISIONS = {
      "golang-migrate force": async (url: string, folder: string, version: number) => {
        await succeeded(golangMigrate(program, url, folder)("force", "--", String(version || -1)));
      },
      "migrate baseline --force": async (url: string, folder: string, version: number) => {
        await migratorFor(url, folder).baseline({ version, force: true });
      },
    };
    const decisions = Object.entries(DECISIONS);

    async function goesOn(url: string, folder: string, baseline: number): Promise<void> {
      expect(await migratorFor(url, folder).up()).toMatchObject({ version: 7 });
      expect(await effects(postgres, url)).toBe(ups(7));
      expect(await recorded(postgres, url)).toEqual({ history: history(baseline, 7), version: "7,false" });
    }

    describe.each(decisions)("and stopped half-way: refused, until a person has decided with %s", (_, decide) => {
      test.each([1, 2, 3, 4, 5, 6, 7])("in the up file of %i", async (version) => {
        const good = makeFolder(SEVEN);
        const url = await migrated(good, version - 1);
        const broken = makeFolder({ ...SEVEN, [`00000${version}_t${version}.up.sql`]: BROKEN });
        expect((await golangMigrate(program, url, broken)("up")).code).toBe(1);
        await refusedAsDirty(url, good, `says (${version}, true)`, `up file of 00000${version}_t${version}`);
        // The file was one message, and so one transaction: nothing of it is there.
        await decide(url, good, version - 1);
        await goesOn(url, good, version - 1);
      });

      test.each([2, 5, 7])("in the down file of %i, which is named beside the other suspect", async (version) => {
        const good = makeFolder(SEVEN);
        const url = await migrated(good, version);
        const broken = makeFolder({ ...SEVEN, [`00000${version}_t${version}.down.sql`]: BROKEN });
        expect((await golangMigrate(program, url, broken)("down", "1")).code).toBe(1);
        const suspect = `or the down file of 00000${version}_t${version}`;
        await refusedAsDirty(url, good, `says (${version - 1}, true)`, suspect);
        await decide(url, good, version);
        await goesOn(url, good, version);
      });

      test("in the first down file, which leaves (-1, true)", async () => {
        const good = makeFolder(SEVEN);
        const url = await migrated(good, 1);
        const broken = makeFolder({ ...SEVEN, "000001_t1.down.sql": BROKEN });
        expect((await golangMigrate(program, url, broken)("down", "1")).code).toBe(1);
        await refusedAsDirty(url, good, "says (-1, true)", "the down file of 000001_t1");
        await decide(url, good, 1);
        await goesOn(url, good, 1);
      });
    });
  });

  async function refusedAsDirty(url: string, folder: string, ...says: string[]): Promise<void> {
    const before = await writes(postgres, url);
    const error = await failure(migratorFor(url, folder).up());
    expect(error.exitCode).toBe(EXIT.refused);
    for (const text of says) expect(error.message).toContain(text);
    expect(await writes(postgres, url)).toBe(before);
  }

  describe("after ours", () => {
    test("reads the version, has nothing to do, and goes down and up; ours notices and stays right", async () => {
      const folder = makeFolder(SEVEN);
      const url = await createWitnessed(postgres);
      await migratorFor(url, folder).up();
      const migrate = golangMigrate(program, url, folder);
      expect(await succeeded(migrate("version"))).toBe("7\n");
      expect(await succeeded(migrate("up"))).toContain("no change");
      await succeeded(migrate("down", "2"));

      const migrator = migratorFor(url, folder);
      expect(await migrator.up()).toMatchObject({ version: 7, applied: [{ version: 6 }, { version: 7 }] });
      expect(migrator.events[0]?.message).toContain("golang-migrate has undone 6, 7 since");
      expect(await effects(postgres, url)).toBe(`${ups(7)} -7 -6 +6 +7`);

      await succeeded(migrate("down", "1"));
      await succeeded(migrate("up"));
      expect(await migratorFor(url, folder).up()).toMatchObject({ version: 7, applied: [] });
      expect(await recorded(postgres, url)).toEqual({ history: history(0, 7), version: "7,false" });
    });

    test("applies a newer file, which ours records and does not run", async () => {
      const folder = makeFolder(SEVEN);
      const url = await createWitnessed(postgres);
      await migratorFor(url, folder).up();
      write(folder, witnesses(9));
      await succeeded(golangMigrate(program, url, folder)("up", "1"));
      expect(await migratorFor(url, folder).up()).toMatchObject({ adopted: [8], applied: [{ version: 9 }] });
      expect(await effects(postgres, url)).toBe(ups(9));
    });

    test("undoes everything, which leaves no row; everything runs again", async () => {
      const folder = makeFolder(SEVEN);
      const url = await createWitnessed(postgres);
      await migratorFor(url, folder).up();
      const migrate = golangMigrate(program, url, folder);
      await succeeded(migrate("down", "-all"));
      expect((await recorded(postgres, url)).version).toBe("");
      expect((await migratorFor(url, folder).up()).applied).toHaveLength(7);
      expect(await succeeded(migrate("version"))).toBe("7\n");
    });

    test("goes on below our own down", async () => {
      const folder = makeFolder(SEVEN);
      const url = await createWitnessed(postgres);
      await migratorFor(url, folder).up();
      await migratorFor(url, folder).down({ to: 3 });
      const migrate = golangMigrate(program, url, folder);
      expect(await succeeded(migrate("version"))).toBe("3\n");
      await succeeded(migrate("up", "1"));
      expect(await migratorFor(url, folder).up()).toMatchObject({ adopted: [4], version: 7 });
      expect(await effects(postgres, url)).toBe(`${ups(7)} -7 -6 -5 -4 ${ups(7, 4)}`);
    });

    test("finds nothing where ours undid all", async () => {
      const folder = makeFolder(SEVEN);
      const url = await createWitnessed(postgres);
      await migratorFor(url, folder).up();
      await migratorFor(url, folder).down({ to: 0 });
      expect((await golangMigrate(program, url, folder)("version")).stderr).toContain("no migration");
    });
  });

  describe("with a table of another name or schema", () => {
    const quoted = (name: string) => `&x-migrations-table=${encodeURIComponent(name)}&x-migrations-table-quoted=1`;
    test.each([
      ["search_path", "&search_path=app", "app.schema_migrations", []],
      ["x-migrations-table", "&x-migrations-table=moves", "public.moves", []],
      ["a quoted one elsewhere", quoted('"Old Ones"."moves"'), '"Old Ones".moves', ["refused"]],
    ])("%s: nothing runs twice, and both go on with it", async (_, settings, table, refused) => {
      const folder = makeFolder(SEVEN);
      const url = await createUnrecorded(postgres);
      await postgres.query(url, 'create schema app; create schema "Old Ones"');
      const migrate = golangMigrate(program, url, folder, settings);
      await succeeded(migrate("goto", "3"));
      const ours = migratorFor(settings.includes("search_path") ? `${url}?options=-csearch_path%3Dapp` : url, folder);
      if (refused.length > 0) {
        expect((await failure(ours.up())).message).toContain(`--from golang-migrate --table '${table}'`);
        await ours.baseline({ from: "golang-migrate", table: { schema: "Old Ones", name: "moves" } });
      }
      await ours.up({ to: 5 });
      expect(await effects(postgres, url)).toBe(ups(5));
      expect(await succeeded(migrate("version"))).toBe("5\n");
      await succeeded(migrate("up", "1"));
      expect(await ours.up()).toMatchObject({ adopted: [6], version: 7 });
      expect(await effects(postgres, url)).toBe(ups(7));
      expect(await postgres.query(url, `select version::int, dirty from ${table}`)).toEqual([
        { version: 7, dirty: false },
      ]);
    });

    test("its lock keeps ours out there, too", async () => {
      const folder = makeFolder({ ...SEVEN, "000001_t1.up.sql": `${SEVEN["000001_t1.up.sql"]}select pg_sleep(2);\n` });
      const url = await createUnrecorded(postgres);
      await postgres.query(url, "create schema app");
      const running = golangMigrate(program, url, folder, "&search_path=app")("up");
      const sleeping = "select 1 from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()";
      while ((await postgres.query(url, sleeping)).length === 0)
        await new Promise((resolve) => setTimeout(resolve, 20));
      const ours = migratorFor(`${url}?options=-csearch_path%3Dapp`, folder);
      expect((await ours.up()).adopted).toEqual(baselines(7));
      await succeeded(running);
      expect(await effects(postgres, url)).toBe(ups(7));
    });
  });

  describe("at the same time", () => {
    const slow = { ...SEVEN, "000001_t1.up.sql": `${SEVEN["000001_t1.up.sql"]}select pg_sleep(2);\n` };
    const SLEEPING = "select 1 from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()";

    async function asleep(url: string): Promise<void> {
      while ((await postgres.query(url, SLEEPING)).length === 0) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }

    test("its lock keeps ours out and it is named; ours goes on when it has ended", async () => {
      const folder = makeFolder(slow);
      const url = await createWitnessed(postgres);
      const running = golangMigrate(program, url, folder)("up");
      await asleep(url);
      const before = await writes(postgres, url);
      // Its table says (1, true) meanwhile, which is dirt only once nobody is at work any more.
      const error = await failure(migratorFor(url, folder, { lockWaitSeconds: 0.2 }).up());
      expect(error.exitCode).toBe(EXIT.locked);
      expect(error.message).toMatch(
        /held the lock for longer than 0.2 s: pid \d+, application golang-migrate, role diabrisk/,
      );
      expect((await failure(migratorFor(url, folder, { lockWaitSeconds: 0 }).down({ to: 0 }))).exitCode).toBe(
        EXIT.locked,
      );
      expect(await writes(postgres, url)).toBe(before);
      const waiting = migratorFor(url, folder);
      expect((await waiting.up()).adopted).toEqual(baselines(7));
      expect(waiting.events[0]).toMatchObject({ event: "waiting-for-lock" });
      await succeeded(running);
      expect(await effects(postgres, url)).toBe(ups(7));
    });

    test("ours keeps it out, and it finds nothing to do", async () => {
      const folder = makeFolder(slow);
      const url = await createWitnessed(postgres);
      let ended = false;
      const ours = migratorFor(url, folder)
        .up()
        .finally(() => {
          ended = true;
        });
      await asleep(url);
      const said = await succeeded(golangMigrate(program, url, folder)("up"));
      expect(ended).toBe(true);
      expect(said).toContain("no change");
      expect((await ours).applied).toHaveLength(7);
      expect(await effects(postgres, url)).toBe(ups(7));
    });
  });
});
