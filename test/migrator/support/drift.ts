/** By what was changed by hand: what is listed. */
const TABLES = "create table t (a int primary key, b text); create table t2 (a int); create index ix on t (a)";
export const CHANGES: Record<string, [files: string, changes: string, lines: unknown[]]> = {
  "a column, where a new schema has its table's name": [
    TABLES,
    "create schema t; alter table t add column sneaky int",
    ["+ schema t", "+ column t.sneaky integer"],
  ],
  "a column, where a new publication has its table's name": [
    TABLES,
    "create publication t for table t2; alter table t add column sneaky int",
    ["+ column t.sneaky integer", expect.stringMatching(/^\+ publication t /)],
  ],
  "an index that moved to another table": [
    TABLES,
    "drop index ix; create index ix on t2 (a)",
    ["~ index ix on t btree (a) → on t2 btree (a)"],
  ],
  "an operator with one operand": [
    "create operator !!! (rightarg = int4, function = int4um)",
    "drop operator !!! (none, int4); create operator ~~~~ (rightarg = int4, function = int4um)",
    ["- operator !!! (none, integer) function int4um", "+ operator ~~~~ (none, integer) function int4um"],
  ],
  "an operator's estimates": [
    "create operator === (leftarg = int4, rightarg = int4, function = int4eq, restrict = eqsel)",
    "alter operator === (int4, int4) set (restrict = none, join = eqjoinsel)",
    ["~ operator === (integer, integer) function int4eq restrict eqsel → function int4eq join eqjoinsel"],
  ],
  "a cast": [
    "create type c as (a int); create cast (c as text) with inout; create cast (text as c) with inout",
    "drop cast (c as text); create cast (c as text) with inout as implicit; drop cast (text as c); create cast (c as json) with inout",
    ["- cast (text as c) inout", "+ cast (c as json) inout", "~ cast (c as text) inout → inout as implicit"],
  ],
  "an aggregate's other functions": [
    "create aggregate total (int) (sfunc = int4pl, stype = int4)",
    "create or replace aggregate total (int) (sfunc = int4pl, stype = int4, combinefunc = int4pl, parallel = safe)",
    [
      "~ aggregate total(integer) sfunc int4pl stype integer → sfunc int4pl stype integer combinefunc int4pl parallel s",
    ],
  ],
  "a publication's operations, columns, rows and schemas": [
    `${TABLES}; create publication p for table t, t2; create publication q with (publish = 'insert')`,
    `alter publication p set table t (a) where (a > 1); alter publication p set (publish_via_partition_root);
      alter publication q set (publish = 'insert, update, delete, truncate')`,
    ["~ publication p for t, t2 → for t (a) where (a > 1) via root", "~ publication q publish (insert) → plain"],
  ],
  "a publication of a schema": [
    "create schema app",
    "create publication p for tables in schema app; create publication q",
    ["+ publication p for all in schema app", "+ publication q"],
  ],
  "types without anything in them": [
    "select 1",
    "create type e as enum (); create type c as ()",
    ["+ type c ()", "+ type e enum ()"],
  ],
  "a disabled rule": [
    `${TABLES}; create rule r as on insert to t2 do nothing`,
    "alter table t2 disable rule r",
    [expect.stringMatching(/^~ rule t2\.r (CREATE RULE .*;) → \1 disabled$/)],
  ],
  "an event trigger that replication fires": [
    `create function e() returns event_trigger language plpgsql as 'begin end';
      create event trigger e on ddl_command_end execute function e()`,
    "alter event trigger e enable replica",
    ["~ event trigger e on ddl_command_end execute e → on ddl_command_end execute e replica only"],
  ],
  "an identity column's sequence": [
    "create table i (id smallint generated always as identity)",
    "alter table i alter id set increment by 10 set cycle",
    [
      "~ column i.id smallint not null generated always as identity → smallint not null generated always as identity (increment 10 cycle)",
    ],
  ],
  "where and how well a column is kept": [
    TABLES,
    `alter table t alter b set storage external, alter b set compression pglz, alter b set statistics 7, alter b set (n_distinct = 5)`,
    ["~ column t.b text → text storage external compression pglz statistics 7 with (n_distinct=5)"],
  ],
  "options of a table's TOAST, and the statistics target of an index's expression": [
    `${TABLES}; create index upper on t (upper(b))`,
    "alter table t set (toast.autovacuum_enabled = false); alter index upper alter column 1 set statistics 7",
    [
      "~ table t plain → toast with (autovacuum_enabled=false)",
      "~ index upper btree (upper(b)) → btree (upper(b)) statistics (1: 7)",
    ],
  ],
  "a foreign table's server and options": [
    `create foreign data wrapper w; create server s foreign data wrapper w; create foreign table f (a int options (n 'x')) server s options (o 'x')`,
    "alter foreign table f options (set o 'y'); alter foreign table f alter a options (set n 'y')",
    [
      "~ foreign table f server s options (o=x) replica identity nothing → server s options (o=y) replica identity nothing",
      "~ column f.a integer options (n=x) → integer options (n=y)",
    ],
  ],
  "a partition's copy of a trigger": [
    `create table p (a int) partition by range (a); create table p1 partition of p for values from (1) to (9);
      create trigger t before insert on p for each row execute function suppress_redundant_updates_trigger()`,
    "alter table p1 disable trigger t",
    ["+ trigger p1.t BEFORE INSERT FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger() disabled"],
  ],
  "a replica identity": [
    `${TABLES}; alter table t alter b set not null; create unique index u on t (b)`,
    "alter table t replica identity using index u; alter table t2 replica identity full",
    ["~ table t plain → replica identity using index u", "~ table t2 plain → replica identity full"],
  ],
  "the fillfactor of a constraint's index": [
    TABLES,
    "alter index t_pkey set (fillfactor = 70)",
    ["~ constraint t.t_pkey PRIMARY KEY (a) → PRIMARY KEY (a) with (fillfactor=70)"],
  ],
  "a foreign key that is not checked": [
    `${TABLES}; alter table t2 add constraint k foreign key (a) references t`,
    "alter table t2 disable trigger all",
    ["~ constraint t2.k FOREIGN KEY (a) REFERENCES t(a) → FOREIGN KEY (a) REFERENCES t(a) triggers disabled"],
  ],
  "a view's column's default": [
    `${TABLES}; create view v as select a from t`,
    "alter view v alter a set default 5",
    ["~ column v.a integer → integer default 5"],
  ],
  "a blank in a view's text": [
    "create view v as select 'a  b' as a",
    "create or replace view v as select 'a   b' as a",
    ["~ view v as SELECT 'a b'::text AS a; → as SELECT 'a b'::text AS a;"],
  ],
  "the collation of a domain, a range and an attribute": [
    "create domain d as text; create type r as range (subtype = text); create type c as (a text, b int)",
    `drop domain d; create domain d as text collate "C"; drop type r; create type r as range (subtype = text, collation = "C");
      alter type c alter attribute a type text collate "C"`,
    [
      '~ attribute c.a text → text collate "C"',
      '~ type r range of text multirange r_multirange → range of text collate "C" multirange r_multirange',
      '~ domain d text → text collate "C"',
    ],
  ],
  "a collation's rules": [
    "create collation k (provider = icu, locale = 'und')",
    "drop collation k; create collation k (provider = icu, locale = 'und', rules = '&a < g')",
    ["~ collation k provider i locale und → provider i locale und rules '&a < g'"],
  ],
  "a text search configuration and dictionary": [
    'create text search configuration s (parser = "default"); alter text search configuration s add mapping for word, int with simple; create text search dictionary y (template = simple)',
    `alter text search configuration s drop mapping for word; alter text search dictionary y (accept = false);
      comment on text search configuration s is 'S'`,
    [
      "~ text search dictionary y template simple → template simple accept = 'false'",
      "~ text search configuration s parser default word simple, int simple → parser default int simple",
      "+ comment on text search configuration s 'S'",
    ],
  ],
  "comments on what belongs to something": [
    `${TABLES}; create view v as select a from t; create type c as (a int); create domain d as int constraint positive check (value > 0)`,
    `comment on column v.a is 'A'; comment on column c.a is 'B'; comment on constraint positive on domain d is 'C';
      comment on index t_pkey is 'D'`,
    [
      "+ comment on index t_pkey 'D'",
      "+ comment on attribute c.a 'B'",
      "+ comment on domain constraint d.positive 'C'",
      "+ comment on column v.a 'A'",
    ],
  ],
  "an extension, without what it brings": [
    "select 1",
    "create extension citext; create extension tablefunc; create extension unaccent; create extension btree_gist",
    ["btree_gist", "citext", "tablefunc", "unaccent"].map((name) => `+ extension ${name} schema public`),
  ],
  "an extension's comment": [
    "create extension pg_trgm",
    "comment on extension pg_trgm is 'other'",
    [expect.stringMatching(/^~ comment on extension pg_trgm '.+' → 'other'$/)],
  ],
};
