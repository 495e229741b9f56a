import { removals } from "../../lib/migrator/losses/statements";
import { usePostgres } from "../support/postgres";
import { migrateHere } from "./support/command";
import { migratorFor, recorded } from "./support/database";
import { makeFolder, pairs } from "./support/folder";

const postgres = usePostgres();

/** What `migrate down --to 0` lists before it asks, of migrations that are undone by `downs`. */
async function listed(setup: string, ...downs: string[]): Promise<string[]> {
  const url = await postgres.createDatabase();
  const files = Object.fromEntries(downs.map((down, index) => [`${index + 1}_m`, ["select 1;", down] as const]));
  const directory = makeFolder(pairs(files));
  await migratorFor(url, directory).up();
  await postgres.query(url, setup);
  const environment = { DATABASE_URL: url, MIGRATIONS_DIR: directory };
  const { stdout } = await migrateHere(["down", "--to", "0"], environment, { ask: async () => "no" });
  expect((await recorded(postgres, url)).version).toBe(`${downs.length},false`);
  const lines = stdout.split("\n");
  expect(lines[0]).toBe("This will be undone, and what it lists is lost:");
  return lines.slice(
    1,
    lines.findIndex((line) => line.startsWith("Nothing was undone.")),
  );
}

test("tables and columns with how much they hold, newest first", async () => {
  const setup = `
    create table users (id int, "Nick Name" text);
    insert into users select n, case when n % 4 = 0 then 'x' end from generate_series(1, 12) n;
    create schema old; create table old.things (id int);`;
  expect(
    await listed(
      setup,
      "drop table users;",
      'alter table only users drop column "Nick Name", drop column if exists gone;',
      "drop table if exists old.things, nowhere cascade;",
    ),
  ).toEqual([
    "  3_m",
    "    - table old.things (CASCADE: and whatever depends on it): 0 rows",
    "    - table nowhere (CASCADE: and whatever depends on it): there is no such table",
    "  2_m",
    '    - column users."Nick Name": 3 values in 12 rows',
    "    - column users.gone: there is no such column",
    "  1_m",
    "    - table users: 12 rows",
  ]);
});

test("a table and a column named by reserved words", async () => {
  const setup = 'create table "order" (id int, "user" text); insert into "order" values (1, null), (2, $$x$$)';
  expect(await listed(setup, 'alter table "order" drop column "user"; drop table "order";')).toEqual([
    "  1_m",
    '    - column "order"."user": 1 value in 2 rows',
    '    - table "order": 2 rows',
  ]);
});

test("many rows are the server's estimate, and said to be", async () => {
  const setup = `create table big (id int, half int);
    insert into big select n, nullif(n % 2, 0) from generate_series(1, 150000) n; analyze big`;
  expect(await listed(setup, "alter table big drop column half; drop table big;")).toEqual([
    "  1_m",
    "    - column big.half: about 75000 values in about 150000 rows",
    "    - table big: about 150000 rows",
  ]);
});

test("rows that are deleted, and what cannot be told", async () => {
  const setup = "create table a (id int); insert into a values (1), (2)";
  const down =
    "-- Why: x\ndelete from a where id = 1;\ntruncate a;\n\ndo $$ begin perform 1; end $$;\ndrop index if exists nope;\ndrop schema s cascade;";
  expect(await listed(setup, "drop function if exists f();", down)).toEqual([
    "  2_m",
    "    - rows of a (DELETE): 2 rows",
    "    - rows of a (TRUNCATE): 2 rows",
    "    - whatever a DO block in line 5 removes: that cannot be told from its text",
    "    - schema s (CASCADE: and whatever depends on it)",
    "  1_m",
    "    no table, column or row",
  ]);
});

test("what a file's own search_path means", async () => {
  const setup = `create schema app; create table app.orders (note text); create table orders (id int);
    insert into app.orders select 'x' from generate_series(1, 50)`;
  const down = `set search_path = app, "$user"; alter table orders drop column note; drop table orders;
    set search_path to default; drop table orders;
    select set_config('search_path', 'app', false); truncate orders;
    select set_config('search_path', 'a' || 'b', false); truncate orders;`;
  expect(await listed(setup, down)).toEqual([
    "  1_m",
    "    - column orders.note: 50 values in 50 rows",
    "    - table orders: 50 rows",
    "    - table orders: 0 rows",
    "    - rows of orders (TRUNCATE): 50 rows",
    "    - rows of orders (TRUNCATE): in which schema cannot be told",
  ]);
});

test("statements inside of others, cascades and functions", async () => {
  const setup = `create table a (id int primary key); insert into a values (1), (2);
    create function wipe() returns void language sql as 'delete from a'`;
  const down = `with gone as (delete from a returning id) select count(*), lower('X') from gone;
    merge into a using a b on a.id = b.id when matched then delete;
    insert into a values (1) on conflict (id) do update set id = 3;
    insert into a values (9) on conflict do nothing;
    select wipe();
    drop type mood cascade;
    drop type other;
    drop extension hstore;
    drop owned by somebody;
    execute statement;`;
  expect(await listed(setup, down)).toEqual([
    "  1_m",
    "    - rows of a (DELETE): 2 rows",
    "    - rows of a (MERGE): 2 rows",
    "    - rows of a (INSERT … ON CONFLICT DO UPDATE): 2 rows",
    "    - whatever the function wipe() in line 5 removes: that cannot be told from its text",
    "    - whatever DROP TYPE … CASCADE in line 6 removes: that cannot be told from its text",
    "    - whatever DROP EXTENSION in line 8 removes: that cannot be told from its text",
    "    - whatever DROP OWNED in line 9 removes: that cannot be told from its text",
    "    - whatever a prepared statement in line 10 removes: that cannot be told from its text",
  ]);
});

test("a table that somebody holds is not waited for", async () => {
  const url = await postgres.createDatabase();
  const directory = makeFolder(pairs({ "1_a": ["create table a (id int)", "drop table a"] }));
  await migratorFor(url, directory).up();
  await postgres.connected(url, async (holder) => {
    await holder.query("begin; lock table a");
    const environment = { DATABASE_URL: url, MIGRATIONS_DIR: directory };
    const { stdout } = await migrateHere(["down", "--steps", "1"], environment, { ask: async () => "no" });
    expect(stdout).toContain("- table a: cannot be counted: canceling statement due to lock timeout");
  });
});

test.each([
  ['drop table a.b, "C"', ["table a.b", 'table "C"']],
  ["alter table a drop column x, alter column y type text", ["column a.x", "rows a"]],
  ["drop view v; drop function f(int); comment on table a is null", []],
  ["update a set x = 1; call p()", ["rows a", "unknown "]],
])("%s removes %j", async (sql, expected) => {
  expect(
    (await removals(sql)).map(({ kind, relation, column }) => `${kind} ${relation}${column ? `.${column}` : ""}`),
  ).toEqual(expected);
});

test.each([
  ["explain delete from a;", []],
  ["explain (analyze off) delete from a;", []],
  ["explain (analyze 'FALSE', verbose) update a set x = 1;", []],
  ["explain analyze delete from a;", ["a"]],
  ["explain (analyze off, analyze) delete from a;", ["a"]],
  ["prepare p as delete from a;", []],
  ["create function f() returns void begin atomic delete from a; end;", []],
  ["create rule r as on insert to b do also delete from a;", []],
  ["with gone as (delete from s.a returning 1) select from gone;", ["s.a"]],
  ["merge into a using b on true when matched then do nothing;", []],
  ["merge into a using b on true when not matched then insert default values when matched then delete;", ["a"]],
])("only what runs is lost: %s", async (sql, relations) => {
  expect((await removals(sql)).map(({ relation }) => relation)).toEqual(relations);
});
