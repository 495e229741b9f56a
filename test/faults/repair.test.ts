import { setTimeout as sleep } from "node:timers/promises";
import { GOLANG_MIGRATE } from "../../bench/tools";
import { EXIT } from "../../lib/contract";
import { migratorFor } from "../migrator/support/database";
import { makeFolder, pairs, tables } from "../migrator/support/folder";
import { killSeed } from "../migrator/support/kills";
import { useMigrateCommand } from "../migrator/support/process";
import { names, repairable, table } from "../migrator/support/repair";
import { usePostgres } from "../support/postgres";
import { random } from "../support/random";
import { describeUnless, golangMigrate, lacksGo, succeeded, useGoTool } from "./support/programs";

const postgres = usePostgres();
const migrate = useMigrateCommand();
const [A, B, C] = [table("a"), table("b"), table("c")];

const BEFORE = pairs({ "1_a": A, "2_b": B, "3_c": C });
const AFTER = pairs({ "1_c": C, "2_a": A, "3_b": B });

test("killed at forty random moments, it has repaired all or nothing, and is completed by the next", async () => {
  const moment = random(killSeed());
  const seen = new Set<string>();
  for (let n = 0; n < 40; n++) {
    const { url, folder } = await repairable(postgres, BEFORE, AFTER);
    // Slow enough to be met in the middle.
    await postgres.query(
      url,
      `create function pause() returns trigger language plpgsql as $$ begin perform pg_sleep(0.02); return new; end $$;
       create trigger pause before update on migrate.history for each row execute function pause()`,
    );
    const args = ["repair", "--yes", "--no-drift", "--dir", folder];
    const run = migrate(args, { DATABASE_URL: url });
    await sleep(60 + moment() * 300);
    run.child.kill("SIGKILL");
    await run.finished;
    // The server may be at the statement still.
    while ((await postgres.query(url, SESSIONS)).length > 0) await sleep(5);
    const [{ count } = { count: "" }] = await postgres.query<{ count: string }>(
      url,
      "select count(*) from migrate.repairs",
    );
    seen.add(`${await names(postgres, url)}; ${count} recorded`);
    expect((await migrate(args, { DATABASE_URL: url }).finished).code).toBe(EXIT.ok);
    expect(await names(postgres, url)).toBe("1 c, 2 a, 3 b");
  }
  expect([...seen].sort()).toEqual(["1 a, 2 b, 3 c; 0 recorded", "1 c, 2 a, 3 b; 3 recorded"]);
});

const SESSIONS =
  "select from pg_stat_activity where application_name like 'migrate repair%' and datname = current_database()";

describeUnless(lacksGo(GOLANG_MIGRATE), "golang-migrate after a repair", () => {
  const program = useGoTool(GOLANG_MIGRATE);

  test("reads the number that the file has now, and goes on", async () => {
    const after = pairs({ "1_b": B, "2_a": A, "3_c": C });
    const { url, folder, run } = await repairable(postgres, pairs({ "1_a": A }), after);
    await run("repair", "--yes");
    const theirs = golangMigrate(program, url, folder);
    expect(await succeeded(theirs("version"))).toBe("2\n");
    await succeeded(theirs("up"));
    expect(await succeeded(theirs("version"))).toBe("3\n");
    expect((await migratorFor(url, folder).status()).problems).toEqual([]);
  });

  test("runs a squash on a new database, and nothing of it on an old one", async () => {
    const up = "-- migrate:squashes 1-3\ncreate table t1 (id int); create table t2 (id int); create table t3 (id int);";
    const squashed = { ...pairs({ "3_s": [up, "drop table t1, t2, t3;"] }), ...pairs({ "4_c": C }) };
    const fresh = await postgres.createDatabase();
    const folder = makeFolder(squashed);
    await succeeded(golangMigrate(program, fresh, folder)("up"));
    expect(await migratorFor(fresh, folder).up()).toMatchObject({ version: 4, adopted: [3, 4] });
    const old = await repairable(postgres, tables(3), squashed);
    await old.run("repair", "--yes");
    const theirs = golangMigrate(program, old.url, old.folder);
    expect(await succeeded(theirs("version"))).toBe("3\n");
    await succeeded(theirs("up"));
    expect(await migratorFor(old.url, old.folder).up()).toMatchObject({ version: 4, adopted: [4] });
    expect(await old.run("verify")).toMatchObject({ code: EXIT.ok });
  });

  test("knows the number 0 as ours does", async () => {
    const [ours, theirs] = [await postgres.createDatabase(), await postgres.createDatabase()];
    const folder = makeFolder(pairs({ "0_a": A, "1_b": B }));
    const go = golangMigrate(program, theirs, folder);
    const row = async (url: string) => JSON.stringify(await postgres.query(url, "select * from schema_migrations"));
    for (const to of [0, 1]) {
      await succeeded(go("up", "1"));
      await migratorFor(ours, folder).up({ to });
      expect(await row(ours)).toBe(await row(theirs));
    }
    expect(await migratorFor(theirs, folder).up()).toMatchObject({ adopted: [0, 1] });
    for (const steps of [1, 1]) {
      await succeeded(go("down", "1"));
      await migratorFor(ours, folder).down({ steps });
      expect(await row(ours)).toBe(await row(theirs));
    }
  });
});
