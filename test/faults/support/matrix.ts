/** One schema for each kind of relation: `x` is of that kind, with the same columns wherever the kind has columns. */
const COLUMNS = "id int not null, a int, b varchar(20), at timestamp";
const ROWS = "select n, 1, 'b', now() from generate_series(1, 50) n";

/** Tables of every schema, which `x` refers to or which can become a part of it. */
const COMMON = `
create table o (id int primary key);
insert into o values (1);
create table y (${COLUMNS}, constraint x_ch check (a > 0), constraint x_nv check (a < 1000));
create table w (${COLUMNS});
insert into y select n + 100, 1, 'b', now() from generate_series(1, 9) n;
create table z (id int not null, a int, b varchar(20), at timestamp, constraint x_ch check (a > 0),
  constraint x_nv check (a < 1000), check (id is not null and id >= 300 and id < 400));
`;

/** Objects that every kind with rows of its own can have. */
const PARTS = `
alter table x add constraint x_pkey primary key (id);
create unique index x_u on x (id, a);
create index x_i on x (b);
create index x_f on x (lower(b));
create index x_t on x (at);
alter table x add constraint x_ch check (a > 0);
alter table x add constraint x_nv check (a < 1000) not valid;
alter table x add constraint x_fk foreign key (a) references o;
create trigger x_tr before insert on x for each row execute function stamp();
create table r (x_id int references x);
insert into r select n from generate_series(1, 9) n;
`;
const FILL = `insert into x ${ROWS};`;

export const KINDS: Readonly<Record<string, string>> = {
  table: `create table x (${COLUMNS}); ${FILL} ${PARTS}`,
  unlogged: `create unlogged table x (${COLUMNS}); ${FILL} ${PARTS.replace(
    "create table r",
    "create unlogged table r",
  ).replace("alter table x add constraint x_fk foreign key (a) references o;", "")}`,
  partitioned: `create table x (${COLUMNS}) partition by range (id);
    create table x_1 partition of x for values from (1) to (100);
    create table x_rest partition of x default; ${FILL} ${PARTS}`,
  nested: `create table x (${COLUMNS}) partition by range (id);
    create table x_1 partition of x for values from (1) to (100) partition by range (id);
    create table x_1_1 partition of x_1 for values from (1) to (50);
    create table x_1_2 partition of x_1 for values from (50) to (100); ${FILL} ${PARTS}`,
  "parted partition": `create table p (${COLUMNS}) partition by range (id);
    create table x partition of p for values from (1) to (100) partition by range (id);
    create table x_1 partition of x for values from (1) to (100); ${FILL} ${PARTS}`,
  partition: `create table p (${COLUMNS}) partition by range (id);
    create table x partition of p for values from (1) to (100); ${FILL} ${PARTS}`,
  parent: `create table x (${COLUMNS}); create table c () inherits (x); ${FILL} ${PARTS}
    insert into c ${ROWS.replace("n,", "n + 100,")};`,
  child: `create table p (${COLUMNS}); create table x () inherits (p); ${FILL} ${PARTS}`,
  excluded: `create table x (${COLUMNS}, constraint x_ex exclude (id with =)); ${FILL} ${PARTS}`,
  view: `create table t (${COLUMNS}); create view x as select * from t;`,
  materialized: `create table t (${COLUMNS}); insert into t ${ROWS}; create materialized view x as select * from t;
    create unique index x_u on x (id); create index x_i on x (b); create index x_f on x (lower(b));`,
  foreign: `create foreign table x (${COLUMNS}) server nowhere;
    alter table x add constraint x_ch check (a > 0); alter table x add constraint x_nv check (a < 1000) not valid;
    create trigger x_tr before insert on x for each row execute function stamp();`,
  sequence: "create sequence x;",
};

/** Makes the schema of one kind. */
export function fixtureOf(kind: string): string {
  return `create schema "${kind}"; set search_path = "${kind}", public; ${COMMON} ${KINDS[kind]}`;
}

export const MATRIX_FIXTURE = [
  `create function stamp() returns trigger language plpgsql as $$ begin return new; end $$;
   create function us() returns bigint language sql as $$ select cast(extract(epoch from now()) * 1000000 as bigint) $$;`,
  "create foreign data wrapper nothing; create server nowhere foreign data wrapper nothing;",
  ...Object.keys(KINDS).map(fixtureOf),
].join("\n");

/** Statements that can run in a transaction. */
export const STATEMENTS: readonly string[] = [
  "alter table x add column n int",
  "alter table x add column n int not null default 1",
  "alter table x add column n int default random()",
  "alter table x add column n bigint default us()",
  "alter table x add column n serial",
  "alter table x add column n int generated always as identity",
  "alter table x add column n int generated always as (a + 1) stored",
  "alter table x add column n int check (n > 0)",
  "alter table x add column n int unique",
  "alter table x add column n int primary key",
  "alter table x add column n int references o",
  "alter table x add column if not exists a int",
  "alter table only x add column n int",
  "alter table x drop column b",
  "alter table x drop column if exists zz",
  "alter table x drop column id",
  "alter table only x alter column b type text",
  "alter table x alter column a drop not null",
  "alter table only x rename column b to n",
  "alter table only x drop column b",
  "alter table x alter column b type varchar(30)",
  "alter table x alter column b type varchar(10)",
  "alter table x alter column b type text",
  "alter table x alter column a type bigint",
  "alter table x alter column id type bigint",
  "alter table x alter column at type timestamptz",
  "alter table x alter column a set default 1",
  "alter table x alter column a drop default",
  "alter table x alter column a set not null",
  "alter table only x alter column a set not null",
  "alter table x alter column id drop not null",
  "alter table x alter column a set statistics 5",
  "alter table x alter column b set storage external",
  "alter table x alter column b set compression pglz",
  "alter table x alter column a set (n_distinct = 5)",
  "alter table x alter column id add generated always as identity",
  "alter table x alter column a drop identity if exists",
  "alter table x alter column a drop expression if exists",
  "alter table x add constraint n check (a > 1 - 1)",
  "alter table x add constraint n check (a > 1 - 1) not valid",
  "alter table x add constraint n check (a > 1 - 1) no inherit",
  "alter table only x add constraint n check (a > 1 - 1)",
  "alter table x add constraint n foreign key (a) references o",
  "alter table x add constraint n foreign key (a) references o not valid",
  "alter table only x add constraint n foreign key (a) references o",
  "alter table x add constraint n unique (id, a)",
  "alter table only x add constraint n unique (id, a)",
  "alter table x add constraint n unique (a)",
  "alter table x add constraint n unique using index x_u",
  "alter table x add constraint n primary key (id)",
  "alter table x add constraint n primary key using index x_u",
  "alter table x add constraint n exclude (id with =)",
  "alter table x validate constraint x_nv",
  "alter table x validate constraint x_ch",
  "alter table x validate constraint x_fk",
  "alter table x alter constraint x_fk deferrable",
  "alter table x drop constraint x_ch",
  "alter table only x drop constraint x_ch",
  "alter table x drop constraint x_fk",
  "alter table x drop constraint x_pkey",
  "alter table x drop constraint if exists zz",
  "alter table x rename constraint x_ch to n",
  "alter table x set (fillfactor = 80)",
  "alter table x set (autovacuum_enabled = off)",
  "alter table x reset (fillfactor)",
  "alter table x set logged",
  "alter table x set unlogged",
  "alter table x set access method heap",
  "alter table x set tablespace pg_default",
  "alter table x cluster on x_i",
  "alter table x set without cluster",
  "alter table x replica identity full",
  "alter table x replica identity using index x_pkey",
  "alter table x enable row level security",
  "alter table x force row level security",
  "alter table x disable trigger x_tr",
  "alter table x enable trigger all",
  "alter table x disable rule x_rule",
  "alter table x owner to current_user",
  "alter table x rename to n",
  "alter table x rename column b to n",
  "alter table x set schema public",
  "alter table x inherit o",
  "alter table x no inherit p",
  "alter table y inherit x",
  "alter table x attach partition y for values from (101) to (200)",
  "alter table x attach partition w for values from (101) to (200)",
  "alter table w inherit x",
  "alter table x attach partition z for values from (300) to (400)",
  "alter table x detach partition x_1",
  "create index n on x (a)",
  "create unique index n on x (id, a)",
  "create unique index n on x (a)",
  "create index n on only x (a)",
  "create index on x (at)",
  "drop index x_i",
  "drop index if exists zz",
  "drop index x_pkey",
  "drop index x_1_b_idx",
  "alter index x_i rename to n",
  "alter index x_i set (fillfactor = 50)",
  "reindex table x",
  "reindex index x_i",
  "cluster x using x_i",
  "refresh materialized view x",
  "refresh materialized view concurrently x",
  "truncate x",
  "truncate only x",
  "truncate x cascade",
  "truncate x, r",
  "create trigger n before insert on x for each row execute function stamp()",
  "create trigger n after insert on x for each row execute function stamp()",
  "create trigger n after insert on x for each statement execute function stamp()",
  "create trigger n instead of insert on x for each row execute function stamp()",
  "create trigger n after insert on x referencing new table as t for each statement execute function stamp()",
  "create trigger n after insert on x referencing new table as t for each row execute function stamp()",
  "create constraint trigger n after insert on x for each row execute function stamp()",
  "create or replace trigger x_tr before insert on x for each row execute function stamp()",
  "drop trigger x_tr on x",
  "drop trigger if exists zz on x",
  "alter trigger x_tr on x rename to n",
  "create rule n as on delete to x do also nothing",
  "create policy n on x",
  "create statistics n on id, a from x",
  "create view n as select * from x",
  "create table n (like x)",
  "create table n (x_id int references x)",
  "create table n partition of x for values from (200) to (300)",
  "create table n () inherits (x)",
  "comment on table x is 'x'",
  "comment on column x.a is 'x'",
  "grant select on x to current_user",
  "lock table x",
  "lock table x in share mode",
  "lock table only x in share mode",
  "analyze x",
  "drop table x",
  "drop table if exists zz",
  "drop table x cascade",
  "drop table r, x",
  "drop table r",
  "alter table r drop constraint r_x_id_fkey",
  "alter table r drop column x_id",
  "alter table r add constraint n foreign key (x_id) references x",
  "alter table r add constraint n foreign key (x_id) references x not valid",
  "alter table r add column n int references x",
  "alter table r alter column x_id type bigint",
  "alter table r validate constraint r_x_id_fkey",
  "drop view x",
  "drop view if exists zz",
  "drop materialized view x",
  "drop foreign table x",
  "drop sequence x",
  "alter view x rename to n",
  "alter materialized view x rename to n",
  "alter foreign table x rename to n",
  "alter sequence x increment 2",
  "create publication n for table x",
  "insert into x (id) values (90)",
  "update x set b = 'c' where id = 1",
  "delete from x where id = 50",
  "select id from x for update",
  "copy x from '/dev/null'",
  "merge into x using o on x.id = o.id when matched then do nothing",
];

/** Statements that cannot run in a transaction. */
export const ALONE: readonly string[] = [
  "create index concurrently n on x (a)",
  "create index concurrently n on only x (a)",
  "create unique index concurrently n on x (id, a)",
  "drop index concurrently x_i",
  "drop index concurrently if exists zz",
  "drop index concurrently x_pkey",
  "reindex table concurrently x",
  "reindex index concurrently x_i",
  "reindex table x",
  "reindex index x_i",
  "cluster x using x_i",
  "alter table x detach partition x_1 concurrently",
  "refresh materialized view concurrently x",
  "vacuum x",
  "vacuum (full) x",
  "analyze x",
];
