import { EXIT } from "../../lib/contract";
import { usePostgres } from "../support/postgres";
import { failure, migratorFor, writes } from "./support/database";
import { type Files, makeFolder, pairs, write } from "./support/folder";

const postgres = usePostgres();

/** `up` refuses, says `says`, and no transaction on the whole server has written anything. */
async function refuses(url: string, folder: string, says: readonly (string | RegExp)[], options = {}): Promise<void> {
  const before = await writes(postgres, url);
  const error = await failure(migratorFor(url, folder, { connectTries: 1, ...options }).up());
  expect(await writes(postgres, url)).toBe(before);
  expect(error.exitCode).toBe(EXIT.refused);
  for (const text of says) expect(error.message).toMatch(text);
}

const good = pairs({ "000001_a": "create table a (id int);" });
const up = (sql: string | Buffer): Files => ({ ...good, "000002_b.up.sql": sql, "000002_b.down.sql": "select 1;" });

describe("a folder is refused, before anything is written", () => {
  const cases: Record<string, [files: Files, ...says: (string | RegExp)[]]> = {
    "with one version twice": [
      { ...good, ...pairs({ "1_b": "select 1;" }) },
      "Version 1 belongs to more than one migration: 000001_a.down.sql, 000001_a.up.sql, 1_b",
    ],
    "with two ups of one version, and one down": [
      { "1_a.up.sql": "select 1;", "1_b.up.sql": "select 1;", "1_b.down.sql": "select 1;" },
      "Version 1 belongs to more than one",
    ],
    "without an up": [{ "1_a.down.sql": "select 1;" }, /1_a\.down\.sql has no 1_a\.up\.sql beside it/],
    "with SQL that is not named like a migration": [
      { ...good, "create_users.sql": "select 1;", "2_b.UP.SQL": "" },
      /create_users\.sql is not named/,
      /2_b\.UP\.SQL is not named/,
    ],
    "with a name that a terminal would obey, or that has two lines": [
      { ...good, ...pairs({ "2_b\u001b[31m": "select 1;", "3_c\nd": "select 1;" }), "\u202ex.sql": "" },
      /2_b\\u001b\[31m\.up\.sql has a control character in its name/,
      "3_c\\u000ad.down.sql has",
      "\\u202ex.sql has",
    ],
    "with a version beyond what can be recorded": [
      { ...good, ...pairs({ "99999999999999999999_x": "select 1;" }) },
      "beyond 9007199254740991",
    ],
    "without any migration": [{ "README.md": "" }, "holds no migration"],
    "with a file that is not UTF-8": [
      up(Buffer.from("select 1;\nselect '\xe4';", "latin1")),
      /000002_b\.up\.sql is not UTF-8.*line 2/,
    ],
    "with a file in UTF-16": [up(Buffer.from("\ufeffselect 1;", "utf16le")), "is UTF-16"],
    "with a NUL byte": [up("select 1;\n\0"), "NUL byte in line 2"],
    "with an empty file": [up(""), /000002_b\.up\.sql holds no statement/],
    "with a file of comments": [up("-- later\n/* maybe */ ;"), "holds no statement"],
    "with an unclosed string": [up("select 1;\nselect 'a;"), /000002_b\.up\.sql:2:8: a string .* never ends/],
    "with an unclosed E'' string": [up("select e'\\';"), "2_b.up.sql:1:8: a string"],
    "with an unclosed $$": [up("do $x$ begin end $$;"), /a string \(\$x\$…\$x\$\) begins here/],
    "with an unclosed quoted name": [up('select "a;'), "a quoted name"],
    "with an unclosed nested comment": [up("/* a /* b */ select 1;"), "a comment"],
    "with an unclosed quote in a down file": [
      { ...good, "000002_b.up.sql": "select 1;", "000002_b.down.sql": "select '" },
      /000002_b\.down\.sql:1:8/,
    ],
    "with psql's commands": [up("\\i other.sql"), "command of psql"],
    "with COPY FROM stdin": [up("copy a (id) from stdin;\n1\n\\.\n"), "COPY … FROM stdin"],
    "with COMMIT in the middle": [up("select 1; commit; select 2;"), "000002_b.up.sql:1:11: COMMIT would end"],
    "with BEGIN alone": [up("begin; select 1;"), "BEGIN would end or change"],
    "with ROLLBACK at the end": [up("begin; select 1; rollback;"), "ROLLBACK would end"],
    "with a transaction of its own isolation": [
      up("begin isolation level serializable; select 1; commit;"),
      "BEGIN would end or change",
    ],
    "with COMMIT AND CHAIN": [up("begin; select 1; commit and chain;"), "COMMIT would end"],
    "with PREPARE TRANSACTION": [up("prepare transaction 'x';"), "PREPARE TRANSACTION would end"],
    "with what gives the lock away": [
      up("select 1, pg_catalog.pg_advisory_unlock_all();"),
      "2_b.up.sql:1:1: pg_advisory_unlock_all() would give away the lock",
    ],
    "with RESET ALL, in either kind of file": [
      { ...up("reset all;"), ...pairs({ "3_c": "-- migrate:no-transaction\nReset  All;" }) },
      "2_b.up.sql:1:1: RESET ALL would take away the limits",
      "3_c.up.sql:2:1: RESET ALL would take away the limits",
    ],
    "with what has to come before the first query": [
      {
        ...up("set transaction isolation level serializable;"),
        ...pairs({ "3_c": "set local transaction_isolation = 'serializable';" }),
      },
      "2_b.up.sql:1:1: SET TRANSACTION has to come before",
      "3_c.up.sql:1:1: SET TRANSACTION has to come before",
    ],
    "with CREATE INDEX CONCURRENTLY": [
      up("create unique index\n concurrently i on a (id);"),
      "CREATE INDEX CONCURRENTLY cannot run in a transaction",
    ],
    "with REINDEX CONCURRENTLY in either form": [
      up("reindex (concurrently) table a; reindex table concurrently a;"),
      "1:1: REINDEX",
      "1:33: REINDEX",
    ],
    "with VACUUM": [up("vacuum a;"), "VACUUM cannot run in a transaction"],
    "with CREATE DATABASE": [up("create database x;"), "CREATE DATABASE cannot run"],
    "with a file marked to run outside of a transaction that PostgreSQL cannot parse": [
      up("-- migrate:no-transaction\nvacuum a;\nvacuum a b;"),
      /2_b\.up\.sql:3:10: syntax error at or near "b"/,
    ],
    "with such a mark on a first line that a lone carriage return ends": [
      up("-- migrate:no-transaction\rvacuum a;\rvacuum a b;"),
      /2_b\.up\.sql:3:10: syntax error at or near "b"/,
    ],
    "with many problems, all at once": [
      { ...up("select '"), "x.sql": "", ...pairs({ "3_c": "vacuum;", "4_d": "commit;" }), "5_e.down.sql": "select 1;" },
      "x.sql is not named",
      "2_b.up.sql:1:8",
      "VACUUM",
      "COMMIT",
      "5_e.up.sql",
    ],
  };
  let url: string;
  beforeAll(async () => {
    url = await postgres.createDatabase();
  });
  test.each(Object.entries(cases))("%s", (_, [files, ...says]) => refuses(url, makeFolder(files), says));

  test("that does not exist", () => refuses(url, "/nonexistent/folder", ["cannot be read: it does not exist"]));

  test("even though the database is not there", async () => {
    const nowhere = "postgres://u:p@127.0.0.1:1/d";
    const error = await failure(migratorFor(nowhere, makeFolder({ "1_a.down.sql": "select 1;" })).up());
    expect(error.exitCode).toBe(EXIT.refused);
    expect(error.details.problems).toEqual([
      expect.stringContaining("has no 1_a.up.sql"),
      expect.stringContaining("tried once"),
    ]);
  });
});

test("copies and notes beside the migrations are not run", async () => {
  const url = await postgres.createDatabase();
  const folder = makeFolder({
    ...good,
    "000002_b.up.sql.bak": "boom",
    "000002_b.up.sql~": "boom",
    ".000003_c.up.sql": "boom",
    "README.md": "",
  });
  expect((await migratorFor(url, folder).up()).version).toBe(1);
});

test("a gap between numbers is worth a warning", async () => {
  const url = await postgres.createDatabase();
  const migrator = migratorFor(url, makeFolder(pairs({ "1_a": "select 1;", "3_c": "select 1;" })));
  await migrator.up();
  expect(migrator.events[0]).toMatchObject({ level: "warn", message: expect.stringContaining("between 1_a and 3_c") });
});

describe("a migrated database is refused, before anything is written", () => {
  const original = pairs({ "1_a": "create table a (id int);\nselect 1;", "3_c": "select 3;" });
  const setUp = async () => {
    const url = await postgres.createDatabase();
    const folder = makeFolder(original);
    await migratorFor(url, folder).up();
    return { url, folder };
  };

  test("when an applied file has changed", async () => {
    const { url, folder } = await setUp();
    write(folder, { "1_a.up.sql": "create table a (id bigint);" });
    await refuses(url, folder, [
      /1_a\.up\.sql has changed since it was applied on 20/,
      /its SHA-256 was \w{12}… and is \w{12}…/,
    ]);
  });

  test("but not when only its line ends or byte order mark did", async () => {
    const { url, folder } = await setUp();
    write(folder, { "1_a.up.sql": "\ufeffcreate table a (id int);\r\nselect 1;" });
    expect(await migratorFor(url, folder).up()).toMatchObject({ applied: [] });
  });

  test("when a file is late, or an applied one is gone, or the target is wrong", async () => {
    const { url, folder } = await setUp();
    write(folder, pairs({ "2_b": "select 2;", "4_d": "select 4;" }));
    await refuses(url, folder, ["2_b.up.sql is late", "version 3 has"]);
    await refuses(url, makeFolder(pairs({ "3_c": "select 3;", "4_d": "select 4;" })), [
      "Version 1 (a) has been applied, but its file is not in",
    ]);
    expect((await failure(migratorFor(url, folder).up({ to: 1 }))).message).toContain("use down --to 1");
    expect((await failure(migratorFor(url, folder).up({ to: 9, allowOutOfOrder: true }))).message).toContain(
      "version 9, which no file has",
    );
    expect((await failure(migratorFor(url, folder).down({ to: 2 }))).message).toContain(
      "version 2, which is not applied",
    );
  });
});

describe("a database that another tool has migrated is refused by its name", () => {
  const cases: Record<string, [sql: string, ...says: (string | RegExp)[]]> = {
    dbmate: [
      "create table schema_migrations (version varchar primary key)",
      "dbmate's",
      "version character varying not null",
      "migrate baseline --version N --from dbmate",
    ],
    "an unknown tool": [
      "create table schema_migrations (version numeric not null primary key, dirty boolean not null)",
      "another tool's",
      "version numeric not null",
    ],
    "a view": ["create view schema_migrations as select 1::bigint as version, true as dirty", "another tool's"],
    goose: ["create table goose_db_version (id int)", /goose has migrated.*migrate baseline --version N --from goose`/],
    tern: ["create table schema_version (version int)", /tern has migrated.*migrate baseline --version N --from tern`/],
    "node-pg-migrate": [
      "create table pgmigrations (id int)",
      /node-pg-migrate has migrated.*migrate baseline --version N --from node-pg-migrate`/,
    ],
    "graphile-migrate": [
      "create schema graphile_migrate; create table graphile_migrate.migrations (id int)",
      /graphile-migrate has migrated.*migrate baseline --version N --from graphile-migrate`/,
    ],
    Flyway: [
      "create table flyway_schema_history (id int)",
      /flyway has migrated.*migrate baseline --version N --from flyway`/,
    ],
    Prisma: [
      "create table _prisma_migrations (id int)",
      /prisma has migrated.*migrate baseline --version N --from prisma`/,
    ],
    Knex: ["create table knex_migrations (id int)", /knex has migrated.*--from knex`/],
    Sequelize: [
      'create table "SequelizeMeta" (name text)',
      /sequelize has migrated.*migrate baseline --version N --from sequelize`/,
    ],
    "somebody with two rows": [
      "create table schema_migrations (version bigint not null primary key, dirty boolean not null); insert into schema_migrations values (1, false), (2, false)",
      "holds 2 rows",
    ],
    "another tool with our history's name": [
      "create schema migrate; create table migrate.history (id int)",
      "migrate.history is another tool's",
    ],
  };
  test.each(Object.entries(cases))("%s", async (_, [sql, ...says]) => {
    const url = await postgres.createDatabase();
    await postgres.query(url, sql);
    await refuses(url, makeFolder(good), says);
  });
});

test("a role that may not read the record is told so", async () => {
  const url = await postgres.createDatabase();
  const folder = makeFolder(good);
  await migratorFor(url, folder).up();
  await postgres.query(url, "create role reader login password 'x'");
  const reader = postgres.server.url(new URL(url).pathname.slice(1), "reader", "x");
  await refuses(reader, folder, [/The role reader may not: permission denied for/]);
  const waiting = await failure(migratorFor(reader, folder).wait({ version: 1, timeoutSeconds: 0 }));
  expect([waiting.exitCode, waiting.message]).toEqual([EXIT.refused, expect.stringContaining("reader may not")]);
});

test("a record of which a part is gone says what to do", async () => {
  const url = await postgres.createDatabase();
  const folder = makeFolder(good);
  await migratorFor(url, folder).up();
  await postgres.query(url, "drop table migrate.progress");
  await refuses(url, folder, [/A part of it is gone: .*migrate\.progress/, "drop schema migrate cascade"]);
  await postgres.query(url, "drop schema migrate cascade");
  expect(await migratorFor(url, folder).up()).toMatchObject({ adopted: [1], version: 1 });
});
