import { examine } from "../../../lib/migrator/analysis/examine";
import { Schema } from "../../../lib/migrator/analysis/schema";
import { ADVICE, BREAKAGES } from "../../../lib/migrator/lint/advice";
import { findings } from "../../../lib/migrator/lint/rules";

/** What is there before, and used. */
const BEFORE = `create table t (id int primary key, a int not null, b text, c varchar(10));
alter table t add constraint t_b check (b is not null);
create table u (id int primary key, t_id int references t (id));
create table p (id int) partition by range (id);
create table w (id int);
create materialized view m as select * from t;
create materialized view mk as select * from t;
create unique index mk_id on mk (id);
create materialized view me as select * from t with no data;
create index t_a on t (a);
create table cta as select * from t;
alter table cta add primary key (id, a, b);
create function us() returns bigint language sql as $$ select cast(extract(epoch from now()) * 1000000 as bigint) $$;
create function num() returns float language sql as 'select random()';
create function deep() returns bigint language sql return us();
create table s2.t (z int not null);
create table ts (a timestamp);
create table k (id int primary key) partition by range (id);
create table k1 partition of k for values from (1) to (2);
create table ku (id int references k);
create view v as select id, a from t;
create type mood as enum ('ok');
create function own() returns int language plpgsql as $$ begin return 1; end $$;`;

async function rulesOf(sql: string, options: { transactional?: boolean; direction?: "up" | "down" } = {}) {
  const schema = new Schema();
  await examine(BEFORE, schema);
  schema.age();
  const { transactional = true } = options;
  const statements = await examine(sql, schema, { transactional });
  return findings(statements, { transactional, direction: "up", ...options });
}

const names = async (...args: Parameters<typeof rulesOf>) => (await rulesOf(...args)).map(({ rule }) => rule).join(" ");

const FELT: readonly (readonly [sql: string, rule: string])[] = [
  ["alter table t add constraint x check (a > 0)", "check-scans"],
  ["alter table u add constraint x foreign key (id) references t", "foreign-key-scans"],
  ["alter table t add constraint x unique (a)", "constraint-builds-index"],
  ["alter table t add column x int not null", "not-null-without-default"],
  ["alter table w add primary key (id)", "primary-key-scans constraint-builds-index"],
  ["alter table p attach partition t for values from (1) to (2)", "attach-scans"],
  ["alter table t alter column c type int using c::int", "type-change-rewrites"],
  ["cluster t using t_a", "rewrites-table"],
  ["create index x on t (a)", "index-blocks-writes"],
  ["create domain d as int check (value > 0); alter table t add column x d", "column-rewrites"],
  ["alter table t add column x int generated always as (a + 1) stored", "column-rewrites"],
  ["alter table t add column x int generated always as identity", "column-rewrites"],
  ["alter table t add column x uuid default gen_random_uuid()", "column-rewrites"],
  ["alter table u set unlogged", "rewrites-table"],
  ["refresh materialized view m", "refresh-blocks-reads"],
  ["reindex table t", "reindex-blocks-writes"],
  ["alter table t alter column c set not null", "not-null-scans"],
  ["update t set a = 1", "writes-every-row"],
  ["update t set a = 1 where true", "writes-every-row"],
  ["delete from t where 1 = 1 and (a = 1 or 't'::boolean)", "writes-every-row"],
  ["update v set a = 1", "writes-every-row"],
  ["alter table k detach partition k1", "detach-scans"],
  ["create domain d as uuid default gen_random_uuid(); alter table t add column x d", "column-rewrites"],
  [
    "create operator %%% (leftarg = int, rightarg = int, function = own); alter table t add column x int default (1 %%% 2)",
    "column-rewrites",
  ],
  [
    "create index x on t (lower(c)) where c > ''; alter table t alter column c type text",
    "index-blocks-writes type-change-rewrites",
  ],
  ["drop table u", "drop-table"],
  ["alter table t drop column a", "drop-column"],
  ["alter table t rename to s", "rename"],
  ["alter table t rename column a to x", "rename"],
  ["truncate u", "truncate"],
  ["alter table t add constraint x check (a > 0) not valid; alter table t validate constraint x", "slow-under-lock"],
  [
    "alter table u add constraint z primary key (t_id), drop constraint u_pkey",
    "primary-key-scans constraint-builds-index",
  ],
  ["do $$ begin perform 1; end $$; truncate t", "cannot-be-known truncate"],
  ["alter table cta drop column b; alter table cta add primary key (id, a)", "drop-column constraint-builds-index"],
  ["alter table t add constraint x exclude (a with =)", "constraint-builds-index"],
  ["refresh materialized view mk", "refresh-blocks-reads"],
  ["drop table t", "server-refuses"],
  ["alter table v add column x int", "server-refuses"],
  ["alter table k1 add column x int", "server-refuses"],
  ["truncate t", "server-refuses"],
  ["create index concurrently x on p (id)", "fails-on-partitioned"],
  ["create index concurrently x on only p (id)", "fails-on-partitioned"],
  ["reindex table k", "reindex-blocks-writes fails-on-partitioned"],
  ["cluster k using k_i", "rewrites-table fails-on-partitioned"],
  ["alter type mood add value 'new'; alter table u add column m mood default 'new'", "uses-new-enum-value"],
  ["alter type public.mood add value if not exists 'new' before 'ok'; select 'new'::mood", "uses-new-enum-value"],
  ["do $$ begin perform 1; end $$", "cannot-be-known"],
  ["call own()", "cannot-be-known"],
  ["select own()", "cannot-be-known"],
  ["drop table u cascade", "drop-table cannot-be-known"],
  ["alter table t drop column a cascade", "drop-column cannot-be-known"],
  ["alter table t drop constraint t_pkey cascade", "cannot-be-known"],
  ["create schema s create table n (t_id int references t)", "cannot-be-known"],
  ["alter table t alter column id type bigint", "type-change-rewrites type-change-rewrites"],
  [
    "select set_config('search_path', current_user, false); create index x on t (a)",
    "index-blocks-writes cannot-be-known",
  ],
  ["import foreign schema x from server s into public", "cannot-be-known"],
];

test.each(FELT)("%s: %s", async (sql, rule) => {
  expect(await names(sql)).toBe(rule);
});

test("advice stands for nothing that no test brings about", () => {
  const brought = new Set(FELT.flatMap(([, rule]) => rule.split(" ")));
  const all = [...Object.values(ADVICE), ...Object.values(BREAKAGES)].map(({ rule }) => rule);
  expect(all.filter((rule) => !brought.has(rule))).toEqual([]);
});

test.each([
  "alter table t add column x int",
  "alter table t add column x int not null default 0",
  "alter table t add column x timestamptz not null default now()",
  "alter table t add constraint x check (a > 0) not valid",
  "alter table t alter column c type varchar(20)",
  "alter table t alter column c type text",
  "alter table t alter column b set not null",
  "alter table t alter column a set not null",
  "create index concurrently x on t (a)",
  "alter table t validate constraint t_b",
  "create table n (id int primary key, t_id int references t); create index on n (t_id); update n set id = 1; drop table n",
  "create table n (a int); alter table n add constraint x check (a > 0), alter column a set not null, add column b serial",
  "update t set a = 1 where id = 1",
  "alter table t add column x bigint default us(), add column y bigint default deep()",
  "set local time zone 'UTC'; create table n (a timestamp); alter table ts alter column a type timestamptz",
  "refresh materialized view concurrently mk; refresh materialized view concurrently mk",
  "refresh materialized view me",
  "create materialized view n as select * from t with no data; refresh materialized view n",
  "drop table if exists no; drop view if exists no; drop index if exists no; drop sequence if exists no",
  "drop materialized view if exists no; drop foreign table if exists no; drop table if exists no cascade",
  "drop trigger if exists no on t; drop policy if exists no on t; drop rule if exists no on t; drop trigger if exists no on no",
  "alter table if exists no add column x int not null, drop column y; alter table t drop column if exists no",
  "alter table t drop constraint if exists no; alter table if exists no rename to other; alter view if exists no rename to other",
  "create table n (id int); alter table u inherit n; alter table u no inherit n; alter table u drop constraint nobody_knows; drop table n",
  "create table n (id int primary key); create table n2 (id int references n); create view n3 as select * from n; drop table n2; drop view n3; truncate n; drop table n",
  "create table n (id int primary key); create table n2 (id int references n); alter table n2 drop constraint n2_id_fkey; drop table n",
  "create table n (id int primary key); create table n2 (id int references n); alter table n rename to n9; alter table n2 drop constraint n2_id_fkey; drop table n9",
  "create table n (id int) partition by list (id); create table n1 partition of n default; drop table n; create table n1 (id int); alter table n1 add column x int",
  "create temp table t as select * from w; truncate t; alter table t add column x int not null; update t set id = 1; drop table t; analyze t",
  "do $$ begin raise exception 'cannot be undone'; end $$",
  "do language plpgsql 'begin -- x\n raise ''a -- b''; perform 1; end'; do $$begin raise division_by_zero;end$$",
  "update t set a = 1 where false or a = 1 or null = null",
  "create domain d as int default 1; create domain e as d; alter table t add column x e",
  "alter table t set logged",
  "create extension citext; create domain d as int; alter domain d set default 1; alter domain d drop not null",
  "create domain d as int; alter domain d add constraint c check (value > 0) not valid",
  "comment on table t is 'x'",
  "set search_path = s2; alter table t alter column z set not null",
  "create database d; drop database d; alter system set work_mem = '4MB'; create tablespace s location '/x'",
  "create subscription s connection '' publication p; drop subscription s; create procedure r() begin atomic; end",
  "select count(*) from t",
  "alter type mood add value 'new'; select 'old'",
  "alter type mood rename value 'ok' to 'new'; select 'new'::mood",
  "create type n as enum ('a'); alter type n add value 'b'; select 'b'::n",
])("nothing is felt of %s", async (sql) => {
  expect(await names(sql)).toBe("");
});

test.each([
  "do $$ begin raise notice 'x'; perform own(); end $$",
  "do $$ begin if true then raise exception 'x'; end if; end $$",
  "do $$ begin raise exception 'x'; exception when others then perform own(); end $$",
  "do language plpython3u $$ begin raise exception $$",
])("it cannot be known what %s does", async (sql) => {
  expect(await names(sql)).toBe("cannot-be-known");
});

test.each([
  ["alter table t add column x bigint default num()", "column-rewrites"],
  ["alter table ts alter column a type timestamptz", "type-change-rewrites"],
  ["set time zone 'Europe/Berlin'; alter table ts alter column a type timestamptz", "type-change-rewrites"],
  [
    "create trigger tr before insert on t for each row execute function f(); drop trigger if exists tr on t; analyze t",
    "",
  ],
])("%s: %s", async (sql, rule) => {
  expect(await names(sql)).toBe(rule);
});

/** A lock, and long work behind it. */
const LOCKS = [
  "alter table u add column x int",
  "create trigger tr before insert on u for each row execute function f()",
];
const WORK = [
  "update t set b = 'x' where a > 5",
  "update t set b = 'x' where id > 5",
  "update t set b = x.b from s2.t x where x.z = t.a",
  "delete from t where a = 1",
  "delete from v where a = 1",
  "insert into w select id from t where a = 1",
  "insert into w select id from t where id = 1 union all select id from t",
  "with x as (select id from t) insert into w select id from x",
  "merge into w using t on w.id = t.id when matched then delete",
  "copy t from '/file'",
  "create table n as select * from t",
  "create materialized view n as select * from t where a = 1",
  "refresh materialized view concurrently mk",
  "alter table t validate constraint nowhere",
];

test.each(LOCKS.flatMap((lock) => WORK.map((work) => [lock, work] as const)))(
  "slow under a lock: %s; %s",
  async (lock, work) => {
    const found = (await rulesOf(`${lock};\n${work}`)).filter(({ line }) => line === 2);
    expect(found.map(({ rule }) => rule)).toEqual(work.startsWith("with") ? [] : ["slow-under-lock"]);
    if (found[0]) expect(found[0].why).toMatch(/ on public\.\w+ .*, while line 1's lock on public\.u \(\w/);
  },
);

test.each([
  ["create index x on t (a)", "index-blocks-writes slow-under-lock"],
  ["update t set a = 1", "writes-every-row slow-under-lock"],
  ["alter table t alter column c type int using c::int", "type-change-rewrites slow-under-lock"],
  ["refresh materialized view mk", "refresh-blocks-reads slow-under-lock"],
])("work that holds others up itself keeps the lock's own waiting: %s", async (work, rules) => {
  expect(await names(`alter table u add column x int; ${work}`)).toBe(rules);
});

test.each([
  "update t set b = 'x' where id = 1",
  "update t set b = 'x' where a > 2 and id in (1, 2)",
  "delete from t where 5 = id",
  "update t set b = 'x' where id = any (array[1]) and t.a in (select t_id from u)",
  "insert into w values (1), (2)",
  "insert into w select 1",
  "insert into w select generate_series(1, 9)",
  "insert into w select id from t where id = 1",
  "create table n (id int); insert into n values (1); update n set id = 2; insert into n select id from n",
  "create table n as select * from t where id = 1",
  "create materialized view n as select * from t with no data",
])("brief under a lock: %s", async (work) => {
  expect(await names(`alter table u add column x int; ${work}`)).toBe("");
});

test("a lock that a new table takes keeps nobody waiting", async () => {
  expect(await names("create table n (id int); alter table n add column x int; update t set b = 'x' where a > 5")).toBe(
    "",
  );
});

test.each([
  ["set search_path = s2", "s2.t"],
  ["set local search_path to nowhere, S2, public", "s2.t"],
  ["set schema 's2'", "s2.t"],
  ["select set_config('search_path', 'nowhere,\"s2\"', false)", "s2.t"],
  ["select pg_catalog.set_config('search_path', 's2', true), 1", "s2.t"],
  ["set search_path = s2; reset search_path", "public.t"],
  ["set search_path = s3, public; create table t (id int)", "s3.t"],
  ["set search_path = s2; set search_path to default", "public.t"],
  ["set search_path = s2; set search_path from current", "s2.t"],
  ['set search_path = "$user", public', "public.t"],
  ["select set_config('work_mem', current_user, false)", "public.t"],
  ["select set_config('search_path', 's2', false) from w", "t"],
  ["select set_config(lower('SEARCH_PATH'), 's2', false)", "t"],
  ["select set_config('search_path', current_user, false); set search_path = s2", "s2.t"],
])("after %s, t is %s", async (sql, table) => {
  const schema = new Schema();
  await examine(BEFORE, schema);
  const last = (await examine(`${sql}; analyze t`, schema)).at(-1);
  expect(last?.effects.map(({ relation }) => relation)).toEqual([table]);
  expect(last?.unknown).toBe(
    table === "t" ? "which t it is, since an earlier statement computes the search_path" : undefined,
  );
  const [next] = await examine("analyze t", schema);
  expect(next?.effects).toMatchObject([{ relation: "public.t" }]);
});

test("a down file drops what it is there to drop, and still blocks nobody for long", async () => {
  expect(await names("drop table u; alter table t drop column a", { direction: "down" })).toBe("");
  expect(await names("create index x on t (a)", { direction: "down" })).toBe("index-blocks-writes");
});

test("statement by statement, no lock outlasts its statement, and partitions are worked on one by one", async () => {
  expect(await names("reindex table k", { transactional: false })).toBe("reindex-blocks-writes");
  const sql = "alter table t add constraint x check (a > 0) not valid; alter table t validate constraint x";
  expect(await names(sql, { transactional: false })).toBe("");
  expect(await names("alter type mood add value 'new'; select 'new'::mood", { transactional: false })).toBe("");
});

test("what is said names the table, the lock and the line that holds another", async () => {
  const [index] = await rulesOf("-- why\n  create index x on t (a)");
  expect(index).toMatchObject({
    line: 2,
    column: 3,
    why: "CREATE INDEX on public.t builds the index x, and blocks writes (SHARE) until it is done.",
  });
  const [slow] = await rulesOf("lock table u;\nalter table t validate constraint nowhere");
  expect(slow?.why).toBe(
    "ALTER TABLE on public.t reads every row to check nowhere, while line 1's lock on public.u (ACCESS EXCLUSIVE) blocks reads and writes.",
  );
});
