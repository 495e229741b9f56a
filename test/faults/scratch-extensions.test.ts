import { EXIT } from "../../lib/contract";
import { migrateHere } from "../migrator/support/command";
import { makeFolder, pairs } from "../migrator/support/folder";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();

const as = (database: string) => postgres.server.url(database, "owner", "x");

beforeAll(() => postgres.query(postgres.server.url(), "create role owner login createdb password 'x'"));

/** An empty database of a role that may create databases and is no superuser, prepared by an administrator. */
async function prepared(sql: string): Promise<string> {
  const url = await postgres.createDatabase();
  const name = new URL(url).pathname.slice(1);
  await postgres.query(url, `alter database ${name} owner to owner; ${sql}`);
  return name;
}

/** `migrate` as that role, on a database that it has brought up to date. */
async function migrated(sql: string, files: Parameters<typeof pairs>[0]) {
  const name = await prepared(sql);
  const environment = { DATABASE_URL: as(name), MIGRATIONS_DIR: makeFolder(pairs(files)) };
  expect(await migrateHere(["up"], environment)).toMatchObject({ code: EXIT.ok });
  return { name, environment, run: (...args: string[]) => migrateHere(args, environment) };
}

const NO_DRIFT = { code: EXIT.ok, stdout: expect.stringContaining("No drift"), stderr: "" };

const STATEMENTS = "pg_stat_statements";
const TOP = {
  "1_top": [
    `create extension if not exists ${STATEMENTS}; create view top as select calls from ${STATEMENTS}`,
    "drop view top",
  ] as const,
};

describe("an administrator's extension", () => {
  test.each([
    ["that is trusted", "create extension citext", "citext"],
    [
      "in another schema",
      "create schema ext; create extension citext schema ext; grant usage on schema ext to owner",
      "ext.citext",
    ],
    [
      "with a name and schema that need quotes",
      `create schema "E x"; create extension "uuid-ossp" schema "E x"; grant usage on schema "E x" to owner`,
      `uuid default "E x".uuid_generate_v4()`,
    ],
    ["of an older version", "create extension hstore version '1.7'", "hstore"],
    ["with the one that it needs", "create extension btree_gist; create extension cube", "cube"],
    ["that a comment in a file mentions", "create extension citext", "citext /* not create extension citext; */"],
  ])("%s is made in the scratch database", async (_, sql, type) => {
    const { run } = await migrated(sql, {
      "1_t": [`-- An administrator runs: create extension citext;\ncreate table t (e ${type})`, "drop table t"],
    });
    expect(await run("verify")).toMatchObject(NO_DRIFT);
    expect(await run("test")).toMatchObject({ code: EXIT.ok, stderr: "" });
  });

  test("in a schema that a file makes is made after that file", async () => {
    const { name, environment, run } = await migrated("", { "1_app": ["create schema app", "drop schema app"] });
    await postgres.query(postgres.server.url(name), "create extension citext schema app");
    const files = {
      "1_app": ["create schema app", "drop schema app"],
      "2_t": ["create table app.t (e app.citext)", "drop table app.t"],
    } as const;
    environment.MIGRATIONS_DIR = makeFolder(pairs(files));
    expect(await run("up")).toMatchObject({ code: EXIT.ok });
    expect(await run("verify")).toMatchObject(NO_DRIFT);
  });

  test("that the role may not make and no file needs is in nobody's way", async () => {
    const { run } = await migrated(`create extension ${STATEMENTS}`, { "1_t": ["create table t ()", "drop table t"] });
    expect(await run("verify")).toMatchObject(NO_DRIFT);
    expect(await run("test")).toMatchObject({ code: EXIT.ok, stderr: "" });
  });

  test("that the role may not make and a file needs: drift is not checked, and it is said what to run", async () => {
    const { run } = await migrated(`create extension ${STATEMENTS}`, TOP);
    const { code, stdout } = await run("verify");
    expect(stdout).toMatch(/Drift was not checked: on the scratch database, .*1_top\.up\.sql:1:1: permission denied/);
    expect(stdout).toContain(`  ${STATEMENTS}: permission denied to create extension "${STATEMENTS}"\n`);
    const statement = /^ {2}(create extension if not exists .*;)$/m.exec(stdout)?.[1] ?? "";
    expect(code).toBe(EXIT.ok);
    const tested = await run("test");
    expect(tested).toMatchObject({ code: EXIT.sql, stderr: expect.stringContaining(statement) });
    const scratch = await prepared(statement);
    expect(await run("verify", "--scratch", as(scratch))).toMatchObject(NO_DRIFT);
  });

  test("that the migrations' own role has made by hand is drift, also where a file needs it", async () => {
    const { name, environment, run } = await migrated("", { "1_t": "select 1" });
    await postgres.query(as(name), "create extension hstore");
    environment.MIGRATIONS_DIR = makeFolder(pairs({ "1_t": "select 1", "2_h": "create table h (h hstore)" }));
    expect(await run("up")).toMatchObject({ code: EXIT.ok });
    expect(await run("verify")).toMatchObject({
      code: EXIT.refused,
      stdout: expect.stringMatching(/Drift: 1 difference .*\n {2}\+ extension hstore schema public\n/),
    });
  });
});

describe("a prepared scratch database", () => {
  const EVERYTHING = `create server s foreign data wrapper postgres_fdw; create foreign table f (i int) server s;
    create table t (id int generated always as identity, n serial, d text); create statistics st on id, n from t;
    create type e as enum ('a'); create domain d as int; create type c as (a int); create type r as range (subtype = int4);
    create view v as select 1 as a; create materialized view m as select 1 as a; create sequence q; create table x.inside (i int);
    create function fn() returns int language sql as 'select 1'; create procedure p() language sql as 'select 1';
    create aggregate ag (int) (sfunc = int4pl, stype = int4); create operator === (leftarg = int4, rightarg = int4, function = int4eq);
    create collation k (provider = icu, locale = 'und'); create text search dictionary y (template = simple);
    create conversion cv for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8`;
  const EXTENSIONS = `create schema x; grant all on schema x to owner; create extension postgres_fdw schema x;
    grant usage on foreign data wrapper postgres_fdw to owner; create extension ${STATEMENTS}`;

  test("keeps its extensions and nothing else, as often as it is used", async () => {
    const { run } = await migrated(EXTENSIONS, { "1_all": EVERYTHING });
    const scratch = await prepared(EXTENSIONS);
    const look = () =>
      postgres.query(
        postgres.server.url(scratch),
        `select (select array_agg(extname::text order by 1) from pg_extension) as extensions,
          (select count(*) from pg_class where oid >= 16384) as relations, (select count(*) from pg_proc where oid >= 16384) as functions,
          (select count(*) from pg_type where oid >= 16384) as types, (select array_agg(nspname::text order by 1) from pg_namespace) as schemas,
          (select count(*) from pg_foreign_server) as servers, (select count(*) from pg_depend) as dependencies`,
      );
    const before = await look();
    for (let time = 0; time < 2; time++) {
      expect(await run("verify", "--scratch", as(scratch))).toMatchObject(NO_DRIFT);
      expect(await look()).toEqual(before);
    }
  });

  test("may have more of them than the database", async () => {
    const { run } = await migrated("", { "1_t": ["create table t ()", "drop table t"] });
    const scratch = await prepared(EXTENSIONS);
    expect(await run("verify", "--scratch", as(scratch))).toMatchObject(NO_DRIFT);
    expect(await run("test", "--scratch", as(scratch))).toMatchObject({ code: EXIT.ok, stderr: "" });
  });

  test("is refused for anything else that is in it", async () => {
    const { run } = await migrated("", { "1_t": "select 1" });
    for (const more of [
      "create schema other",
      "create table x.t ()",
      "create table old_versions (version bigint, dirty boolean)",
      "create function f() returns int language sql as 'select 1'",
    ]) {
      const scratch = await prepared(`${EXTENSIONS}; ${more}`);
      expect(await run("verify", "--scratch", as(scratch))).toMatchObject({
        code: EXIT.refused,
        stderr: expect.stringContaining("is not empty"),
      });
    }
  });

  test.each([
    ["drops it", "drop extension citext", "create extension citext"],
    ["creates it", "create extension citext", "drop extension citext"],
    ["creates it unless it is there", "create extension if not exists citext", "drop extension citext"],
  ])("has an extension afterwards, where a file %s", async (_, up, down) => {
    const scratch = await prepared("create extension citext");
    const environment = {
      DATABASE_URL: postgres.server.url(),
      MIGRATIONS_DIR: makeFolder(pairs({ "1_t": [up, down] })),
    };
    for (let time = 0; time < 2; time++)
      expect(await migrateHere(["test", "--scratch", postgres.server.url(scratch)], environment)).toMatchObject({
        code: EXIT.ok,
        stderr: "",
      });
    const here = "select from pg_extension where extname = 'citext'";
    expect(await postgres.query(postgres.server.url(scratch), here)).toHaveLength(1);
  });

  test("with an extension that a file creates serves verify, if the role may create it", async () => {
    const { name, environment, run } = await migrated("", {
      "1_t": ["create extension citext; create table t (e citext)", "select 1"],
    });
    const scratch = await prepared("create extension citext");
    const superuser = { ...environment, DATABASE_URL: postgres.server.url(name) };
    expect(await migrateHere(["verify", "--scratch", postgres.server.url(scratch)], superuser)).toMatchObject(NO_DRIFT);
    expect(await run("verify", "--scratch", as(scratch))).toMatchObject({
      code: EXIT.ok,
      stdout: expect.stringMatching(
        /Drift was not checked: [\s\S]*extension "citext" already exists[\s\S]*Run this as a role that may create it/,
      ),
    });
  });
});

test("a trusted extension that an administrator has made and a file would make is the file's in a trial", async () => {
  const up = "create extension if not exists citext; create table t (e citext)";
  const { run } = await migrated("create extension citext", { "1_t": [up, "drop table t; drop extension citext"] });
  expect(await run("test")).toMatchObject({ code: EXIT.ok, stderr: "" });
  expect(await run("verify")).toMatchObject(NO_DRIFT);
});
