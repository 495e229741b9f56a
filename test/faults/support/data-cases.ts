/** Tables for the cases: one with a key of numbers, one without a key, one partitioned, one that others inherit from. */
export const SCHEMA = `
create domain amount as int;
create domain code as text;
create domain filled as int default 0 check (value > 0);
create type mood as enum ('glad', 'sad');
create table scores (n numeric primary key);
create table "Odd ""Names" ("E, mail" text, "check" int);
alter domain code add constraint short check (length(value) < 5) not valid;
create table orgs (id int primary key, a int, b int, unique (a, b));
create table people (id serial primary key, email text, age int, score numeric, big bigint, org int, a int, b int, at timestamptz,
  during int4range, bits varbit, parent int, cost amount, tag code, name varchar(20), flag boolean);
create table visits (n int, note text, day date, room int, span int4range);
create table parted (id int not null, k int, day date not null) partition by range (day);
create table parted_old partition of parted for values from ('2020-01-01') to ('2021-01-01');
create table parted_rest partition of parted default;
create table heirs (x int, y text);
create table heirs_child () inherits (heirs);
create table loose (id int not null, k int, day date not null);
create table listed (k int, t text) partition by list (k);
create table listed_1 partition of listed for values in (1);
create table hashed (k int) partition by hash (k);
create table hashed_1 (k int);
create table ranged_1 (a int, b int);
create table owned (k int, org int references orgs) partition by list (k);
create table owned_1 (k int, org int);
create table owned_9 partition of owned for values in (9);
create table ranged (a int, b int) partition by range (a, b);
create table codes (c text unique, k int check (k > 0), r int references orgs, o int not null default 1);
create extension if not exists btree_gist;
alter table people add constraint adult check (age >= 18) not valid;
alter table people add constraint in_org foreign key (org) references orgs not valid;
`;

export interface Case {
  readonly sql: string;
  readonly rows: string;
  readonly fails: boolean;
}

/** Rows that are good and rows that are bad for a statement. Bad values are called secret, to see that none is told. */
const pair = (sql: string, good: string, bad: string): Case[] => [
  { sql, rows: good, fails: false },
  { sql, rows: bad, fails: true },
];

const people = (columns: string, ...rows: string[]) =>
  `insert into people (${columns}) values ${rows.map((row) => `(${row})`).join(", ")}`;
/** Rows from before a constraint that is NOT VALID. */
const unchecked = (name: string, definition: string, rows: string) =>
  `alter table people drop constraint ${name}; ${rows}; alter table people add constraint ${name} ${definition} not valid`;
const IN_ORG = "foreign key (org) references orgs";
const ADULT = "check (age >= 18)";
const ORGS = "insert into orgs values (1, 1, 1), (2, 2, null)";

export const CASES: readonly Case[] = [
  // Nulls.
  ...pair("alter table people alter email set not null", people("email", "'x'"), people("email", "'x'", "null")),
  ...pair(
    "alter table heirs alter x set not null",
    "insert into heirs values (1)",
    "insert into heirs_child values (null)",
  ),
  ...pair(
    "alter table visits add primary key (n)",
    "insert into visits values (1), (2)",
    "insert into visits values (null)",
  ),
  ...pair(
    "alter table visits add primary key (n, room)",
    "insert into visits (n, room) values (1, 1), (1, 2)",
    "insert into visits (n, room) values (1, 1), (1, 1)",
  ),
  ...pair("alter table people add column x int not null", "select 1", people("email", "'x'")),
  ...pair(
    "alter table people add column x int not null default 5, alter email set not null",
    people("email", "'x'"),
    people("email", "null"),
  ),
  ...pair(
    "alter table people alter column parent set not null, alter a set not null",
    people("parent, a", "1, 1"),
    people("parent, a", "1, null"),
  ),
  // Duplicates.
  ...pair(
    "alter table people add unique (email)",
    people("email", "'x'", "null", "null"),
    people("email", "'secret'", "'secret'"),
  ),
  ...pair(
    "alter table people add constraint u unique nulls not distinct (email)",
    people("email", "'x'", "null"),
    people("email", "null", "null"),
  ),
  ...pair(
    "create unique index on people (lower(email))",
    people("email", "'x'", "'y'"),
    people("email", "'SECRET'", "'secret'"),
  ),
  ...pair(
    "create unique index on people ((lower(email)) text_pattern_ops desc nulls last, (a + 1))",
    people("email, a", "'x', 1", "'X', 2"),
    people("email, a", "'X', 2", "'x', 2"),
  ),
  ...pair(
    "create unique index i on people (email) where age > 25 and flag",
    people("email, age, flag", "'x', 23, true", "'x', 27, true"),
    people("email, age, flag", "'x', 28, true", "'x', 27, true"),
  ),
  ...pair(
    "create unique index i on people (a) include (email)",
    people("a, email", "1, 'x'", "2, 'x'"),
    people("a, email", "1, 'x'", "1, 'y'"),
  ),
  ...pair(
    "create unique index if not exists i on only people using btree (a) nulls not distinct",
    people("a", "1", "null"),
    people("a", "null", "null"),
  ),
  ...pair("create unique index on people (a, b)", people("a, b", "1, null", "1, null"), people("a, b", "1, 2", "1, 2")),
  ...pair(
    `create unique index on people (email collate "C", "at" desc)`,
    people("email, at", "'a', '2020-01-01'", "'a', '2020-01-02'"),
    people("email, at", "'a', '2020-01-01'", "'a', '2020-01-01'"),
  ),
  ...pair(
    "alter table parted add unique (day, k)",
    "insert into parted values (1, 1, '2020-01-01'), (2, 2, '2020-01-01')",
    "insert into parted values (1, 1, '2020-01-01'), (2, 1, '2020-01-01')",
  ),
  ...pair(
    "create unique index on parted (day)",
    "insert into parted values (1, 1, '2020-01-01'), (2, 2, '2022-01-01')",
    "insert into parted values (1, 1, '2022-01-01'), (2, 1, '2022-01-01')",
  ),
  {
    sql: "alter table heirs add unique (x)",
    rows: "insert into heirs values (1); insert into heirs_child values (1)",
    fails: false,
  },
  ...pair("create unique index on people (score)", people("score", "1.0", "1.1"), people("score", "1.0", "1.00")),
  ...pair(
    "create unique index on people (coalesce(email, ''), ((a)))",
    people("email, a", "null, 1", "'', 2"),
    people("email, a", "null, 1", "'', 1"),
  ),
  // Foreign keys.
  ...pair(
    "alter table people add foreign key (org) references orgs",
    `${ORGS}; ${people("org", "1", "null")}`,
    `${ORGS}; ${unchecked("in_org", IN_ORG, people("org", "3"))}`,
  ),
  ...pair(
    "alter table people add foreign key (a, b) references orgs (a, b)",
    `${ORGS}; ${people("a, b", "1, 1", "9, null")}`,
    `${ORGS}; ${people("a, b", "1, 2")}`,
  ),
  ...pair(
    "alter table people add foreign key (a, b) references orgs (a, b) match full",
    `${ORGS}; ${people("a, b", "1, 1", "null, null")}`,
    `${ORGS}; ${people("a, b", "1, null")}`,
  ),
  ...pair(
    "alter table people add foreign key (parent) references people",
    people("id, parent", "1, null", "2, 1"),
    people("id, parent", "1, null", "2, 3"),
  ),
  ...pair(
    "alter table people validate constraint in_org",
    `${ORGS}; ${people("org", "1", "null")}`,
    unchecked("in_org", IN_ORG, people("org", "4")),
  ),
  ...pair(
    "alter table people add constraint f foreign key (org) references public.orgs (id) on delete cascade deferrable initially deferred",
    ORGS,
    `${ORGS}; ${unchecked("in_org", IN_ORG, people("org", "5"))}`,
  ),
  // Checks.
  ...pair(
    "alter table people add check (age between 1 and 5)",
    "select 1",
    unchecked("adult", ADULT, people("age", "7")),
  ),
  ...pair(
    "alter table people add constraint c check (people.a > 0 and b is distinct from 3)",
    people("a, b", "1, 2", "null, 4"),
    people("a, b", "0, 2"),
  ),
  ...pair(
    "alter table people add check (email <> ')' and email ~ $a$^[^(]$$a$ /* ) */)",
    people("email", "'x'", "null"),
    people("email", "'secret'"),
  ),
  ...pair("alter table people add check (1 / a > 0)", people("a", "1"), people("a", "0")),
  ...pair(
    "alter table people validate constraint adult",
    people("age", "18", "null"),
    unchecked("adult", ADULT, people("age", "7")),
  ),
  ...pair(
    "alter table heirs add check (x > 0)",
    "insert into heirs_child values (1)",
    "insert into heirs_child values (0)",
  ),
  ...pair(
    "alter table people add check (a > 0), add constraint d check (b > 0), alter email set not null",
    people("a, b, email", "1, 1, ''"),
    people("a, b, email", "1, 0, ''"),
  ),
  ...pair("alter domain amount add check (value > 0)", people("cost", "1", "null"), people("cost", "0")),
  ...pair("alter domain amount set not null", people("cost", "1"), people("cost", "null")),
  ...pair(
    "alter domain code validate constraint short",
    people("tag", "'x'"),
    "alter domain code drop constraint short; insert into people (tag) values ('secret'); alter domain code add constraint short check (length(value) < 5) not valid",
  ),
  // New columns.
  ...pair(
    "alter table people add column x int default 1 unique",
    people("email", "'x'"),
    people("email", "'x'", "'y'"),
  ),
  ...pair("alter table people add column x int default 0 check (x > 0)", "select 1", people("email", "'x'")),
  ...pair(
    "alter table people add x text default lower('A' || ')') not null check (x <> '') check (length(x) < 2)",
    "select 1",
    people("email", "'x'"),
  ),
  ...pair(
    "alter table people add column x int default 7 references orgs",
    "insert into orgs values (7)",
    people("email", "'x'"),
  ),
  ...pair(
    "alter table people add column x int generated always as (a / b) stored",
    people("a, b", "1, 1"),
    people("a, b", "1, 0"),
  ),
  ...pair(
    "alter table people add column x int generated always as (a) stored not null",
    people("a", "1"),
    people("a", "null"),
  ),
  // Types.
  ...pair(
    "alter table people alter email type int using email::int",
    people("email", "'1'", "null"),
    people("email", "'secret'"),
  ),
  ...pair(
    "alter table people alter column email set data type date using (email::date)",
    people("email", "'2020-01-01'"),
    people("email", "'secret'"),
  ),
  ...pair(
    "alter table people alter email type uuid using nullif(trim(email), '')::uuid",
    people("email", "' '"),
    people("email", "'secret'"),
  ),
  ...pair("alter table people alter email type varchar(5)", people("email", "'12345   '"), people("email", "'secret'")),
  ...pair("alter table people alter name type varchar(5)", people("name", "'12345'"), people("name", "'secret'")),
  ...pair("alter table people alter name type char(5)", people("name", "'123  '"), people("name", "'secret'")),
  ...pair(
    "alter table people alter big type int",
    people("big", "2147483647", "-2147483648"),
    people("big", "2147483648"),
  ),
  ...pair("alter table people alter a type smallint", people("a", "32767"), people("a", "-32769")),
  ...pair(
    "alter table people alter score type numeric(4,2)",
    people("score", "99.994", "'NaN'"),
    people("score", "99.995"),
  ),
  ...pair("alter table people alter score type int", people("score", "2147483647.4"), people("score", "2147483647.5")),
  ...pair("alter table people alter bits type varbit(3)", people("bits", "b'101'"), people("bits", "b'1010'")),
  ...pair(
    "alter table people alter bits type bit(3) using bits::bit varying",
    people("bits", "b'101'"),
    people("bits", "b'10'"),
  ),
  ...pair(
    "alter table people alter email type json using email::json",
    people("email", "'{}'"),
    people("email", "'secret'"),
  ),
  ...pair(
    "alter table people alter email type int[] using string_to_array(email, ',')::int[]",
    people("email", "'1,2'"),
    people("email", "'1,secret'"),
  ),
  ...pair(
    "alter table people alter email type code using email, alter a set not null",
    people("email, a", "'x', 1"),
    people("email, a", "'secret', 1"),
  ),
  ...pair(
    "alter table people alter age type int using 100 / age",
    people("age", "20"),
    unchecked("adult", ADULT, people("age", "0")),
  ),
  ...pair(
    "alter table people alter email type mood using email::mood",
    people("email", "'glad'"),
    people("email", "'secret'"),
  ),
  ...pair(
    "alter table people alter at type interval day to second(2) using email::interval",
    people("email", "'1 day'"),
    people("email", "'secret'"),
  ),
  ...pair(
    'alter table "Odd ""Names" alter "E, mail" type timestamp(3) using "E, mail"::timestamp(3), alter "check" set not null',
    `insert into "Odd ""Names" values ('2020-01-01', 1)`,
    `insert into "Odd ""Names" values ('secret', 1)`,
  ),
  ...pair(
    'alter table public."Odd ""Names" add check ("check" > 0 and "Odd ""Names"."E, mail" <> $x$,)$x$)',
    `insert into "Odd ""Names" values ('a', 1)`,
    `insert into "Odd ""Names" values ('secret', 0)`,
  ),
  ...pair(
    'create unique index on "Odd ""Names" ("check", ("E, mail" || \'(\'))',
    `insert into "Odd ""Names" values ('a', 1), ('b', 1)`,
    `insert into "Odd ""Names" values ('secret', 1), ('secret', 1)`,
  ),
  ...pair(
    "alter table people add column x jsonb constraint nn not null constraint ck check (x ? 'a') default '{\"a\": [1, 2]}'::jsonb, add y int[] default array[1, 2] check (y[1] = cost)",
    people("cost", "1", "null"),
    people("cost", "2"),
  ),
  ...pair(
    "alter table people add column x numeric(4, 2) default 99.5 + 1 - 2 check (x > -1) references scores (n)",
    "insert into scores values (98.5)",
    people("email", "'x'"),
  ),
  ...pair(
    "alter table people add column x code default 'secret'",
    "alter domain code drop constraint short",
    people("email", "'x'"),
  ).slice(1),
  ...pair("alter table people add column x filled", "select 1", people("email", "'x'")),
  ...pair(
    "alter table people add column x int unique nulls not distinct",
    people("email", "'x'"),
    people("email", "'x'", "'y'"),
  ),
  // Demands that the new values have to meet, too.
  ...pair(
    "alter table codes alter c type int using c::int",
    "insert into codes (c) values ('1'), ('2')",
    "insert into codes (c) values ('1'), ('01')",
  ),
  ...pair(
    "alter table codes alter r type smallint using r + 1",
    "insert into orgs values (4), (5); insert into codes (c, r) values ('1', 4)",
    "insert into orgs values (5); insert into codes (c, r) values ('1', 5)",
  ),
  ...pair(
    "alter table codes alter k type int using k - 10",
    "insert into codes (c, k) values ('1', 12)",
    "insert into codes (c, k) values ('1', 2)",
  ),
  ...pair(
    "alter table codes alter o type int using nullif(o, 0)",
    "insert into codes (c, o) values ('1', 1)",
    "insert into codes (c, o) values ('1', 0)",
  ),
  // Indexes of expressions.
  ...pair("create index on people ((100 / a), b)", people("a", "1", "null"), people("a", "0")),
  ...pair("create index on people (a) where 100 / b > 1", people("b", "1"), people("b", "0")),
  { sql: "create index on people ((100 / a)) where a > 0", rows: people("a", "0"), fails: false },
  // Exclusion.
  ...pair(
    "alter table visits add constraint e exclude using gist (room with =, span with &&)",
    "insert into visits (room, span) values (1, '[1,3)'), (1, '[3,4)'), (2, '[1,9)'), (1, null)",
    "insert into visits (room, span) values (1, '[1,3)'), (1, '[2,4)')",
  ),
  ...pair(
    "alter table visits add exclude using gist (span with pg_catalog.&&) where (room > 3)",
    "insert into visits (room, span) values (1, '[1,3)'), (1, '[1,3)')",
    "insert into visits (room, span) values (5, '[1,3)'), (4, '[2,4)')",
  ),
  ...pair(
    "alter table visits add /* /* ( */ , */ constraint e exclude using gist (span with &&) where (room > 3) deferrable initially deferred",
    "insert into visits (room, span) values (1, '[1,3)'), (1, '[1,3)')",
    "insert into visits (room, span) values (5, '[1,3)'), (4, '[2,4)')",
  ),
  {
    sql: "alter table only heirs add check (x > 0) no inherit",
    rows: "insert into heirs_child values (0)",
    fails: false,
  },
  // Partitions.
  ...pair(
    "alter table owned attach partition owned_1 for values in (1)",
    "insert into orgs values (1); insert into owned_1 values (1, 1), (1, null)",
    "insert into owned_1 values (1, 1)",
  ),
  ...pair(
    "alter table owned attach partition owned_1 for values in (1, null)",
    "insert into owned_1 values (1, null), (null, null)",
    "insert into owned_1 values (2, null)",
  ),
  ...pair(
    "alter table owned attach partition owned_1 default",
    "insert into owned_1 values (1, null)",
    "insert into owned_1 values (9, null)",
  ),
  ...pair(
    "alter table hashed attach partition hashed_1 for values with (modulus 2, remainder 0)",
    "insert into hashed_1 select n from generate_series(1, 50) n where satisfies_hash_partition('hashed'::regclass, 2, 0, n)",
    "insert into hashed_1 select generate_series(1, 50)",
  ),
  ...pair(
    "alter table ranged attach partition ranged_1 for values from (1, minvalue) to (3, 7)",
    "insert into ranged_1 values (1, -5), (3, 6)",
    "insert into ranged_1 values (3, 7)",
  ),
  ...pair(
    "alter table ranged attach partition ranged_1 for values from (1, maxvalue) to (maxvalue, maxvalue)",
    "insert into ranged_1 values (2, 0)",
    "insert into ranged_1 values (1, 0)",
  ),
  ...pair(
    "alter table ranged attach partition ranged_1 for values from (minvalue, minvalue) to (4, minvalue)",
    "insert into ranged_1 values (3, 5)",
    "insert into ranged_1 values (4, -9)",
  ),
  ...pair(
    "alter table parted attach partition loose for values from ('2021-01-01') to ('2022-01-01')",
    "insert into loose values (1, 1, '2021-01-01')",
    "insert into loose values (1, 1, '2022-01-01')",
  ),
  ...pair(
    "create table parted_new partition of parted for values from ('2021-01-01') to (maxvalue)",
    "insert into parted values (1, 1, '2020-05-05')",
    "insert into parted values (1, 1, '2030-01-01')",
  ),
  {
    sql: "alter table parted attach partition loose for values from ('2021-01-01') to ('2022-01-01')",
    rows: "insert into parted values (1, 1, '2021-05-05')",
    fails: true,
  },
];
