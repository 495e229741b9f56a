import { EXIT, SCHEMA_VERSION } from "../../lib/contract";
import { judgeSchema } from "../../lib/data-svc/schema";
import { usePostgres } from "../support/postgres";
import { migrateHere } from "./support/command";
import { failure, migratorFor } from "./support/database";
import { makeFolder, pairs, tables, write } from "./support/folder";
import { CountingProxy } from "./support/proxy";

const postgres = usePostgres();

async function database(files = tables(3)) {
  const url = await postgres.createDatabase();
  const directory = makeFolder(files);
  return {
    url,
    directory,
    environment: { DATABASE_URL: url, MIGRATIONS_DIR: directory },
    migrator: migratorFor(url, directory),
  };
}

describe("status", () => {
  test("is a table in which every column begins at one place", async () => {
    const { environment, migrator, directory, url } = await database();
    await migrator.baseline({ version: 1 });
    await migrator.up({ to: 2 });
    await postgres.query(
      url,
      "update migrate.history set applied_at = '2026-01-02 03:04:05Z', duration = '12 ms', applied_by = 'migrator'",
    );
    await postgres.query(url, "update migrate.history set duration = null where kind = 'baseline'");
    write(directory, { "000002_t2.up.sql": "select 'changed';" });
    const { stdout, code } = await migrateHere(["status"], environment);
    expect(stdout.replace(/test_\d+/, "db")).toBe(
      `db is at version 2, 1 pending.
  version  name  state     applied (UTC)         took  by        file
        1  t1    baseline  2026-01-02 03:04:05         migrator  ok
        2  t2    applied   2026-01-02 03:04:05  12 ms  migrator  changed
        3  t3    pending
up would refuse, for 1 reason:
  - ${stdout.slice(stdout.indexOf("  - ") + 4)}`,
    );
    expect(stdout).toMatch(/- .*000002_t2\.up\.sql has changed since it was applied/);
    expect(code).toBe(EXIT.refused);
  });

  test("shortens names to the terminal's width, and to nothing else", async () => {
    const name = "a_very_long_name_that_says_too_much_about_what_it_does_".repeat(2);
    const { environment, migrator } = await database(
      pairs({ [`1_${name}`]: "create table a ()", "2_b": "create table b ()" }),
    );
    await migrator.up({ to: 1 });
    const at = async (columns?: number) =>
      (await migrateHere(["status"], environment, columns === undefined ? {} : { columns })).stdout
        .trimEnd()
        .split("\n")
        .slice(1);
    for (const line of await at(90)) expect(line.length).toBeLessThanOrEqual(90);
    expect((await at(90))[1]).toMatch(/^ +1 {2}a_very_long_name\w*… {2}applied {2}20/);
    expect((await at())[1]).toContain(name);
    expect((await at(20))[1]).toMatch(/^ +1 {2}a_very_long…/);
  });

  test("has one line for each migration, whatever name a database recorded", async () => {
    const { environment, migrator, url } = await database(tables(1));
    await migrator.up();
    await postgres.query(url, "update migrate.history set name = E'a\\n2\\x1b[31m'");
    const { stdout } = await migrateHere(["status"], environment);
    expect(stdout).toMatch(/^ +1 {2}a\\u000a2\\u001b\[31m {2}applied/m);
  });

  test("tells of a missing file, and where nothing ran yet", async () => {
    const { url, migrator } = await database();
    const none = await migrateHere(["status"], { DATABASE_URL: url, MIGRATIONS_DIR: makeFolder(tables(1)) });
    expect(none).toMatchObject({
      code: EXIT.pending,
      stdout: expect.stringMatching(/version 0, 1 pending\.\n.*file\n +1 {2}t1 +pending\n$/),
    });
    await migrator.up();
    const { migrations } = await migratorFor(url, makeFolder(tables(2))).status();
    expect(migrations.map(({ state, file }) => `${state} ${file}`)).toEqual([
      "applied ok",
      "applied ok",
      "applied missing",
    ]);
  });

  test("of a thousand migrations takes as many messages as of none", async () => {
    const { url, directory, migrator } = await database(tables(1000));
    await migrator.baseline({ version: 990 });
    const proxy = await CountingProxy.start(postgres.server.port);
    const through = new URL(url);
    through.port = String(proxy.port);
    const { migrations, pending } = await migratorFor(through.href, directory).status();
    await proxy.close();
    expect([migrations.length, pending]).toEqual([1000, 10]);
    expect(proxy.queries.length).toBeLessThanOrEqual(2);
    expect(proxy.queries.join()).not.toMatch(/insert|update|delete|advisory/i);
  });
});

describe("wait", () => {
  const state = (version: number, dirty: boolean) =>
    `create table schema_migrations (version bigint not null primary key, dirty boolean not null); insert into schema_migrations values (${version}, ${dirty})`;
  const waiting = async (sql: string, ...args: string[]) => {
    const { url, environment } = await database();
    if (sql) await postgres.query(url, sql);
    // The first thing that it says lets a minute pass.
    let stdout = "";
    const passing = (text: string) => {
      stdout += text;
      jest.spyOn(Date, "now").mockReturnValue(Date.now() + 60_000);
    };
    return { ...(await migrateHere(["wait", "--timeout", "60", ...args], environment, { stdout: passing })), stdout };
  };
  afterEach(() => jest.restoreAllMocks());

  test.each([
    [SCHEMA_VERSION - 1, false],
    [SCHEMA_VERSION, false],
    [SCHEMA_VERSION, true],
    [SCHEMA_VERSION + 1, false],
    [SCHEMA_VERSION + 1, true],
  ])("judges (%i, %s) as data-svc does", async (version, dirty) => {
    const { code } = await waiting(state(version, dirty));
    expect(code === EXIT.ok).toBe(judgeSchema({ version, dirty }).status !== "failed");
  });

  test.each([
    [
      "",
      /^No migration has run yet; waiting for 7, for at most 60 s\.\n$/,
      /error: No migration has run yet, and not at 7 after 60 s/,
    ],
    [state(3, false), /^The database is at version 3; waiting for 7/, /is at version 3, and not at 7/],
    [
      state(7, true),
      /^The database is dirty: migration 7 stopped half-way \(see `migrate status`\); waiting/,
      /stopped half-way/,
    ],
  ])("after %j says what it waits for and why it gave up", async (sql, waits, gaveUp) => {
    const { code, stdout, stderr } = await waiting(sql, "--version", "7");
    expect(stdout).toMatch(waits);
    expect(stderr).toMatch(gaveUp);
    expect(code).toBe(EXIT.pending);
  });

  test("goes on as soon as the version is there, and says so", async () => {
    const { environment, migrator } = await database();
    const waited = migrateHere(["wait", "--version", "2", "--timeout", "20"], environment);
    await migrator.up();
    expect(await waited).toMatchObject({
      code: EXIT.ok,
      stdout: expect.stringContaining("The database is at version 3."),
    });
  });
});

test("two migrators on two databases in one process, at once, know nothing of each other", async () => {
  const [a, b] = [await database(tables(20)), await database({ ...tables(5), ...pairs({ "6_bad": "select nope" }) })];
  const [one, two] = await Promise.all([a.migrator.up(), failure(b.migrator.up())]);
  expect(one).toMatchObject({ version: 20, database: new URL(a.url).pathname.slice(1) });
  expect(two).toMatchObject({ exitCode: EXIT.sql, details: { version: 6 } });
  expect(a.migrator.events.filter(({ event }) => event === "applied")).toHaveLength(20);
  expect(b.migrator.events.filter(({ event }) => event === "applied")).toHaveLength(5);
  const [status, undone] = await Promise.all([a.migrator.status(), b.migrator.down({ to: 0 })]);
  expect([status.version, undone.version]).toEqual([20, 0]);
});
