import { EXIT } from "../../lib/contract";
import { migrateHere } from "../migrator/support/command";
import { migratorFor } from "../migrator/support/database";
import { CHANGES } from "../migrator/support/drift";
import { makeFolder, pairs } from "../migrator/support/folder";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();

const look = (url: string, directory: string, ...args: string[]) =>
  migrateHere(["verify", ...args], { DATABASE_URL: url, MIGRATIONS_DIR: directory });

/** What `verify` lists after `changes` were made by hand to a database that `files` made. */
async function drift(files: string, changes: string): Promise<string[]> {
  const url = await postgres.createDatabase();
  const directory = makeFolder(pairs({ "1_a": files }));
  await migratorFor(url, directory).up();
  await postgres.query(url, changes);
  const { code, stdout, stderr } = await look(url, directory);
  const lines = stdout.split("\n").slice(2, -1);
  expect({ code, stderr }).toEqual({ code: EXIT.refused, stderr: "" });
  return lines.map((line) => line.trim());
}

test.each(Object.entries(CHANGES))("drift: %s", async (_, [files, changes, lines]) => {
  expect(await drift(files, changes)).toEqual(lines);
});

describe("what is set for the database or the role is no drift", () => {
  const FILES = `create schema app;
    create table t (d timestamptz default '2024-06-01 00:00:00+00', i interval default '1 day 2 hours', b bytea default '\\x00',
      f float8 default 0.1, m money default 1.5);
    create table p (d timestamptz) partition by range (d);
    create table p1 partition of p for values from ('2024-01-01 00:00:00+00') to ('2025-01-01 00:00:00+00')`;

  const PRINTING = ["timezone = 'Europe/Zurich'", "intervalstyle = iso_8601", "datestyle = 'german'"].concat([
    "bytea_output = escape",
    "extra_float_digits = -10",
    "quote_all_identifiers = on",
  ]);
  test.each([
    ["how values and names are printed", "alter database", PRINTING],
    ["where names are looked for", "alter database", ["search_path = app, public"]],
    ["odd names to look in", "alter database", ['search_path = "$user", "with \\ and space", app']],
    ["of a role in the database", "alter role diabrisk in database", ["search_path = app"]],
  ])("%s", async (_, alter, settings) => {
    const url = await postgres.createDatabase();
    const database = new URL(url).pathname.slice(1);
    await postgres.query(url, settings.map((setting) => `${alter} ${database} set ${setting};`).join("\n"));
    const directory = makeFolder(pairs({ "1_a": [FILES, "drop table t, p; drop schema app"] }));
    await migratorFor(url, directory).up();
    const noDrift = { code: EXIT.ok, stdout: expect.stringContaining("No drift"), stderr: "" };
    expect(await look(url, directory)).toMatchObject(noDrift);
    expect(await look(url, directory, "--scratch", await postgres.createDatabase())).toMatchObject(noDrift);
    const ownOptions = `${url}?options=-c%20statement_timeout%3D60000`;
    expect(await migratorFor(ownOptions, directory).verify({ drift: true })).toMatchObject({
      drift: { checked: true, differences: [] },
    });
  });

  test("nor is a schema that an administrator has made for the files", async () => {
    const url = await postgres.createDatabase();
    const schema = new URL(url).username;
    await postgres.query(url, `create schema "${schema}"; create schema other`);
    const directory = makeFolder(pairs({ "1_a": ["create table t (a int)", "drop table t"] }));
    await migratorFor(url, directory).up();
    const noDrift = { code: EXIT.refused, stdout: expect.stringMatching(/Drift: 1 difference.*\n +\+ schema other\n/) };
    expect(await look(url, directory)).toMatchObject(noDrift);
    expect(await look(url, directory, "--scratch", await postgres.createDatabase())).toMatchObject(noDrift);
    expect(await migratorFor(url, directory).test()).toMatchObject({ passed: true });
  });

  test("nor is what a connection sets for itself", async () => {
    const url = await postgres.createDatabase();
    const directory = makeFolder(pairs({ "1_a": FILES }));
    await migratorFor(url, directory).up();
    const settings =
      "timezone=Asia/Tokyo intervalstyle=iso_8601 datestyle=german bytea_output=escape extra_float_digits=-10";
    const own = `${url}?options=${encodeURIComponent(settings.replace(/\S+/g, "-c $&"))}`;
    expect(await look(own, directory, "--scratch", await postgres.createDatabase())).toMatchObject({ code: EXIT.ok });
  });
});

describe("--ignore", () => {
  const FILES = `create schema app; create table app.events (id int primary key, at date) partition by range (id);
    create table app.reads (event int references app.events); create index events_at on app.events (at); create table kept (i int)`;
  const CHANGES = `create table app.events_p1 partition of app.events for values from (1) to (9);
    create publication pub for all tables; create table operators (i int); comment on table operators is 'ours';
    alter table kept add j int; create index on kept (j)`;
  const RUNTIME = ["--ignore", "app.events_p*", "--ignore", "publication *", "--ignore", "table public.operators"];

  async function changed(sql = CHANGES) {
    const url = await postgres.createDatabase();
    const directory = makeFolder(pairs({ "1_a": FILES }));
    await migratorFor(url, directory).up();
    await postgres.query(url, sql);
    return { url, directory };
  }

  test("puts partitions, publications and an operator's objects aside, and says how much that was", async () => {
    const { url, directory } = await changed();
    const { code, stdout } = await look(url, directory, ...RUNTIME);
    expect(code).toBe(EXIT.refused);
    expect(stdout.split("\n").slice(1, -1)).toEqual([
      expect.stringMatching(/^Drift: 2 differences .*, but for 3 differences put aside \(/),
      "  + column kept.j integer",
      "  + index kept_j_idx btree (j)",
      '  put aside by "app.events_p*": 1',
      '  put aside by "publication *": 1',
      '  put aside by "table public.operators": 1',
    ]);
    expect(await look(url, directory, ...RUNTIME, "--ignore", "table kept")).toMatchObject({
      code: EXIT.ok,
      stdout: expect.stringContaining(
        "No drift: the database is what a fresh one is at version 1, but for 5 differences put aside.",
      ),
    });
    expect(await look(url, directory, ...RUNTIME, "--ignore", "kept.j", "--ignore", "index kept_?_idx")).toMatchObject({
      code: EXIT.ok,
    });
  });

  test("a partition made at run time is one object, with its copies of foreign keys and indexes", async () => {
    const { url, directory } = await changed(
      "create table app.events_p1 partition of app.events for values from (1) to (9)",
    );
    const { stdout } = await look(url, directory);
    expect(stdout).toMatch(/Drift: 1 difference .*\n {2}\+ table app\.events_p1 /);
  });

  test("warns of a pattern that names nothing", async () => {
    const { url, directory } = await changed();
    const { stdout } = await look(url, directory, "--ignore", "table app.event_*", "--ignore", "*.kept");
    for (const pattern of ["table app.event_*", "*.kept"])
      expect(stdout).toContain(
        `warning: The pattern "${pattern}" names nothing, neither here nor in a fresh database.`,
      );
  });

  test("as a project's list, with reasons", async () => {
    const { url, directory } = await changed();
    const ignore = [{ pattern: "*", reason: "all of it" }];
    expect(await migratorFor(url, directory).verify({ drift: true, ignore })).toMatchObject({
      drift: {
        checked: true,
        differences: [],
        ignored: [{ ...ignore[0], differences: expect.arrayContaining(["+ table operators"]) }],
      },
    });
  });

  test("an empty pattern is refused, and one beside --no-drift", async () => {
    const { url, directory } = await changed("select 1");
    for (const args of [
      ["--ignore", ""],
      ["--ignore", " "],
      ["--ignore", "t", "--no-drift"],
    ])
      expect((await look(url, directory, ...args)).code).toBe(EXIT.usage);
  });
});
