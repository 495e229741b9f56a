-- Statements that bring each sequence to where it is here, as one JSON text. Replication leaves sequences out.
with sequences (name, row) as (
  select format('%I.%I', nspname, relname),
    (xpath('/row/v/text()', query_to_xml(format(
      'select json_build_array(last_value::text, is_called) as v from %I.%I',
      nspname, relname), false, true, '')))[1]::text::json
  from pg_class join pg_namespace on pg_namespace.oid = relnamespace
  where relkind = 'S' and relpersistence <> 't' and nspname !~ '^pg_'
)
select to_json(coalesce(string_agg(format('perform setval(%L::regclass, %s, %s);', name, row ->> 0, row ->> 1), e'\n'), ''))
from sequences
