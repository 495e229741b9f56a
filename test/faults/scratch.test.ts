import * as path from "node:path";
import { EXIT, SCHEMA_VERSION } from "../../lib/contract";
import { bootstrap } from "../../lib/roles/bootstrap";
import { migrateHere } from "../migrator/support/command";
import { migratorFor } from "../migrator/support/database";
import { makeFolder, pairs, tables } from "../migrator/support/folder";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();

const FILES = pairs({
  "1_users": [
    "create table users (id int primary key, email text unique, nick text); create index users_nick_idx on users (nick);",
    "drop table users;",
  ],
  "2_shape": [
    "create type mood as enum ('ok'); create view people as select id from users;",
    "drop view people; drop type mood;",
  ],
});

async function migrated(files = FILES) {
  const url = await postgres.createDatabase();
  const directory = makeFolder(files);
  const migrator = migratorFor(url, directory);
  await migrator.up();
  const environment = { DATABASE_URL: url, MIGRATIONS_DIR: directory };
  return {
    url,
    directory,
    environment,
    migrator,
    verify: (...args: string[]) => migrateHere(["verify", ...args], environment),
  };
}

/** Databases of the server that nobody asked for. */
const leftovers = () =>
  postgres.query(postgres.server.url(), "select datname from pg_database where datname ~ '^migrate_scratch'");

afterEach(async () => expect(await leftovers()).toEqual([]));

describe("verify", () => {
  test("finds no drift where nobody changed anything", async () => {
    const { verify } = await migrated();
    expect(await verify()).toMatchObject({
      code: EXIT.ok,
      stdout: expect.stringMatching(
        /2 applied files compared, 0 pending, no difference\.\nNo drift: the database is what a fresh one is at version 2\.\n$/,
      ),
    });
  });

  test("lists what was changed by hand as lines of SQL", async () => {
    const { url, verify } = await migrated();
    await postgres.query(
      url,
      `
      alter table users add column age smallint not null default 0 check (age >= 0);
      alter table users alter column nick type varchar(10), alter column nick set not null;
      alter table users drop constraint users_email_key;
      drop index users_nick_idx;
      create unique index users_nick_idx on users (nick);
      alter type mood add value 'sad';
      create table extra (id int primary key);
      create function f() returns int language sql as 'select 1';
      comment on table users is 'People.';
      create trigger t before update on users for each row execute function suppress_redundant_updates_trigger()`,
    );
    const { code, stdout } = await verify();
    expect(code).toBe(EXIT.refused);
    expect(stdout.split("\n").slice(2, -1)).toEqual([
      "  - constraint users.users_email_key UNIQUE (email)",
      "  + table extra",
      "  + column users.age smallint not null default 0",
      "  + constraint users.users_age_check CHECK (age >= 0)",
      "  + trigger users.t BEFORE UPDATE FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
      expect.stringMatching(/^ {2}\+ function f\(\) returns integer language sql digest [0-9a-f]{12}$/),
      "  ~ type mood enum ('ok') → enum ('ok', 'sad')",
      "  + comment on table users 'People.'",
      "  ~ column users.nick text → character varying(10) not null",
      "  ~ index users_nick_idx btree (nick) → unique btree (nick)",
    ]);
    expect(await verify("--no-drift")).toMatchObject({ code: EXIT.ok });
  });

  test("compares with the version that the database is at, not the newest", async () => {
    const { verify, migrator } = await migrated();
    await migrator.down({ to: 1 });
    expect(await verify()).toMatchObject({ code: EXIT.pending, stdout: expect.stringContaining("No drift") });
    await migrator.down({ to: 0 });
    expect(await verify()).toMatchObject({
      code: EXIT.pending,
      stdout: expect.stringContaining("a fresh one is at version 0"),
    });
  });

  test("leaves no trace of its own in the database", async () => {
    const { url, verify } = await migrated();
    const look = () =>
      postgres.query(
        url,
        "select (select count(*) from pg_class) as relations, (select count(*) from pg_depend) as dependencies",
      );
    const before = await look();
    await verify();
    expect(await look()).toEqual(before);
  });

  test("says that drift was not checked where the role may not create databases, and takes one that is named", async () => {
    const { url, directory } = await migrated();
    await postgres.query(url, "create role plain login password 'p'");
    await postgres.query(
      url,
      "grant usage on schema migrate to plain; grant select on all tables in schema migrate, public to plain",
    );
    const name = new URL(url).pathname.slice(1);
    const environment = { DATABASE_URL: postgres.server.url(name, "plain", "p"), MIGRATIONS_DIR: directory };
    expect(await migrateHere(["verify"], environment)).toMatchObject({
      code: EXIT.ok,
      stdout: expect.stringMatching(
        /Drift was not checked: the role may not create databases.*--scratch URL or SCRATCH_URL\./,
      ),
    });
    const scratch = await postgres.createDatabase();
    for (const given of [{}, { SCRATCH_URL: scratch }] as Record<string, string>[]) {
      const args = "SCRATCH_URL" in given ? ["verify"] : ["verify", "--scratch", scratch];
      expect(await migrateHere(args, { ...environment, ...given })).toMatchObject({
        code: EXIT.ok,
        stdout: expect.stringContaining("No drift"),
        stderr: "",
      });
    }
    expect(await migrateHere(["verify", "--scratch", url], environment)).toMatchObject({
      code: EXIT.refused,
      stderr: expect.stringContaining("was named as the scratch database, but it is not empty"),
    });
  });

  test.each([
    [
      "it is ahead of the folder",
      "update schema_migrations set version = 9",
      /the database is ahead of the files here/,
    ],
    ["there are problems already", "update migrate.history set checksum = repeat('0', 64)", /solve the problems first/],
  ])("does not compare where %s", async (_, sql, says) => {
    const { url, verify } = await migrated();
    await postgres.query(url, sql);
    expect((await verify()).stdout).toMatch(says);
  });
});

test("on a bootstrapped server the migrator's own scratch database is enough, and privileges are no drift", async () => {
  const url = await postgres.createDatabase();
  const directory = path.resolve(__dirname, "../../migrations");
  await bootstrap({ connection: { connectionString: url }, passwords: { migrator: "m" } });
  const asMigrator = (database: string) => postgres.server.url(database, "migrator", "m");
  const environment = { DATABASE_URL: asMigrator(new URL(url).pathname.slice(1)), MIGRATIONS_DIR: directory };
  expect(await migrateHere(["up"], environment)).toMatchObject({ code: EXIT.ok });
  expect((await migrateHere(["verify"], environment)).stdout).toContain("Drift was not checked: the role may not");
  await postgres.createDatabase("for_migrator");
  await postgres.query(url, "alter database for_migrator owner to migrator");
  for (const command of ["verify", "test", "verify"]) {
    const ran = await migrateHere([command], { ...environment, SCRATCH_URL: asMigrator("for_migrator") });
    expect(ran).toMatchObject({
      code: EXIT.ok,
      stderr: "",
      stdout: expect.stringMatching(new RegExp(`No drift|Passed: ${SCHEMA_VERSION}`)),
    });
  }
});

describe("test", () => {
  const trial = async (files: Parameters<typeof makeFolder>[0], ...args: string[]) =>
    migrateHere(["test", ...args], { DATABASE_URL: postgres.server.url(), MIGRATIONS_DIR: makeFolder(files) });

  test("passes where every down file undoes its up file", async () => {
    const { code, stdout } = await trial({
      ...FILES,
      ...pairs({ "3_row": ["insert into users values (1)", "delete from users"] }),
    });
    expect(stdout).toMatch(
      /ok +1_users +[\d.]+ m?s\n.*\n.*\nPassed: 3 down files undo what went up, one by one and all at once\.\n$/,
    );
    expect(code).toBe(EXIT.ok);
  });

  const wrong: Record<string, [up: string, down: string, says: string[]]> = {
    "an index that does not come back": [
      "alter table users drop column nick",
      "alter table users add column nick text",
      ["after down: - index users_nick_idx btree (nick)"],
    ],
    "a default that stays": [
      "alter table users alter nick set default 'x'",
      "alter table users alter nick set default 'y'",
      ["after down: ~ column users.nick text → text default 'y'::text"],
    ],
    "rows that stay": [
      "insert into users select count(*) from users",
      "select 1",
      ["after down: ~ rows of users 0 → 1", "after the second up: ~ rows of users 1 → 2"],
    ],
  };
  test.each(Object.entries(wrong))("finds %s", async (_, [up, down, says]) => {
    const { code, stdout } = await trial({ ...FILES, ...pairs({ "3_x": [up, down] }) });
    for (const line of says) expect(stdout).toContain(line);
    expect(stdout).toContain("3 x: different\n");
    expect(stdout).toContain("Failed: 2 of 3 migrations came back as before.");
    expect(code).toBe(EXIT.refused);
  });

  test("a second up that fails on what stayed is told with that, and with its place", async () => {
    const { code, stdout } = await trial(pairs({ "1_a": ["create table a (id int)", "select 1"] }));
    expect(stdout).toMatch(
      /1 a: failed\n +after down: \+ table a\n +the second up: .*1_a\.up\.sql:1:1: relation "a" already exists/,
    );
    expect(code).toBe(EXIT.sql);
  });

  test("a down file that says that it cannot be undone is irreversible, and what follows is tested", async () => {
    const irreversible = ["create table a (id int)", "do $$ begin raise exception 'cannot be undone'; end $$"] as const;
    const { code, stdout } = await trial({
      ...pairs({ "1_a": irreversible }),
      ...pairs({ "2_b": ["create table b ()", "drop table b"] }),
    });
    expect(stdout).toMatch(/irreversible +1_a .*\n +ok +2_b/);
    expect(stdout).toContain("Passed: 1 of 2 down files undo what went up.");
    expect(code).toBe(EXIT.ok);
  });

  test("is not told by what raises in what a down file runs", async () => {
    const guarded = `create table t (id int); insert into t values (1);
      create function no() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
      create trigger no before delete on t for each row execute function no()`;
    for (const down of ["delete from t", "do $$ begin delete from t; exception when others then raise; end $$"]) {
      const { code, stdout } = await trial(pairs({ "1_a": [guarded, `${down}; drop table t; drop function no()`] }));
      expect(stdout).toMatch(/1 a: failed\n.*1_a\.down\.sql:1:\d+: no\n/);
      expect(code).toBe(EXIT.sql);
    }
  });

  test("whatever its SQLSTATE, what a block raises is what the file says", async () => {
    const down = "do $$ begin perform 1;\n raise exception using errcode = '0A000', message = 'cannot'; end $$";
    expect((await trial(pairs({ "1_a": ["select 1", down] }))).stdout).toContain("1 a: irreversible");
  });

  test("its database is dropped by whoever is left, as the server may end a session that idles", async () => {
    const ending = "select pg_terminate_backend(pid) from pg_stat_activity where application_name ~ '^migrate scratch'";
    const files = { ...FILES, ...pairs({ "3_x": [ending, "select 1"] }) };
    expect(await trial(files)).toMatchObject({ code: EXIT.ok, stderr: "" });
    const scratch = await postgres.createDatabase();
    expect(await trial(files, "--scratch", scratch)).toMatchObject({ code: EXIT.ok, stderr: "" });
    expect(await trial(FILES, "--scratch", scratch)).toMatchObject({ code: EXIT.ok, stderr: "" });
  });

  test("a signal stops it, and its database goes with it", async () => {
    const stop = new AbortController();
    const environment = { DATABASE_URL: postgres.server.url(), MIGRATIONS_DIR: makeFolder(tables(30)) };
    const finished = migrateHere(["test"], environment, {
      signal: stop.signal,
      stdout: (text) => text.includes("t2 ") && stop.abort(),
    });
    expect((await finished).code).toBe(EXIT.signalled);
  });

  test("needs no other database than the one that is named, and empties it again", async () => {
    const scratch = await postgres.createDatabase();
    const args = ["test", "--scratch", scratch];
    const made = `create function told() returns event_trigger language plpgsql as $$ begin perform 1; end $$;
      create event trigger told on sql_drop execute function told(); create publication p for all tables;
      create foreign data wrapper w; create server s foreign data wrapper w; create extension if not exists citext schema s1;`;
    const gone = `drop extension citext; drop server s; drop foreign data wrapper w; drop publication p;
      drop event trigger told; drop function told()`;
    const environment = {
      MIGRATIONS_DIR: makeFolder(pairs({ "1_s": ["create schema s1", "drop schema s1"], "2_x": [made, gone] })),
    };
    for (let time = 0; time < 2; time++)
      expect(await migrateHere(args, environment)).toMatchObject({ code: EXIT.ok, stderr: "" });
  });
});
