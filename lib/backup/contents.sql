-- Counts and hashes everything in the database, as one JSON document. Dump, drill and restore run this same text, inside a
-- transaction that is `repeatable read, read only`: the settings end with it. psql and any driver can run it.

-- A value's text depends on these, and hashes are taken from the text. Neither the server's settings nor the role's count.
set local timezone = 'UTC';
set local datestyle = 'ISO, MDY';
set local intervalstyle = 'postgres';
set local extra_float_digits = 1;
set local bytea_output = 'hex';
set local lc_monetary = 'C';
-- Names in texts, such as those of type regclass, carry their schema.
set local search_path = '';
-- A policy that hides rows is an error then, as in pg_dump.
set local row_security = off;
-- A large table takes longer than a role's limit for queries.
set local statement_timeout = 0;

-- query_to_xml runs a text as a query, also in a transaction that may not write, and for psql as for a driver.
-- Extensions' tables count, too: pg_dump may leave their rows out, and a comparison has to tell that.
with tables (name) as (
  select format('%I.%I', nspname, relname)
  from pg_class join pg_namespace on pg_namespace.oid = relnamespace
  where relkind = 'r' and relpersistence <> 't'
    and nspname <> 'information_schema' and nspname !~ '^pg_'
), counted (name, row) as (
  select name,
    (xpath('/row/v/text()', query_to_xml(format(
      -- Adds the rows' hashes up, so that their order does not matter.
      'select json_build_array(count(*), coalesce(sum(hashtextextended((t.*)::text collate "C", 0)), 0)::text) as v from only %s as t',
      name), false, true, '')))[1]::text::json
  from tables
), sequences (name, row) as (
  select format('%I.%I', nspname, relname),
    (xpath('/row/v/text()', query_to_xml(format(
      'select json_build_array(last_value::text, is_called) as v from %I.%I',
      nspname, relname), false, true, '')))[1]::text::json
  from pg_class join pg_namespace on pg_namespace.oid = relnamespace
  where relkind = 'S' and relpersistence <> 't' and nspname !~ '^pg_'
)
select json_build_object(
  'database', current_database(),
  'serverVersion', current_setting('server_version'),
  'systemIdentifier', (select system_identifier::text from pg_control_system()),
  'databaseTime', to_char(clock_timestamp(), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  'schema', json_build_object(
    'version', (xpath('/row/v/text()', case when to_regclass('public.schema_migrations') is not null then
      query_to_xml('select max(version) as v from public.schema_migrations', false, true, '') end))[1]::text::bigint,
    'migrations', coalesce((xpath('/row/v/text()', case when to_regclass('migrate.history') is not null then
      query_to_xml($$select json_agg(json_build_object(
          'name', lpad(version::text, greatest(6, length(version::text)), '0') || '_' || name, 'checksum', checksum)
        order by version) as v from migrate.history where reverted_at is null$$, false, true, '') end))[1]::text::json, '[]')),
  'tables', (select coalesce(json_agg(json_build_object('name', name, 'rows', row -> 0, 'hash', row ->> 1)
    order by name collate "C"), '[]') from counted),
  'sequences', (select coalesce(json_agg(json_build_object('name', name, 'value', row ->> 0, 'called', row -> 1)
    order by name collate "C"), '[]') from sequences)
)::text as contents;
