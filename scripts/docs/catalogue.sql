-- The tables of public as one JSON value: columns in their order with types, keys and comments, and foreign keys.
select jsonb_agg(
  jsonb_build_object(
    'name', c.relname,
    'comment', obj_description(c.oid, 'pg_class'),
    'columns', (
      select jsonb_agg(
        jsonb_build_object(
          'name', a.attname,
          'type', format_type(a.atttypid, a.atttypmod),
          'required', a.attnotnull,
          'comment', col_description(c.oid, a.attnum),
          'keys', array(
            select distinct case k.contype when 'p' then 'PK' when 'f' then 'FK' else 'UK' end
            from pg_constraint k
            where k.conrelid = c.oid and k.contype in ('p', 'f', 'u') and a.attnum = any (k.conkey)
            order by 1 desc
          )
        )
        order by a.attnum
      )
      from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    ),
    'foreignKeys', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'name', k.conname,
            'target', k.confrelid::regclass::text,
            'columns', array(
              select a.attname from unnest(k.conkey) with ordinality as key (number, place)
              join pg_attribute a on a.attrelid = c.oid and a.attnum = key.number
              order by key.place
            ),
            'onDelete', case k.confdeltype
              when 'c' then 'cascade' when 'n' then 'set null' when 'd' then 'set default' else 'restrict'
            end,
            -- A key of its own on just these columns makes it at most one row.
            'unique', exists (
              select from pg_constraint u
              where u.conrelid = c.oid and u.contype in ('p', 'u') and u.conkey <@ k.conkey
            )
          )
          order by k.conname
        ),
        '[]'
      )
      from pg_constraint k
      where k.conrelid = c.oid and k.contype = 'f'
    )
  )
  order by c.relname
) as tables
from pg_class c
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition;
