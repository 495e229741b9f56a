import { EXIT } from "../../lib/contract";
import { migrateHere } from "../migrator/support/command";
import { failure, migratorFor } from "../migrator/support/database";
import { makeFolder, pairs, write } from "../migrator/support/folder";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres({ settings: { fsync: "off" } });

async function planned(schema: string, files: Readonly<Record<string, string>>, more: object = {}) {
  const url = await postgres.createDatabase();
  const directory = makeFolder(pairs({ "1_schema": schema }));
  await migratorFor(url, directory).up();
  write(directory, pairs(files));
  const { migrations } = await migratorFor(url, directory).plan({ data: true, ...more });
  const data = migrations.flatMap((migration) => migration.data ?? []);
  const told = data.map(({ line, text }) => `${line} ${text.replaceAll(`${directory}/`, "")}`);
  return { url, directory, data, told };
}

test("keys are those of numbers and UUIDs; where a key may tell something, the row's place", async () => {
  const rows = "insert into t select 'secret' || n, n, n, null from generate_series(1, 7) n";
  const of = async (key: string) => {
    const made = `create table t (name text, a int, b bigint, v text, ${key}); ${rows}`;
    return (await planned(made, { "2_x": "alter table t alter v set not null" })).told[0];
  };
  expect(await of("primary key (b)")).toBe("1 fails: 7 rows of public.t have null in v (b 1; 2; 3; 4; 5; …)");
  expect(await of("primary key (b, a)")).toMatch(/\(b,a 1,1; 2,2; 3,3; 4,4; 5,5; …\)$/);
  expect(await of("primary key (name)")).toMatch(/\(ctid \(0,1\); \(0,2\); \(0,3\); \(0,4\); \(0,5\); …\)$/);
  expect(await of("primary key (a, name)")).toMatch(/\(ctid /);
  expect(await of("unique (a)")).toMatch(/\(ctid /);
});

test("what depends on an earlier pending statement is not known, never fine", async () => {
  const made =
    "create table t (id int primary key, a int, b text); insert into t values (1, null, 'x'), (2, 3, 'x'); create table child (t int references t on delete cascade, c int)";
  const { told } = await planned(made, {
    "2_add":
      "alter table t add column x int;\nupdate t set x = 1 where a is null;\nalter table t alter x set not null;",
    "3_more":
      "alter table t alter a set not null;\nalter table t add unique (b);\nalter table child add check (c > 0);",
    "4_made":
      "create table fresh (id int);\nalter table fresh add unique (id);\ninsert into fresh select a from t;\nalter table fresh alter id set not null;",
  });
  expect(told).toEqual([
    expect.stringMatching(/^2 not known, the rows of public\.t: column "x" .* does not exist/),
    "3 not known, whether rows of public.t have null in x: cannot be known before 2_add.up.sql:2 has run",
    "1 not known, whether rows of public.t have null in a: cannot be known before 2_add.up.sql:2 has run",
    "2 not known, whether rows of public.t are equal to another in b: cannot be known before 2_add.up.sql:2 has run",
    "3 not known, whether rows of public.child are against the check: cannot be known before 2_add.up.sql:2 has run",
    expect.stringMatching(
      /^4 not known, whether rows of public\.fresh have null in id: cannot be known before 4_made.up.sql:3/,
    ),
  ]);
});

test("a statement that changes other tables or columns hides nothing; one that may change any hides all", async () => {
  const made =
    "create table t (a int, b int); create table other (a int); insert into t values (null, 1); insert into other values (1)";
  const ask = "alter table t alter a set not null;";
  const after = async (sql: string, more = "") =>
    (await planned(made + more, { "2_x": `${sql};\n${ask}` })).told.at(-1);
  const fails = "2 fails: 1 row of public.t has null in a (ctid (0,1))";
  for (const sql of [
    "update other set a = 2",
    "alter table t add column c int",
    "alter table t alter b type bigint",
    "create index on t (a)",
    "select now()",
    "alter table t alter a set default 5",
  ])
    expect(await after(sql)).toBe(fails);
  for (const sql of [
    "update t set a = 1",
    "delete from t",
    "truncate t",
    "do $$ begin end $$",
    "with x as (delete from t returning a) insert into other select a from x",
    "alter table t alter a type bigint using 1",
  ])
    expect(await after(sql)).toMatch(/^2 not known, .* before 2_x.up.sql:1 has run$/);
  const trigger =
    "; create function f() returns trigger language plpgsql as 'begin update t set a = 1; return new; end'; create trigger g before update on other for each row execute function f()";
  expect(await after("create table if not exists t (x int)")).toBe(fails);
  expect(await after("update other set a = 2", trigger)).toMatch(/^2 not known/);
});

test("a wider integer asks nothing; what cannot be asked of new values is said", async () => {
  const made =
    "create table t (id int primary key, a text); create table child (t int references t); create unique index low on t (lower(a)) where a <> ''";
  const asked = async (sql: string) => (await planned(made, { "2_x": sql })).told;
  expect(await asked("alter table t alter id type bigint")).toEqual([]);
  expect(await asked("alter table t alter id type bigint using id + 1")).toContain(
    "1 not known, the rows of public.t: public.child depends on the new values of id",
  );
  expect(await asked("alter table t alter a type varchar(9) using upper(a)")).toContain(
    "1 not known, the rows of public.t: public.low depends on the new values of a",
  );
});

test("a constraint that a pending file adds NOT VALID is counted where it is validated", async () => {
  const made = "create table t (id int primary key, a int); insert into t values (1, -1)";
  const { told } = await planned(made, {
    "2_add": "alter table t add constraint positive check (a > 0) not valid",
    "3_validate": "\nalter table t validate constraint positive",
  });
  expect(told).toEqual(["2 fails: 1 row of public.t is against positive (id 1)"]);
});

test("names mean what the file's search_path says, and an unknown path is said", async () => {
  const made =
    "create schema other; create table other.t (a int); create table t (a int); insert into other.t values (null)";
  const { told } = await planned(made, {
    "2_x": "alter table t alter a set not null;\nset search_path = other;\nalter table t alter a set not null;",
  });
  expect(told).toEqual([
    "1 fine: no rows of public.t have null in a",
    "3 fails: 1 row of other.t has null in a (ctid (0,1))",
  ]);
  const hidden = await planned(made, {
    "2_x": "select set_config('search_path', current_user, false);\nalter table t alter a set not null;",
  });
  expect(hidden.told.at(-1)).toMatch(/^2 not known/);
});

test("how many rows a statement writes is the planner's estimate, and none is written", async () => {
  const made =
    "create table t (a int, b int); insert into t select n, n from generate_series(1, 12000) n; create table s (a int); analyze";
  const { told, data, url } = await planned(made, {
    "2_x":
      "update t set b = 1;\ndelete from t;\ninsert into s select a from t;\ninsert into s values (1);\nmerge into s using t on s.a = t.a when not matched then insert values (t.a);",
  });
  expect(told).toEqual([
    "1 writes ~12,000 rows of public.t",
    "2 writes ~12,000 rows of public.t",
    "3 writes ~12,000 rows of public.s",
    "5 writes ~12,000 rows of public.s",
  ]);
  expect(data.map(({ state }) => state)).toEqual(Array(4).fill("writes"));
  expect(await postgres.query(url, "select count(*)::int as n from s")).toEqual([{ n: 0 }]);
});

test("a count that takes too long, a locked table, and what a function raises are said, not taken for fine", async () => {
  const slow =
    "create table t (a int); insert into t select n from generate_series(1, 30) n; create function slow(int) returns boolean language sql stable as 'select pg_sleep(0.1) is not null'";
  const { told } = await planned(slow, { "2_x": "alter table t add check (slow(a))" }, { timeoutSeconds: 0.3 });
  expect(told).toEqual(["1 not known, whether rows of public.t are against the check: not counted within 0.3 s"]);
  const first = slow.replace(
    "n from generate_series(1, 30) n",
    "nullif(greatest(n, 5), 5) from generate_series(1, 30) n",
  );
  const partly = await planned(
    first,
    { "2_x": "alter table t add constraint c check (a is not null and slow(a))" },
    { timeoutSeconds: 0.3 },
  );
  expect(partly.told).toEqual([
    "1 fails: not counted in time: rows of public.t are against c (ctid (0,1); (0,2); (0,3); (0,4); (0,5); …)",
  ]);
  const raise =
    "create table t (a text); insert into t values ('secret'); create function f(text) returns boolean language plpgsql as $$ begin raise exception 'bad %', $1 using errcode = '42501'; end $$";
  expect((await planned(raise, { "2_x": "alter table t add check (f(a))" })).told).toEqual([
    "1 fails: it cannot be told of some rows of public.t whether they are against the check (SQLSTATE 42501)",
  ]);
  const url = await postgres.createDatabase();
  const directory = makeFolder(pairs({ "1_t": "create table t (a int)", "2_x": "alter table t alter a set not null" }));
  await migratorFor(url, directory).up({ to: 1 });
  await postgres.connected(url, async (client) => {
    await client.query("begin; lock table t");
    const { migrations } = await migratorFor(url, directory).plan({ data: true });
    expect(migrations[0]?.data?.[0]?.text).toMatch(/another session has locked it$/);
  });
});

test("--strict exits with 5 for rows that fail, and no message tells a value", async () => {
  const made = "create table t (id int primary key, a text); insert into t values (1, 'secret')";
  const { url, directory } = await planned(made, {
    "2_x": "alter table t alter a type int using a::int;\nalter table t add check (a::int > 0);",
  });
  const environment = { DATABASE_URL: url, MIGRATIONS_DIR: directory };
  const plain = await migrateHere(["plan", "--data"], environment);
  expect(plain).toMatchObject({ code: EXIT.ok, stderr: "" });
  expect(plain.stdout).toContain("     1  rows  fails: 1 row of public.t does not fit into int4 in a (id 1)\n");
  expect(plain.stdout).toContain("Rows: 1 demand not satisfied, so up would fail; 1 question could not be answered.\n");
  expect(await migrateHere(["plan", "--data", "--strict"], environment)).toMatchObject({ code: EXIT.refused });
  const { stdout } = await migrateHere(["plan", "--data", "--json"], environment);
  expect(plain.stdout + stdout).not.toContain("secret'");
  expect((await failure(migratorFor(url, directory).up())).exitCode).toBe(EXIT.sql);
});
