-- One session of psql, in which pg_dump and the counts see the same rows. postgres-backup.sh starts it.

set idle_session_timeout = 0;
-- The server's limit would end the snapshot while pg_dump works.
set idle_in_transaction_session_timeout = 0;
set statement_timeout = 0;
-- A policy that hides rows is an error then.
set row_security = off;
-- Gives up before the server looks for deadlocks (1 s), which could end a migration instead of this session.
set lock_timeout = :'lock';

-- Every table, partitioned ones included, as pg_dump locks them.
select coalesce(string_agg(format('only %I.%I', nspname, relname), ', ' order by c.oid), '') as tables,
  coalesce(string_agg(format('%s %I.%I', c.oid, nspname, relname), ', ' order by c.oid), '') as listed, count(*) > 0 as any
from pg_class c join pg_namespace n on n.oid = relnamespace
where relkind in ('r', 'p') and relpersistence <> 't' and nspname <> 'information_schema' and nspname !~ '^pg_' \gset

begin isolation level repeatable read read only;
-- Before the snapshot, which LOCK does not take. A table that is truncated or rewritten between snapshot and lock would look
-- empty in the snapshot.
\if :any
lock table :tables in access share mode;
\endif

select pg_export_snapshot() as snapshot, exists (select from pg_largeobject_metadata) as objects, :'listed' = (
  select coalesce(string_agg(format('%s %I.%I', c.oid, nspname, relname), ', ' order by c.oid), '')
  from pg_class c join pg_namespace n on n.oid = relnamespace
  where relkind in ('r', 'p') and relpersistence <> 't' and nspname <> 'information_schema' and nspname !~ '^pg_'
) as same \gset
\if :objects
  \warn 'The database has large objects.'
  \quit
\endif
\if :same
\else
  \warn 'A table was made, renamed or dropped while the tables were being locked.'
  \quit
\endif

\setenv SNAPSHOT :snapshot
\! pg_dump --no-password --snapshot="$SNAPSHOT" --format=custom --compress="$COMPRESSION" --lock-wait-timeout=5s --file="$DUMP"
\set dumped false
\if :{?SHELL_ERROR}
  \if :SHELL_ERROR
  \else
    \set dumped true
  \endif
\endif
\if :dumped
\else
  \quit
\endif

\o :counted
\i :contents
\o
\set counts `cat "$WORK/counted.json"`

-- Sequences have no snapshot, so their values are the dump's own. pg_restore prints a statement for each.
\set statements `pg_restore --list "$DUMP" | grep ' SEQUENCE SET ' > "$WORK/sequences"; pg_restore --use-list="$WORK/sequences" --file=- "$DUMP"`
select coalesce(jsonb_agg(jsonb_build_object('name', replace(part[1], '''''', ''''), 'value', part[2], 'called', part[3] = 'true')
  order by replace(part[1], '''''', '''') collate "C"), '[]') as sequences
from regexp_matches(:'statements', 'setval\(''((?:[^'']|'''')*)'', (-?\d+), (true|false)\);', 'g') part \gset

-- Names are looked up as they are now, which the snapshot does not hold still: a schema may be renamed without a lock.
select not exists (
  select from pg_class c join pg_namespace n on n.oid = relnamespace
  where relkind in ('r', 'p') and relpersistence <> 't' and nspname <> 'information_schema' and nspname !~ '^pg_'
    and to_regclass(format('%I.%I', nspname, relname)) is distinct from c.oid
) as same, jsonb_path_query_array(:'counts', '$.sequences[*].name') = jsonb_path_query_array(:'sequences', '$[*].name') as whole \gset
\if :same
\else
  \warn 'A schema was renamed during the dump.'
  \quit
\endif
\if :whole
\else
  \warn 'The dump lacks a sequence.'
  \quit
\endif

\o :found
select jsonb_set(:'counts', '{sequences}', :'sequences');
\o
commit;
