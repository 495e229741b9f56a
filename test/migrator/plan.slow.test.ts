import * as fs from "node:fs";
import * as path from "node:path";
import { EXIT } from "../../lib/contract";
import { usePostgres } from "../support/postgres";
import { abortedAfter } from "./support/abort";
import { migrateHere } from "./support/command";
import { failure, migratorFor, writes } from "./support/database";
import { makeFolder, pairs, tables } from "./support/folder";
import { CountingProxy } from "./support/proxy";

const postgres = usePostgres();

/** A table that the planner takes for one of 600,000 rows, one of one row, and a folder whose second migration uses both. */
async function withTables(sql: string) {
  const url = await postgres.createDatabase();
  const directory = makeFolder(
    pairs({ "1_t": "create table big (id int, a int); create table small (id int)", "2_use": sql }),
  );
  await migratorFor(url, directory).up({ to: 1 });
  // What ANALYZE would have found, had anybody filled it.
  await postgres.query(
    url,
    `insert into big values (1, 1); insert into small values (1); analyze;
     update pg_class set reltuples = 600000 where relname = 'big'`,
  );
  return { url, directory, environment: { DATABASE_URL: url, MIGRATIONS_DIR: directory } };
}

test("a big table is warned of, a small or new one is not; and nothing is written", async () => {
  const { url, directory } = await withTables(
    "create index on big (id); create index on small (id); create table fresh (id int); create index on fresh (id);",
  );
  const before = await writes(postgres, url);
  const { migrations, version } = await migratorFor(url, directory).plan();
  expect(await writes(postgres, url)).toBe(before);
  expect(version).toBe(1);
  const [migration] = migrations;
  expect(migration?.findings.map(({ rule, why }) => `${rule}: ${why}`)).toEqual([
    expect.stringMatching(
      /^index-blocks-writes: CREATE INDEX on public\.big \(600,000 rows, 8\.0 KiB\) builds the index, and blocks writes \(SHARE\)/,
    ),
  ]);
  const [onBig, onSmall, , onFresh] = migration?.statements ?? [];
  expect(onBig?.effects).toEqual([
    expect.objectContaining({ relation: "public.big", lock: "SHARE", isNew: false, rows: 600000 }),
  ]);
  expect(onSmall?.effects[0]).toMatchObject({ rows: 1, bytes: 8192 });
  expect(onFresh?.effects[0]).toMatchObject({ relation: "public.fresh", isNew: true });
});

test("long work keeps the locks before it; on a small table it is brief", async () => {
  const { url, directory } = await withTables(
    "alter table small add column b int;\nupdate big set a = 1 where id > 5;\nupdate small set b = 1 where id > 5;\ninsert into small select a from big",
  );
  const { migrations } = await migratorFor(url, directory).plan();
  expect(migrations[0]?.findings.map(({ rule, line, why }) => `${line} ${rule}: ${why}`)).toEqual([
    "2 slow-under-lock: UPDATE on public.big (600,000 rows, 8.0 KiB) writes the rows that its condition finds, while line 1's lock on public.small (ACCESS EXCLUSIVE) blocks reads and writes.",
    "4 slow-under-lock: INSERT on public.big (600,000 rows, 8.0 KiB) is read to insert into small, while line 1's lock on public.small (ACCESS EXCLUSIVE) blocks reads and writes.",
  ]);
});

test("the server's refusal is foretold, with its SQLSTATE and what works instead", async () => {
  const { url, directory } = await withTables("create index concurrently i on parted (a)");
  await postgres.query(
    url,
    "create table parted (a int) partition by list (a); create table parted_1 partition of parted for values in (1)",
  );
  const file = path.join(directory, "2_use.up.sql");
  fs.writeFileSync(file, `-- migrate:no-transaction\n${fs.readFileSync(file, "utf8")}`);
  const [planned] = (await migratorFor(url, directory).plan()).migrations;
  expect(planned?.statements[0]).toMatchObject({
    effects: [],
    fails: 'cannot create index on partitioned table "parted" concurrently (0A000)',
  });
  expect(planned?.findings).toEqual([
    expect.objectContaining({
      rule: "fails-on-partitioned",
      instead: expect.stringContaining("`create index concurrently parted_1_i on public.parted_1 (a);`"),
    }),
  ]);
});

test("a name means what the file's search_path says", async () => {
  const { url, directory } = await withTables("set search_path = other; create index on big (id);");
  await postgres.query(url, "create schema other; create table other.big (id int)");
  const { migrations } = await migratorFor(url, directory).plan();
  expect(migrations[0]?.statements[1]?.effects).toMatchObject([{ relation: "other.big", rows: 0 }]);
});

test("a signal ends it, in the middle of a file too", async () => {
  const { url, directory } = await withTables("insert into small values (1);\n".repeat(2_000));
  const { signal, looked } = abortedAfter(100);
  const planned = failure(migratorFor(url, directory, { signal }).plan());
  expect(await planned).toMatchObject({ exitCode: EXIT.signalled });
  expect(looked()).toBeLessThan(2_000);
  const { migrations } = await migratorFor(url, directory).plan();
  expect(migrations[0]?.statements).toHaveLength(2_000);
});

test("a table that somebody holds is not waited for", async () => {
  const { url, directory } = await withTables("alter table big add column b int");
  await postgres.connected(url, async (holder) => {
    await holder.query("begin; lock table big in access exclusive mode");
    const { migrations } = await migratorFor(url, directory).plan();
    expect(migrations[0]?.statements[0]?.effects[0]).toMatchObject({ lock: "ACCESS EXCLUSIVE", rows: 600000 });
  });
});

test("the SQL is what up then sends, byte for byte", async () => {
  const url = await postgres.createDatabase();
  const directory = makeFolder({
    ...tables(2),
    ...pairs({ "3_wrapped": "begin;\ncreate table w (id int);\ncommit;\n" }),
  });
  const privileges = "select 'privileges'";
  const { migrations } = await migratorFor(url, directory, { privileges }).plan();
  const proxy = await CountingProxy.start(postgres.server.port);
  try {
    const through = url.replace(`:${postgres.server.port}/`, `:${proxy.port}/`);
    await migratorFor(through, directory, { privileges }).up();
    const sent = proxy.queries.filter((query) => query.startsWith("begin"));
    expect(migrations.flatMap(({ sql }) => sql)).toEqual(sent);
    expect(sent).toHaveLength(3);
  } finally {
    await proxy.close();
  }
});

test("the command: for a person, as objects, as SQL; 0 whether something is pending or not", async () => {
  const { environment } = await withTables("alter table big alter column a set not null; do $$ begin end $$;");
  const text = await migrateHere(["plan"], environment);
  expect(text).toMatchObject({ code: EXIT.ok, stderr: "" });
  expect(text.stdout).toMatch(
    /is at version 1; up would run 1 migration\.[\s\S]*2_use\.up\.sql \(one transaction\)\n {5}1 {2}ALTER TABLE +big: ACCESS EXCLUSIVE, blocks reads and writes, reads all of it \(about 600,000 rows, 8\.0 KiB\)\n {5}1 {2}DO +cannot be known: [\s\S]*warning: .*:1:1: not-null-scans\n/,
  );
  const objects = (await migrateHere(["plan", "--json"], environment)).stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(objects.map((object) => Object.keys(object)[0])).toEqual([
    "plannedMigration",
    "statement",
    "statement",
    "finding",
    "finding",
    "result",
  ]);
  expect(objects.at(-1)).toMatchObject({ result: "plan", version: 1, pending: [2], findings: 2 });
  const sql = await migrateHere(["plan", "--sql"], environment);
  expect(sql.stdout).toMatch(
    /^-- .*2_use\.up\.sql\nbegin isolation level[\s\S]*insert into migrate\.history[\s\S]*commit;\n\n$/,
  );
  expect((await migrateHere(["plan", "--strict"], environment)).code).toBe(EXIT.refused);
  await migrateHere(["up"], environment);
  expect(await migrateHere(["plan"], environment)).toMatchObject({
    code: EXIT.ok,
    stdout: expect.stringContaining("is at version 2; nothing is pending."),
  });
});

test("what up would refuse, plan refuses; what PostgreSQL cannot parse has its place", async () => {
  const url = await postgres.createDatabase();
  const refused = await failure(migratorFor(url, makeFolder(pairs({ "1_a": "vacuum" }))).plan());
  expect(refused).toMatchObject({
    exitCode: EXIT.refused,
    message: expect.stringContaining("cannot run in a transaction"),
  });
  const unparsed = await failure(migratorFor(url, makeFolder(pairs({ "1_a": "select 1;\nselec 2" }))).plan());
  expect(unparsed.message).toMatch(/1_a\.up\.sql:2:1: syntax error at or near "selec"/);
});
