import { EXIT } from "../../lib/contract";
import { usePostgres } from "../support/postgres";
import { failure, migratorFor, writes } from "./support/database";
import { makeFolder, pairs, tables } from "./support/folder";

const postgres = usePostgres();

const COLUMNS = "(version bigint not null primary key, dirty boolean not null)";

/** Leaves a table of this name as golang-migrate does: the first of two files has run, and doubling again would show. */
const left = (table: string) => `create table ${table} ${COLUMNS}; insert into ${table} values (1, false)`;
const DOUBLING = pairs({
  "1_double": ["update acc set n = n * 2;", "update acc set n = n / 2;"],
  "2_more": ["alter table acc add more int;", "alter table acc drop more;"],
});

const row = async (url: string, table: string) =>
  (await postgres.query<{ row: string }>(url, `select version || ',' || dirty as row from ${table}`))
    .map((found) => found.row)
    .join(" ");

const amount = async (url: string, table = "acc") =>
  (await postgres.query<{ n: number }>(url, `select n from ${table}`))[0]?.n;

/** A database whose unqualified names are `schema`'s, with a table that the first file has doubled. */
async function inSchema(schema: string, record: string, how: (name: string) => string = bySetting(schema)) {
  const url = await postgres.createDatabase();
  const name = new URL(url).pathname.slice(1);
  await postgres.query(url, `create schema if not exists ${schema}; ${how(name)}`);
  await postgres.query(
    url,
    `create table ${schema}.acc (n int); insert into ${schema}.acc values (10); ${left(record)}`,
  );
  return url;
}

const bySetting = (path: string) => (database: string) => `alter database "${database}" set search_path = ${path}`;

describe("golang-migrate's record is adopted where the current schema is, and written there", () => {
  test.each([
    ["of another schema", "app", "app.schema_migrations"],
    ["of a schema with a reserved name", '"user"', '"user".schema_migrations'],
    ["of a quoted schema", '"My App"', '"My App".schema_migrations'],
    ["under another name", "public", "public.moves"],
    ["under a quoted name", "public", 'public."My Moves"'],
    ["with more columns", "app", "app.schema_migrations"],
  ])("%s", async (title, schema, record) => {
    const url = await inSchema(schema, record);
    if (title === "with more columns") {
      await postgres.query(url, `alter table ${record} add at timestamptz default now()`);
    }
    const migrator = migratorFor(url, makeFolder(DOUBLING));
    expect(await migrator.up()).toMatchObject({ version: 2, adopted: [1], applied: [{ version: 2 }] });
    expect(await amount(url, `${schema}.acc`)).toBe(10);
    expect(await row(url, record)).toBe("2,false");
    await migrator.down({ to: 1 });
    expect(await row(url, record)).toBe("1,false");
    expect(await migrator.status()).toMatchObject({ version: 1, problems: [] });
    expect(await migrator.verify()).toMatchObject({ problems: [] });
    // golang-migrate goes on, and its work is seen.
    await postgres.query(url, `alter table ${schema}.acc add more int; update ${record} set version = 2`);
    expect(await migrator.up()).toMatchObject({ version: 2, adopted: [2], applied: [] });
    const found = await postgres.query(
      url,
      "select from pg_class where relname = 'schema_migrations' and relkind = 'r'",
    );
    expect(found).toHaveLength(record.endsWith("schema_migrations") ? 1 : 0);
  });

  test("where the URL or the role sets search_path, or it is $user's", async () => {
    const url = await inSchema("app", "app.schema_migrations", () => "");
    const through = `${url}?options=-csearch_path%3Dapp`;
    expect(await migratorFor(through, makeFolder(DOUBLING)).up({ to: 1 })).toMatchObject({ adopted: [1], applied: [] });

    const role = "records_user";
    await postgres.query(url, `create role ${role} superuser login password 'x'`);
    const own = await inSchema(role, `${role}.schema_migrations`, () => "");
    const asRole = postgres.server.url(new URL(own).pathname.slice(1), role, "x");
    expect(await migratorFor(asRole, makeFolder(DOUBLING)).up()).toMatchObject({ adopted: [1], version: 2 });
    expect(await amount(own, `${role}.acc`)).toBe(10);
  });

  test("a file that runs statement by statement marks that table", async () => {
    const url = await inSchema("app", "app.schema_migrations");
    const folder = makeFolder({
      ...DOUBLING,
      ...pairs({ "3_x": "-- migrate:no-transaction\ncreate index concurrently i on acc (n);\nselect 1 / 0;" }),
    });
    await failure(migratorFor(url, folder).up());
    expect(await row(url, "app.schema_migrations")).toBe("3,true");
    expect((await migratorFor(url, folder).status()).warnings).toEqual([expect.stringContaining("half done")]);
  });
});

describe("golang-migrate's record elsewhere", () => {
  const folder = () => makeFolder(DOUBLING);

  test("is refused by name with the command that adopts it, and nothing is written", async () => {
    const url = await inSchema("public", '"Old".schema_migrations', () => 'create schema "Old"');
    const before = await writes(postgres, url);
    for (const attempt of [
      migratorFor(url, folder()).up(),
      migratorFor(url, folder()).plan(),
      migratorFor(url, folder()).down({ to: 0 }),
      migratorFor(url, folder()).baseline({ version: 1 }),
    ]) {
      const error = await failure(attempt);
      expect(error.exitCode).toBe(EXIT.refused);
      expect(error.message).toContain(`migrate baseline --from golang-migrate --table '"Old".schema_migrations'`);
    }
    expect((await migratorFor(url, folder()).status()).problems).toHaveLength(1);
    expect(await writes(postgres, url)).toBe(before);
  });

  test("is adopted by that command, at the version that it has, and written from then on", async () => {
    const url = await inSchema("public", "old.moves", () => "create schema old");
    const table = { schema: "old", name: "moves" };
    const migrator = migratorFor(url, folder());
    expect(await migrator.baseline({ from: "golang-migrate", table })).toMatchObject({ version: 1, recorded: [1] });
    expect(await migrator.baseline({ from: "golang-migrate", table })).toMatchObject({ changed: false });
    expect(await migrator.up()).toMatchObject({ version: 2, applied: [{ version: 2 }] });
    expect(await amount(url)).toBe(10);
    expect(await row(url, "old.moves")).toBe("2,false");
    expect(await migrator.wait({ version: 2, timeoutSeconds: 1 })).toEqual({ version: 2 });
    expect(await postgres.query(url, "select from pg_class where relname = 'schema_migrations'")).toEqual([]);
  });

  test("is adopted though it has no row yet", async () => {
    const url = await postgres.createDatabase();
    await postgres.query(url, `create schema old; create table old.moves ${COLUMNS}`);
    const migrator = migratorFor(url, makeFolder(tables(1)));
    const table = { schema: "old", name: "moves" };
    expect(await migrator.baseline({ from: "golang-migrate", table })).toMatchObject({ version: 0, changed: true });
    await migrator.up();
    expect(await row(url, "old.moves")).toBe("1,false");
  });

  test("that is dirty is refused there, too", async () => {
    const url = await inSchema("public", "old.moves", () => "create schema old");
    await postgres.query(url, "update old.moves set dirty = true");
    const table = { schema: "old", name: "moves" };
    const error = await failure(migratorFor(url, folder()).baseline({ from: "golang-migrate", table }));
    expect(error.message).toContain("old.moves says (1, true)");
  });

  test("two in the current schema are a question, which --table answers", async () => {
    const url = await inSchema("public", "public.schema_migrations", () => "");
    await postgres.query(url, left("public.others"));
    const { message } = await failure(migratorFor(url, folder()).up());
    expect(message).toContain("--table public.others");
    expect(message).toContain("--table public.schema_migrations");
    const table = { schema: "public", name: "others" };
    await migratorFor(url, folder()).baseline({ from: "golang-migrate", table });
    await migratorFor(url, folder()).up();
    expect([await row(url, "others"), await row(url, "schema_migrations")]).toEqual(["2,false", "1,false"]);
  });

  test("what is no such table is not taken for one", async () => {
    const url = await inSchema("public", "old.moves", () => "create schema old");
    const table = { schema: "public", name: "acc" };
    const { message } = await failure(migratorFor(url, folder()).baseline({ from: "golang-migrate", table }));
    expect(message).toContain("--table is public.acc, which is not golang-migrate's record");
    expect(message).toContain("old.moves");
  });

  test("is left alone by whoever says that it is about other files", async () => {
    const url = await inSchema("public", "old.moves", () => "create schema old");
    await postgres.query(url, "drop table acc");
    expect(await migratorFor(url, makeFolder(tables(1))).up({ allowExisting: true })).toMatchObject({ version: 1 });
    expect([await row(url, "old.moves"), await row(url, "schema_migrations")]).toEqual(["1,false", "1,false"]);
    expect(await migratorFor(url, makeFolder(tables(2))).up()).toMatchObject({ version: 2 });
  });
});

describe("a database with tables and no record", () => {
  const EXISTING = [
    ["a table", "create table t1 (id int)", "public.t1"],
    ["a table in another schema", 'create schema "X"; create table "X".t (id int)', '"X".t'],
    ["a partitioned table", "create table p (id int) partition by range (id)", "public.p"],
    ["a materialized view", "create materialized view m as select 1", "public.m"],
  ] as const;

  test.each(EXISTING)("is refused with %s, and nothing is written", async (_, sql, name) => {
    const url = await postgres.createDatabase();
    await postgres.query(url, sql);
    const before = await writes(postgres, url);
    const migrator = migratorFor(url, makeFolder(tables(1)));
    const error = await failure(migrator.up());
    expect(error.exitCode).toBe(EXIT.refused);
    expect(error.message).toContain(`is not empty (${name}), and no record says what has run`);
    expect(error.message).toContain("migrate baseline --version N");
    expect(error.message).toContain("--allow-existing");
    await expect(migrator.plan()).rejects.toThrow("is not empty");
    expect((await migrator.status()).problems).toEqual([expect.stringContaining("is not empty")]);
    expect(await writes(postgres, url)).toBe(before);
  });

  test("is migrated by whoever means it, and is not asked about again", async () => {
    const url = await postgres.createDatabase();
    await postgres.query(url, "create table other (id int)");
    await migratorFor(url, makeFolder(tables(1))).plan({ allowExisting: true });
    await migratorFor(url, makeFolder(tables(1))).up({ allowExisting: true });
    expect(await migratorFor(url, makeFolder(tables(2))).up()).toMatchObject({ version: 2 });
  });

  test("is recorded by baseline", async () => {
    const url = await postgres.createDatabase();
    await postgres.query(url, "create table t1 (id int)");
    await migratorFor(url, makeFolder(tables(2))).baseline({ version: 1 });
    expect(await migratorFor(url, makeFolder(tables(2))).up()).toMatchObject({ applied: [{ version: 2 }] });
  });

  test.each([
    ["what an extension made", "create extension pg_buffercache; create extension file_fdw"],
    [
      "functions, types, sequences and roles alone",
      "create function f() returns int language sql as 'select 1'; create sequence s; create type e as enum ('a')",
    ],
    ["empty schemas", "create schema app; create schema other"],
  ])("is none where it has %s", async (_, sql) => {
    const url = await postgres.createDatabase();
    await postgres.query(url, sql).catch((error: Error) => {
      if (!/could not open extension control file|is not available/.test(error.message)) throw error;
    });
    expect(await migratorFor(url, makeFolder(tables(1))).up()).toMatchObject({ version: 1 });
  });
});

describe("the same files under another search_path", () => {
  const withPath = (url: string, path: string) => `${url}?options=${encodeURIComponent(`-csearch_path=${path}`)}`;

  test("are refused, and the schema that the history ran in is named", async () => {
    const url = await postgres.createDatabase();
    await postgres.query(url, "create schema one; create schema two");
    const folder = makeFolder(tables(2));
    await migratorFor(withPath(url, "one"), folder).up();
    for (const path of ["two", "two,one", "public"]) {
      const error = await failure(migratorFor(withPath(url, path), folder).up());
      expect(error.exitCode).toBe(EXIT.refused);
      expect(error.message).toContain("ran in schema one");
      expect(error.message).toContain(`go into schema ${path.split(",")[0]}`);
    }
    expect((await migratorFor(withPath(url, "two"), folder).status()).problems).toHaveLength(1);
    expect(await migratorFor(withPath(url, "one,public"), folder).up()).toMatchObject({ applied: [], version: 2 });
  });

  test("are not, where the schema was renamed", async () => {
    const url = await postgres.createDatabase();
    await postgres.query(url, "create schema one");
    await migratorFor(withPath(url, "one"), makeFolder(tables(1))).up();
    await postgres.query(url, "alter schema one rename to other");
    const there = migratorFor(withPath(url, "other"), makeFolder(tables(2)));
    const table = { schema: "other", name: "schema_migrations" };
    expect((await failure(there.up())).message).toContain("--table other.schema_migrations");
    await there.baseline({ from: "golang-migrate", table });
    expect(await there.up()).toMatchObject({ version: 2, applied: [{ version: 2 }] });
  });

  test("are not, where a schema of search_path came into being since", async () => {
    const url = await postgres.createDatabase();
    const folder = makeFolder({
      ...pairs({ "1_app": "create schema app;" }),
      ...pairs({ "2_t": "create table app.t ();" }),
    });
    await migratorFor(withPath(url, "app,public"), folder).up({ to: 1 });
    expect(await migratorFor(withPath(url, "app,public"), folder).up()).toMatchObject({ version: 2 });
  });
});

test("the history of an earlier release, without the place that it ran in, is completed by the next run", async () => {
  const url = await postgres.createDatabase();
  await migratorFor(url, makeFolder(tables(1))).up();
  await postgres.query(
    url,
    "alter table migrate.history drop schema_name, drop schema_oid, drop search_path; drop table migrate.record",
  );
  expect(await migratorFor(url, makeFolder(tables(1))).up()).toMatchObject({ version: 1, applied: [] });
  expect(await migratorFor(url, makeFolder(tables(2))).up()).toMatchObject({ version: 2 });
  expect(await postgres.query(url, "select schema_name, table_name from migrate.record")).toEqual([
    { schema_name: "public", table_name: "schema_migrations" },
  ]);
  expect(await postgres.query(url, "select schema_name from migrate.history order by version")).toEqual([
    { schema_name: null },
    { schema_name: "public" },
  ]);
});

describe("golang-migrate's table is gone, though the history is there", () => {
  const folder = () => makeFolder(tables(2));

  async function without(sql: string) {
    const url = await postgres.createDatabase();
    await migratorFor(url, folder()).up();
    await postgres.query(url, sql);
    const before = await writes(postgres, url);
    const error = await failure(migratorFor(url, folder()).up());
    expect(error.exitCode).toBe(EXIT.refused);
    expect(error.details.problems).toEqual([
      expect.stringContaining("public.schema_migrations, the table that golang-migrate reads, is gone"),
    ]);
    expect(await migratorFor(url, folder()).status()).toMatchObject({ problems: [expect.stringContaining("is gone")] });
    expect(await writes(postgres, url)).toBe(before);
    return { url, message: error.message };
  }

  test("refused, and baseline makes it again", async () => {
    const { url, message } = await without("drop table schema_migrations");
    expect(message).toContain("migrate baseline --version 2");
    expect(await migratorFor(url, folder()).baseline({ version: 2 })).toMatchObject({ recorded: [], changed: true });
    expect(await migratorFor(url, folder()).up()).toMatchObject({ version: 2, applied: [] });
    expect(await row(url, "schema_migrations")).toBe("2,false");
  });

  test("refused, and a table that was moved or renamed is adopted", async () => {
    const { url, message } = await without("create schema x; alter table schema_migrations set schema x");
    expect(message).toContain("migrate baseline --from golang-migrate --table x.schema_migrations");
    const table = { schema: "x", name: "schema_migrations" };
    expect(await migratorFor(url, folder()).baseline({ from: "golang-migrate", table })).toMatchObject({
      changed: true,
    });
    expect(await migratorFor(url, makeFolder(tables(3))).up()).toMatchObject({ version: 3 });
    expect(await row(url, "x.schema_migrations")).toBe("3,false");
  });

  test("not refused after golang-migrate's drop, which leaves no table", async () => {
    const url = await postgres.createDatabase();
    await migratorFor(url, folder()).up();
    await postgres.query(url, "drop table schema_migrations, t1, t2");
    expect(await migratorFor(url, folder()).up()).toMatchObject({ version: 2 });
    expect(await row(url, "schema_migrations")).toBe("2,false");
  });
});
