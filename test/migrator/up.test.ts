import { EXIT } from "../../lib/contract";
import { usePostgres } from "../support/postgres";
import { migrateHere } from "./support/command";
import { failure, migratorFor, publicTables, recorded } from "./support/database";
import { makeFolder, pairs, tables, write } from "./support/folder";
import { CountingProxy } from "./support/proxy";

const postgres = usePostgres();

/** Calls `use` with the database's URL through a counting proxy. */
async function throughProxy<Result>(
  url: string,
  use: (url: string, proxy: CountingProxy) => Promise<Result>,
): Promise<Result> {
  const proxy = await CountingProxy.start(postgres.server.port);
  try {
    return await use(url.replace(`:${postgres.server.port}/`, `:${proxy.port}/`), proxy);
  } finally {
    await proxy.close();
  }
}

test("up runs everything in the order of the numbers, not of the names", async () => {
  const url = await postgres.createDatabase();
  const folder = makeFolder(
    pairs({
      "2_b": "create table b (id int); insert into a values (1);",
      "10_c": "alter table b add c int;",
      "1_a": "create table a (id int);",
    }),
  );
  const result = await migratorFor(url, folder).up();
  expect(result.applied.map(({ version }) => version)).toEqual([1, 2, 10]);
  expect(result).toMatchObject({ version: 10, ahead: false, adopted: [] });
  expect(await recorded(postgres, url)).toEqual({ history: "1:applied 2:applied 10:applied", version: "10,false" });
});

test("a migration and its record are one message, and the whole run of seven is ten", async () => {
  const url = await postgres.createDatabase();
  await throughProxy(url, async (through, proxy) => {
    await migratorFor(through, makeFolder(tables(7))).up();
    // One ReadyForQuery ends the startup, one each query: the catalogue, the lock with the catalogue, seven migrations.
    expect(proxy.sent.filter((type) => type === "Q")).toHaveLength(9);
    expect(proxy.ready).toBe(10);
    expect(proxy.sent.filter((type) => !"QpX".includes(type))).toEqual([]);
    for (const query of proxy.queries.slice(2)) {
      expect(query).toMatch(
        /^begin .*create table t\d .*insert into migrate\.history.*insert into public\.schema_migrations.*commit$/s,
      );
    }
  });
});

test("with nothing to do it asks twice and takes no lock", async () => {
  const url = await postgres.createDatabase();
  const folder = makeFolder(tables(3));
  await migratorFor(url, folder).up();
  await throughProxy(url, async (through, proxy) => {
    expect(await migratorFor(through, folder).up()).toMatchObject({ applied: [], version: 3 });
    expect(proxy.queries).toHaveLength(2);
    expect(proxy.queries.join()).not.toMatch(/lock|begin/i);
  });
});

test("up --to stops there, and the next up goes on", async () => {
  const url = await postgres.createDatabase();
  const folder = makeFolder(tables(4));
  expect((await migratorFor(url, folder).up({ to: 2 })).version).toBe(2);
  expect((await migratorFor(url, folder).up()).applied.map(({ version }) => version)).toEqual([3, 4]);
});

test("a failing migration leaves nothing of itself, and on an empty database nothing at all", async () => {
  const url = await postgres.createDatabase();
  const folder = makeFolder(pairs({ "1_a": "create table a (id int); select 1 / 0;" }));
  expect((await failure(migratorFor(url, folder).up())).exitCode).toBe(EXIT.sql);
  expect(await publicTables(postgres, url)).toEqual([]);
  expect(await postgres.query(url, "select 1 from pg_namespace where nspname = 'migrate'")).toEqual([]);
  write(folder, pairs({ "1_a": "create table a (id int);" }));
  expect((await migratorFor(url, folder).up()).version).toBe(1);
});

test("what ran before a failing migration stays, and is said to", async () => {
  const url = await postgres.createDatabase();
  const folder = makeFolder({
    ...tables(2),
    ...pairs({ "3_bad": "create table t3 (id int); create table t1 (id int);" }),
  });
  const error = await failure(migratorFor(url, folder).up());
  expect(error.message).toContain("Before it, 2 migrations ran and are recorded, up to 2.");
  expect(await recorded(postgres, url)).toEqual({ history: "1:applied 2:applied", version: "2,false" });
  expect(await publicTables(postgres, url)).toEqual(["schema_migrations", "t1", "t2"]);
});

test("privileges come into force in the transaction of the last migration", async () => {
  const url = await postgres.createDatabase();
  await throughProxy(url, async (through, proxy) => {
    await migratorFor(through, makeFolder(tables(2)), { privileges: "comment on table t2 is 'granted'" }).up();
    expect(proxy.queries.map((query) => query.includes("granted"))).toEqual([false, false, false, true]);
  });
  const rows = await postgres.query(url, "select obj_description('t2'::regclass) as comment");
  expect(rows).toEqual([{ comment: "granted" }]);
});

describe("what a file does to its session", () => {
  test("does not reach the next file", async () => {
    const url = await postgres.createDatabase();
    await postgres.query(url, "create role leaked");
    const leaks = `create schema elsewhere; set search_path = elsewhere; set statement_timeout = '1h'; set timezone = 'Asia/Tokyo';
      create temp table hidden (id int); prepare plan as select 1; set session role leaked; listen channel;`;
    const looks = `create table seen as select current_setting('search_path') as path, current_setting('statement_timeout') as timeout,
      current_setting('timezone') <> 'Asia/Tokyo' as zone, current_user::text as role, to_regclass('hidden') is null as temp,
      not exists (select from pg_prepared_statements) as prepared, not exists (select from pg_listening_channels()) as listening;`;
    await migratorFor(url, makeFolder(pairs({ "1_leaks": leaks, "2_looks": looks })), {
      statementTimeoutSeconds: 77,
    }).up();
    expect(await postgres.query(url, "select * from public.seen")).toEqual([
      {
        path: '"$user", public',
        timeout: "77s",
        zone: true,
        role: "diabrisk",
        temp: true,
        prepared: true,
        listening: true,
      },
    ]);
    expect((await recorded(postgres, url)).history).toBe("1:applied 2:applied");
  });

  test("leaves a role that ALTER ROLE … SET gave it", async () => {
    const url = await postgres.createDatabase();
    const database = new URL(url).pathname.slice(1);
    await postgres.query(
      url,
      `create role acting createrole; create role runner login superuser password 'x' in role acting;
      alter role runner in database "${database}" set role = 'acting'; grant create on schema public to acting; grant create on database "${database}" to acting`,
    );
    const folder = makeFolder(
      pairs({
        "1_a": "set role pg_monitor; reset role; create table a (id int);",
        "2_b": "set session authorization runner; select 1;",
        "3_c": "create table c (id int);",
      }),
    );
    await migratorFor(postgres.server.url(database, "runner", "x"), folder).up();
    const owners = await postgres.query(
      url,
      "select tablename, tableowner from pg_tables where tablename in ('a', 'c', 'history') order by 1",
    );
    expect(owners).toEqual(["a", "c", "history"].map((tablename) => ({ tablename, tableowner: "acting" })));
    expect(await postgres.query(url, "select distinct applied_by from migrate.history")).toEqual([
      { applied_by: "runner" },
    ]);
  });
});

test.each(["database", "role", "PGOPTIONS"])(
  "a backslash is an ordinary character where the %s has standard_conforming_strings off",
  async (where) => {
    const name = `strings_${where.toLowerCase()}`;
    const url = await postgres.createDatabase(name);
    await postgres.query(url, `create role ${name} login superuser password 'x'`);
    const set = "set standard_conforming_strings = off";
    if (where !== "PGOPTIONS") await postgres.query(url, `alter ${where} ${name} ${set}`);
    const say = (n: number) => `insert into said values (${n}, 'C:\\'), (${n}, E'\\'');`;
    const folder = makeFolder(
      pairs({
        "1_a": `create table said (n int, what text); ${say(1)}`,
        "2_b": `${say(2)} ${set}; ${say(2)}`,
        "3_c": `-- migrate:no-transaction\n${say(3)}\nvacuum said;\n${say(3)}`,
        "4_d": [say(4), "delete from said where n = 4 and what = '\\' or what = 'C:\\' and n = 4"],
      }),
    );
    const environment = {
      DATABASE_URL: postgres.server.url(name, name, "x"),
      MIGRATIONS_DIR: folder,
      ...(where === "PGOPTIONS" && { PGOPTIONS: "-c standard_conforming_strings=off" }),
    };
    for (const command of ["plan", "up", "down --steps 1 --yes"])
      expect(await migrateHere(command.split(" "), environment)).toMatchObject({ code: 0, stderr: "" });
    expect(await postgres.query(url, "select n, what, count(*)::int from said group by 1, 2 order by 1, 2")).toEqual([
      { n: 1, what: "'", count: 1 },
      { n: 1, what: "C:\\", count: 1 },
      { n: 2, what: "'", count: 2 },
      { n: 2, what: "C:\\", count: 2 },
      { n: 3, what: "'", count: 2 },
      { n: 3, what: "C:\\", count: 2 },
      { n: 4, what: "'", count: 1 },
    ]);
  },
);

test("a role whose transactions only read by default, serializably, migrates, adopts and compares", async () => {
  const url = await postgres.createDatabase("reading");
  await postgres.query(
    url,
    `create role reading login superuser password 'x'; alter role reading set default_transaction_read_only = on;
    alter role reading set default_transaction_isolation = 'serializable'`,
  );
  const folder = makeFolder(
    pairs({
      "1_a": "create table a (i int);",
      "2_b": "-- migrate:no-transaction\ninsert into a values (1);\nvacuum a;\ncreate index concurrently on a (i);",
      "3_c": "create table c ();",
    }),
  );
  const reading = postgres.server.url("reading", "reading", "x");
  await migratorFor(reading, folder).baseline({ version: 1 });
  await postgres.query(url, "create table a (i int)");
  await migratorFor(reading, folder).up();
  await postgres.query(url, "drop table c; update schema_migrations set version = 2");
  expect(await migratorFor(reading, folder).up()).toMatchObject({ applied: [{ version: 3 }] });
  expect(await migratorFor(reading, folder).verify({ drift: true })).toMatchObject({ drift: { differences: [] } });
});

test("a database whose functions quote every name knows what ran, adopts and compares", async () => {
  const url = await postgres.createDatabase("quoting");
  await postgres.query(url, "alter database quoting set quote_all_identifiers = on");
  const folder = makeFolder(pairs({ "1_a": "create table a (i int);", "2_b": "insert into a values (1);" }));
  await postgres.query(
    url,
    `create table a (i int);
    create table schema_migrations (version bigint not null primary key, dirty boolean not null);
    insert into schema_migrations values (1, false)`,
  );
  expect(await migratorFor(url, folder).up()).toMatchObject({ adopted: [1], applied: [{ version: 2 }] });
  expect(await migratorFor(url, folder).up()).toMatchObject({ applied: [], version: 2 });
  expect(await migratorFor(url, folder).status()).toMatchObject({ version: 2, pending: 0, problems: [] });
});

test("BEGIN and COMMIT around a whole file mean what happens anyway", async () => {
  const url = await postgres.createDatabase();
  const folder = makeFolder(
    pairs({
      "1_a": "-- as in a tutorial\nBEGIN;\ncreate table a (id int);\nCOMMIT;\n",
      "2_b": "start transaction; create table b (id int); end transaction",
    }),
  );
  await migratorFor(url, folder).up();
  expect(await recorded(postgres, url)).toEqual({ history: "1:applied 2:applied", version: "2,false" });
});

test("a comment without an end of line, and a statement without a semicolon, do not swallow the record", async () => {
  const url = await postgres.createDatabase();
  const folder = makeFolder(
    pairs({
      "1_a": "create table a (id int) -- the end",
      "2_b": "create table b (id int)",
      "3_c": "\ufeffcreate table c (id int);\r\n",
    }),
  );
  await migratorFor(url, folder).up();
  expect((await recorded(postgres, url)).history).toBe("1:applied 2:applied 3:applied");
});

test("savepoints belong to a file, and a function's SQL-standard body is one statement", async () => {
  const url = await postgres.createDatabase();
  const sql = `savepoint s; create table gone (id int); rollback to savepoint s; release savepoint s;
    create function f(n int) returns int language sql begin atomic select case when n > 0 then 1 else 0 end; select 2; end;
    create table a (id int default f(1));`;
  await migratorFor(url, makeFolder(pairs({ "1_a": sql }))).up();
  expect(await publicTables(postgres, url)).toEqual(["a", "schema_migrations"]);
});

describe("down", () => {
  test("undoes the newest first, keeps the record of what was, and goes up again", async () => {
    const url = await postgres.createDatabase();
    const folder = makeFolder(tables(4));
    await migratorFor(url, folder).up();
    const result = await migratorFor(url, folder).down({ to: 1 });
    expect(result.reverted.map(({ version }) => version)).toEqual([4, 3, 2]);
    expect(result.version).toBe(1);
    expect(await recorded(postgres, url)).toEqual({ history: "1:applied", version: "1,false" });
    expect(await publicTables(postgres, url)).toEqual(["schema_migrations", "t1"]);
    await migratorFor(url, folder).down({ steps: 1 });
    expect(await recorded(postgres, url)).toEqual({ history: "", version: "" });
    expect((await migratorFor(url, folder).up()).version).toBe(4);
    const rows = await postgres.query(
      url,
      "select count(*)::int as all, count(reverted_at)::int as reverted, count(reverted_by)::int as by from migrate.history",
    );
    expect(rows).toEqual([{ all: 8, reverted: 4, by: 4 }]);
  });

  test("does nothing when it is not confirmed", async () => {
    const url = await postgres.createDatabase();
    const folder = makeFolder(tables(2));
    await migratorFor(url, folder).up();
    const asked: string[] = [];
    const confirm = async (migrations: readonly { id: string }[]) => {
      asked.push(...migrations.map(({ id }) => id));
      return false;
    };
    expect(await migratorFor(url, folder).down({ to: 0, confirm })).toMatchObject({ reverted: [], version: 2 });
    expect(asked).toEqual(["000002_t2", "000001_t1"]);
    expect((await recorded(postgres, url)).version).toBe("2,false");
  });
});

test("a late file runs when it is asked for, and the version stays the newest", async () => {
  const url = await postgres.createDatabase();
  const folder = makeFolder(pairs({ "1_a": "select 1;", "3_c": "select 1;" }));
  await migratorFor(url, folder).up();
  write(folder, pairs({ "2_b": "create table b (id int);" }));
  expect((await failure(migratorFor(url, folder).up())).exitCode).toBe(EXIT.refused);
  expect((await migratorFor(url, folder).up({ allowOutOfOrder: true })).version).toBe(3);
  expect(await recorded(postgres, url)).toEqual({ history: "1:applied 2:applied 3:applied", version: "3,false" });
});

test("a database ahead of the folder is a success with a warning, and nothing is undone", async () => {
  const url = await postgres.createDatabase();
  await migratorFor(url, makeFolder(tables(5))).up();
  const older = migratorFor(url, makeFolder(tables(3)));
  expect(await older.up()).toMatchObject({ applied: [], version: 5, ahead: true });
  expect(older.events).toEqual([
    expect.objectContaining({ level: "warn", message: expect.stringContaining("ahead of the newest file here, 3") }),
  ]);
  expect((await older.wait({ version: 3, timeoutSeconds: 0 })).version).toBe(5);
  expect((await failure(older.down({ steps: 1 }))).message).toContain("this folder cannot undo");
});

test("two migrators on two databases in one process do not disturb each other", async () => {
  const urls = [await postgres.createDatabase(), await postgres.createDatabase()];
  const results = await Promise.all(urls.map((url, index) => migratorFor(url, makeFolder(tables(index + 2))).up()));
  expect(results.map(({ version }) => version)).toEqual([2, 3]);
});

describe("status, verify and wait", () => {
  test("tell what is applied, pending, changed and late", async () => {
    const url = await postgres.createDatabase();
    const folder = makeFolder(pairs({ "1_a": "select 1;", "3_c": "select 1;" }));
    await migratorFor(url, folder).up();
    write(folder, pairs({ "1_a": "select 2;", "2_b": "select 1;", "4_d": "select 1;" }));
    const migrator = migratorFor(url, folder);
    const status = await migrator.status();
    expect(status.migrations.map(({ version, state, file = "-" }) => `${version} ${state} ${file}`)).toEqual([
      "1 applied changed",
      "2 late -",
      "3 applied ok",
      "4 pending -",
    ]);
    expect(status.migrations[2]).toMatchObject({
      appliedBy: "diabrisk",
      appliedAt: expect.any(Date),
      milliseconds: expect.any(Number),
    });
    const verification = await migrator.verify();
    expect(verification).toMatchObject({
      compared: 2,
      pending: 2,
      problems: [expect.stringContaining("has changed since it was applied")],
    });
  });

  test("wait sees a version that comes while it waits, and gives up with code 3", async () => {
    const url = await postgres.createDatabase();
    const folder = makeFolder(tables(2));
    const waiting = migratorFor(url, folder).wait({ version: 2, timeoutSeconds: 10 });
    await migratorFor(url, folder).up();
    expect(await waiting).toEqual({ version: 2 });
    const error = await failure(migratorFor(url, folder).wait({ version: 3, timeoutSeconds: 0 }));
    expect(error.exitCode).toBe(EXIT.pending);
    expect(error.message).toContain("at version 2, and not at 3");
  });
});
