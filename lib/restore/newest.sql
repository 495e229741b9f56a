-- The time of each table's newest row, as one JSON document: the latest value of the columns that PostgreSQL fills with the
-- time of writing. Runs in the transaction of ../backup/contents.sql. A table without such a column is left out.
with stamped (name, latest) as (
  select format('%I.%I', nspname, relname),
    'greatest(' || string_agg(format('max(%I)', attname), ', ' order by attnum) || ')'
  from pg_class
    join pg_namespace on pg_namespace.oid = relnamespace
    join pg_attribute on attrelid = pg_class.oid and not attisdropped and atttypid = 'timestamptz'::regtype
    join pg_attrdef on adrelid = attrelid and adnum = attnum
  where relkind = 'r' and relpersistence <> 't' and nspname <> 'information_schema' and nspname !~ '^pg_'
    and pg_get_expr(adbin, adrelid) ~* '^(now|clock_timestamp|statement_timestamp|transaction_timestamp)\(\)$|^current_timestamp'
  group by nspname, relname
), found (name, newest) as (
  select name, (xpath('/row/v/text()', query_to_xml(format(
    'select to_char(%s at time zone ''UTC'', ''YYYY-MM-DD HH24:MI:SS'') as v from only %s', latest, name), false, true, '')))[1]::text
  from stamped
)
select coalesce(json_object_agg(name, newest), '{}')::text from found where newest is not null;
