import { EXIT } from "../../lib/contract";
import { usePostgres } from "../support/postgres";
import { migrateHere } from "./support/command";
import { failure, migratorFor, recorded } from "./support/database";
import { type Files, makeFolder, pairs, write } from "./support/folder";
import { beside, files, looksAt, MARK, told } from "./support/stepwise";

const postgres = usePostgres({ settings: { wal_level: "minimal", max_wal_senders: "0" } });

const { rows, indexes, progress, mark } = looksAt(postgres);

test("a marked file runs statement by statement, up and down, and leaves the record that others leave", async () => {
  const url = await postgres.createDatabase();
  const folder = makeFolder({
    ...files(
      `create index concurrently a_b on a (b);
vacuum analyze a;
do $$ begin for n in 1..3 loop insert into a values (-n, n); commit; end loop; end $$;
create function f() returns int language sql begin atomic select 1; select 2; end;
insert into a values (0, 0);`,
      `${MARK}drop function f();\ndrop index concurrently a_b;`,
    ),
    ...pairs({ "3_c": "create table c (id int);" }),
  });
  const { applied } = await migratorFor(url, folder, { privileges: "comment on table c is 'privileged'" }).up();
  expect(applied.map(({ version }) => version)).toEqual([1, 2, 3]);
  expect(await recorded(postgres, url)).toEqual({ history: "1:applied 2:applied 3:applied", version: "3,false" });
  expect(await indexes(url)).toEqual(["a_b"]);
  expect(await rows(url, "select count(*)::int from a where id <= 0")).toEqual([4]);
  expect(await progress(url)).toEqual([]);
  expect(await rows(url, "select duration > interval '0' from migrate.history where version = 2")).toEqual([true]);
  await migratorFor(url, folder).down({ to: 1 });
  expect(await indexes(url)).toEqual([]);
  expect(await recorded(postgres, url)).toEqual({ history: "1:applied", version: "1,false" });
});

test("what the file sets holds for the whole of it, also where a later run goes on, and ends with it", async () => {
  const url = await postgres.createDatabase();
  const show = (n: number) => `insert into seen values (${n}, current_setting('search_path'));`;
  const folder = makeFolder({
    ...pairs({ "1_a": "create table public.seen (n int, path text); create schema s;" }),
    ...pairs({ "2_b": `${MARK}set search_path = s, public;\n${show(1)}\nselect 1 / 0;\n${show(2)}` }),
    ...pairs({ "3_c": show(3) }),
  });
  await failure(migratorFor(url, folder).up());
  write(folder, pairs({ "2_b": `${MARK}set search_path = s, public;\n${show(1)}\nselect 1;\n${show(2)}` }));
  await migratorFor(url, folder).up();
  expect(await rows(url, "select path from seen order by n")).toEqual(["s, public", "s, public", '"$user", public']);
});

test("a statement that fails says where, what is done, and that up goes on", async () => {
  const url = await postgres.createDatabase();
  const folder = makeFolder(
    files("insert into a values (-1);\ncreate index concurrently i on a (b);\n\tselect '😀', nope;\nselect 1;"),
  );
  const error = await failure(migratorFor(url, folder).up());
  expect(error.exitCode).toBe(EXIT.sql);
  expect(error.details).toMatchObject({ version: 2, sqlstate: "42703", position: { line: 4, column: 14 } });
  expect(error.message).toContain("2_b.up.sql:4:14: column");
  expect(error.message).toContain(
    "Statement 3 of 2_b failed and was rolled back. Statements 1 to 2 of 4 are finished and recorded. `migrate up` goes on with statement 3 (select '😀', nope)",
  );
  expect(await progress(url)).toEqual(["2up1", "2up2"]);
  expect(await mark(url)).toBe("2,true");
  const status = await migratorFor(url, folder).status();
  expect(status.version).toBe(1);
  expect(status.problems).toEqual([]);
  expect(status.warnings.join()).toMatch(
    /2_b is half done: 2 statements are finished\. `migrate up` goes on with statement 3/,
  );
  write(folder, files("insert into a values (-1);\n-- a comment\ncreate index concurrently i on a (b);\nselect 3;"));
  const again = migratorFor(url, folder);
  await again.up();
  expect(again.events.find(({ event }) => event === "resuming")?.message).toBe("2_b goes on with statement 3 of 3.");
  expect(await rows(url, "select count(*)::int from a where id = -1")).toEqual([1]);
  expect(await mark(url)).toBe("2,false");
});

describe("status of a half done file", () => {
  const MORE = `${MARK}insert into a values (-1);\nselect 1 / 0;\nselect 3;`;
  const table = async (url: string, folder: string) => {
    const environment = { DATABASE_URL: url, MIGRATIONS_DIR: folder };
    const { stdout, code } = await migrateHere(["status"], environment);
    const json = (await migrateHere(["status", "--json"], environment)).stdout.trim().split("\n");
    return { lines: stdout.split("\n"), code, rows: json.map((line) => JSON.parse(line)) };
  };

  test("applied by half: a row of the table with how many of its statements are finished", async () => {
    const url = await postgres.createDatabase();
    const folder = makeFolder({ ...files(MORE.slice(MARK.length)), ...pairs({ "3_c": "select 1;" }) });
    await failure(migratorFor(url, folder).up());
    const { lines, code, rows } = await table(url, folder);
    expect(lines[0]).toMatch(/ is at version 1, 2 pending, 2 half done\.$/);
    expect(lines[3]).toMatch(/^ +2 {2}b +half applied, 1 of 3 statements$/);
    expect(rows[1]).toEqual({
      migration: true,
      version: 2,
      name: "b",
      state: "half-applied",
      statements: { finished: 1, of: 3 },
    });
    expect([code, rows.at(-1)]).toEqual([
      EXIT.pending,
      expect.objectContaining({ version: 1, pending: 2, dirty: true }),
    ]);
    const older = makeFolder(
      pairs({ "1_a": "create table a (id int, b int); insert into a select n, n from generate_series(1, 100) n;" }),
    );
    const elsewhere = await table(url, older);
    expect(elsewhere.lines[3]).toMatch(/^ +2 +half applied, 1 statement +missing$/);
    expect([elsewhere.code, elsewhere.rows[1].statements]).toEqual([EXIT.ok, { finished: 1 }]);
    write(folder, files("insert into a values (-1);\nselect $$"));
    expect((await table(url, folder)).rows[1].statements).toEqual({ finished: 1 });
  });

  test("plan shows what is left of it, and verify does not take the half for drift", async () => {
    const url = await postgres.createDatabase();
    const more = "create table b (id int);\nset work_mem = '5MB';\nvacuum a;\nselect 1 / 0;\ndrop table b;";
    const folder = makeFolder(files(more));
    const migrator = migratorFor(url, folder);
    await failure(migrator.up());
    const [planned] = (await migrator.plan()).migrations;
    expect(planned?.statements.map(({ kind, line }) => `${kind} ${line}`)).toEqual([
      "SET 3",
      "SELECT 5",
      "DROP TABLE 6",
    ]);
    expect(planned?.statements[2]?.effects).toEqual([expect.objectContaining({ relation: "public.b", isNew: false })]);
    expect(planned?.sql).toEqual(["set work_mem = '5MB'", "select 1 / 0", "drop table b"]);
    expect((await migrator.verify({ drift: true })).drift).toMatchObject({
      checked: false,
      reason: "Drift was not checked: version 2 is half done. Complete or undo it first.",
      differences: [],
      ignored: [],
      useless: [],
    });
  });

  test("undone by half: with when it was applied", async () => {
    const url = await postgres.createDatabase();
    const folder = makeFolder(files("insert into a values (-1);", MORE));
    await migratorFor(url, folder).up();
    await failure(migratorFor(url, folder).down({ steps: 1 }));
    const { lines, rows } = await table(url, folder);
    expect(lines[3]).toMatch(/^ +2 {2}b +half reverted, 1 of 3 statements {2}20.* diabrisk {2}ok$/);
    expect(rows[1]).toMatchObject({
      state: "half-reverted",
      statements: { finished: 1, of: 3 },
      appliedBy: "diabrisk",
    });
  });
});

describe("a half done file", () => {
  const half = async (more: Files = {}) => {
    const url = await postgres.createDatabase();
    const text = "insert into a values (-1);\nselect 1 / 0;";
    const folder = makeFolder({ ...files(text, "delete from a where id = -1;"), ...more });
    await failure(migratorFor(url, folder).up());
    return { url, folder };
  };
  const refusals: Record<string, [files: Files, says: RegExp]> = {
    "whose finished statement was edited": [
      files("insert into a values (-2);\nselect 1;"),
      /2_b\.up\.sql:2:1: statement 1 \(insert into a values \(-2\)\) has been edited, but it has been finished on 20/,
    ],
    "which lost a finished statement": [files("select 1;"), /statement 1 \(select 1\) has been edited/],
    "which lost its mark": [pairs({ "2_b": "insert into a values (-1);" }), /put that back/],
    "before which a file was added": [
      pairs({ "3_b": "select 1;", "2_b": `${MARK}insert into a values (-1);`, "1_z": "select 1;" }),
      /belongs to more than one/,
    ],
  };
  test.each(Object.entries(refusals))("%s is refused", async (_, [changed, says]) => {
    const { url, folder } = await half();
    write(folder, changed);
    const error = await failure(migratorFor(url, folder).up());
    expect(error.exitCode).toBe(EXIT.refused);
    expect(error.message).toMatch(says);
    expect(await progress(url)).toEqual(["2up1"]);
  });

  test("can be undone by its down file", async () => {
    const { url, folder } = await half();
    expect((await migratorFor(url, folder).down({ steps: 1 })).reverted.map(({ version }) => version)).toEqual([2]);
    expect(await rows(url, "select count(*)::int from a where id = -1")).toEqual([0]);
    expect(await progress(url)).toEqual([]);
    expect(await mark(url)).toBe("1,false");
  });

  test("comes first: what is late behind it is refused", async () => {
    const { url } = await half();
    const folder = makeFolder({ ...files("insert into a values (-1);\nselect 1;"), ...pairs({ "01_a": "select 1;" }) });
    const late = makeFolder({
      ...pairs({ "1_a": "create table a (id int, b int); insert into a select n, n from generate_series(1, 100) n;" }),
      ...pairs({ "3_b": `${MARK}insert into a values (-1);` }),
    });
    expect((await failure(migratorFor(url, folder).up())).exitCode).toBe(EXIT.refused);
    expect((await failure(migratorFor(url, late).up())).message).toMatch(
      /Version 2 is half done, and nothing else runs/,
    );
  });

  test("is none of a release's business that does not know it: up and wait succeed", async () => {
    const { url } = await half();
    const older = makeFolder(
      pairs({ "1_a": "create table a (id int, b int); insert into a select n, n from generate_series(1, 100) n;" }),
    );
    const migrator = migratorFor(url, older);
    expect(await migrator.up()).toMatchObject({ applied: [], version: 1 });
    expect(migrator.events.map(({ message }) => message)).toEqual([
      "Version 2 is half done: 1 statement is finished. The release that brought it goes on with it.",
    ]);
    expect(await migrator.wait({ version: 1, timeoutSeconds: 0 })).toEqual({ version: 2 });
    expect((await failure(migrator.wait({ version: 2, timeoutSeconds: 0 }))).exitCode).toBe(EXIT.pending);
  });

  test("that golang-migrate was told to take for whole is adopted; for not begun, it is asked", async () => {
    const { url, folder } = await half();
    await postgres.query(url, "update schema_migrations set version = 1, dirty = false");
    expect((await failure(migratorFor(url, folder).up())).message).toMatch(
      /Migration 2 stopped after 1 finished statements, and since then public\.schema_migrations has been set to \(1, false\)/,
    );
    await postgres.query(url, "update schema_migrations set version = 2");
    expect(await migratorFor(url, folder).up()).toMatchObject({ applied: [], adopted: [2] });
    expect(await progress(url)).toEqual([]);
  });

  test("whose undoing has stopped is undone further, and not run up again", async () => {
    const url = await postgres.createDatabase();
    const down = (last: string) => `${MARK}delete from a where id = -1;\n${last}`;
    const folder = makeFolder(files("insert into a values (-1);", down("select 1 / 0;")));
    await migratorFor(url, folder).up();
    const error = await failure(migratorFor(url, folder).down({ steps: 1 }));
    expect(error.message).toMatch(/2_b\.down\.sql:3:10|`migrate down --steps 1` goes on with statement 2/);
    expect(await progress(url)).toEqual(["2down1"]);
    expect((await failure(migratorFor(url, folder).up())).message).toMatch(/The undoing of 2_b is half done/);
    write(folder, files("insert into a values (-1);", down("select 1;")));
    await migratorFor(url, folder).down({ steps: 1 });
    expect(await mark(url)).toBe("1,false");
  });
});

/** Resolves when a statement that builds an index has waited for a second. */
async function longerThanTheLockTimeout(url: string): Promise<void> {
  const waiting = `select from pg_stat_activity where datname = current_database() and query like 'create index%'
    and wait_event_type = 'Lock' and clock_timestamp() - query_start > interval '1 s'`;
  await postgres.connected(url, async (client) => {
    while ((await client.query(waiting)).rowCount === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  });
}

describe("a statement that waits", () => {
  test("CREATE INDEX CONCURRENTLY names the old transaction, waits beyond the lock timeout, and two runners do not deadlock", async () => {
    const url = await postgres.createDatabase();
    const folder = makeFolder(files("create index concurrently i on a (b);"));
    await migratorFor(url, folder).up({ to: 1 });
    const runners = [1, 2].map(() =>
      migratorFor(url, folder, { lockTimeoutSeconds: 0.4, statementTimeoutSeconds: 20 }),
    );
    const done = await beside(url, "begin isolation level repeatable read; insert into a values (0, 0)", async () => {
      const ups = runners.map((runner) => runner.up());
      const blocked = await told(runners, "blocked");
      expect(blocked.message).toMatch(/held by pid \d+ \(somebody, role diabrisk, in a transaction for/);
      await told(runners, "waiting-for-lock");
      await longerThanTheLockTimeout(url);
      return { ups };
    });
    const results = await Promise.all(done.ups);
    expect(results.map(({ applied }) => applied.length).sort()).toEqual([0, 1]);
    expect(await indexes(url)).toEqual(["i"]);
  });

  test.each([
    "alter table a add c int;",
    // Not concurrent, so that others would queue behind it.
    "reindex (concurrently false) table a;",
    "reindex (concurrently on, concurrently 0) table a;",
    "reindex (concurrently 'OFF', verbose) index i;",
  ])("any other statement is tried again until its lock is free: %s", async (sql) => {
    const url = await postgres.createDatabase();
    const folder = makeFolder(files(`insert into a values (-1);\n${sql}`));
    await migratorFor(url, folder).up({ to: 1 });
    await postgres.query(url, "create index i on a (b)");
    const migrator = migratorFor(url, folder, { lockTimeoutSeconds: 0.3 });
    const running = await beside(url, "begin; insert into a values (-2)", async () => {
      const up = migrator.up();
      // On a busy machine a try may be over before the holder of the lock is found.
      await told([migrator], "retry", /somebody/);
      return { up };
    });
    await running.up;
    expect(await rows(url, "select count(*)::int from a where id = -1")).toEqual([1]);
  });
});

describe("is refused in a marked file, before anything is written", () => {
  const cases: Record<string, RegExp> = {
    "select 1;\nselect from from;": /2_b\.up\.sql:3:\d+: syntax error at or near "from"/,
    "set local lock_timeout = 1;": /2_b\.up\.sql:2:1: this setting would end/,
    "create temp table x (id int);": /a temporary table would be gone/,
    "select 1 into temp x;": /a temporary table would be gone/,
    "discard all;": /would give the migrator's lock away/,
    "lock table a;": /the lock would be released at once/,
    "set session authorization postgres;": /Use SET ROLE/,
    "set standard_conforming_strings = off;": /read the next statements otherwise than they were split/,
    "reset all;": /would take away the limits/,
    "begin; select 1; commit;": /opens or ends a transaction in a file marked/,
  };
  test.each(Object.entries(cases))("%j", async (sql, says) => {
    const url = await postgres.createDatabase();
    const error = await failure(migratorFor(url, makeFolder(files(sql))).up());
    expect(error.exitCode).toBe(EXIT.refused);
    expect(error.message).toMatch(says);
    expect(await rows(url, "select count(*)::int from pg_tables where schemaname in ('public', 'migrate')")).toEqual([
      0,
    ]);
  });
});
