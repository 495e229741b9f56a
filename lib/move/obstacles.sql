-- Facts of a server that decide whether its database can move, as one JSON document.
with tables as (
  select c.oid, format('%I.%I', nspname, relname) as name, relkind, relpersistence, relreplident
  from pg_class c join pg_namespace n on n.oid = relnamespace
  where relkind in ('r', 'm') and relpersistence <> 't' and nspname <> 'information_schema' and nspname !~ '^pg_'
)
select json_build_object(
  'version', current_setting('server_version_num')::int / 10000,
  'superuser', (select rolsuper from pg_roles where rolname = current_user),
  'inRecovery', pg_is_in_recovery(),
  'walLevel', current_setting('wal_level'),
  'freeSlots', current_setting('max_replication_slots')::int - (select count(*) from pg_replication_slots),
  'freeSenders', current_setting('max_wal_senders')::int
    - (select count(*) from pg_stat_activity where backend_type = 'walsender'),
  'connectionLimit', (select datconnlimit from pg_database where datname = current_database()),
  'encoding', getdatabaseencoding(),
  'bytes', pg_database_size(current_database()),
  'tables', (select count(*) from tables where relkind = 'r'),
  -- Once such a table is published, its rows could no longer be changed or deleted.
  'withoutIdentity', (select coalesce(json_agg(name order by name), '[]') from tables
    where relkind = 'r' and not (relreplident = 'f' or exists (
      select from pg_index i where i.indrelid = tables.oid
        and (relreplident = 'd' and indisprimary or relreplident = 'i' and indisreplident)))),
  'unlogged', (select coalesce(json_agg(name order by name), '[]') from tables where relkind = 'r' and relpersistence = 'u'),
  'materialized', (select coalesce(json_agg(name order by name), '[]') from tables where relkind = 'm'),
  'largeObjects', (select count(*) from pg_largeobject_metadata),
  'prepared', (select count(*) from pg_prepared_xacts where database = current_database()),
  'otherSlots', (select coalesce(json_agg(slot_name order by slot_name), '[]') from pg_replication_slots
    where database = current_database() and slot_name !~ '^engine_move(_back)?$' and slot_name !~ '^pg_\d+_sync_'),
  'extensions', (select coalesce(json_agg(extname order by extname), '[]') from pg_extension),
  'available', (select coalesce(json_agg(name order by name), '[]') from pg_available_extensions),
  'roles', (select coalesce(json_agg(rolname order by rolname), '[]') from pg_roles where rolname !~ '^pg_'),
  'neededRoles', (select coalesce(json_agg(distinct rolname order by rolname), '[]')
    from pg_shdepend join pg_roles on pg_roles.oid = refobjid
    where refclassid = 'pg_authid'::regclass and dbid = (select oid from pg_database where datname = current_database()))
)
