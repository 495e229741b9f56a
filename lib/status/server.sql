-- One row of JSON about the server. Reads statistics alone, so it waits for no lock.
select json_build_object(
  'version', current_setting('server_version'),
  'startedAt', pg_postmaster_start_time(),
  'inRecovery', pg_is_in_recovery(),
  'readOnly', current_setting('default_transaction_read_only')::bool,
  -- Superusers alone get the last ones.
  'maxConnections', current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
  'usedConnections', (
    select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()
  ),
  'roles', coalesce((
    select json_agg(json_build_object(
      'role', rolname,
      'used', used,
      -- -1 for no limit.
      'most', rolconnlimit,
      'client', exists (select from pg_auth_members where member = r.oid and roleid = to_regrole('client'))
    ) order by rolname)
    from (
      select usesysid, count(*) as used from pg_stat_activity
      where backend_type = 'client backend' and pid <> pg_backend_pid() group by usesysid
    ) sessions
    join pg_roles r on r.oid = usesysid
  ), '[]'),
  -- A dump holds its snapshot for as long as it takes, and its Job has a deadline of its own.
  'oldestTransaction', (
    select json_build_object('seconds', extract(epoch from clock_timestamp() - xact_start)::int, 'role', usename, 'pid', pid)
    from pg_stat_activity
    where backend_type = 'client backend' and pid <> pg_backend_pid() and xact_start is not null and usename <> 'backup'
    order by xact_start limit 1
  ),
  'standbys', coalesce((
    select json_agg(json_build_object(
      'name', application_name,
      'lagSeconds', coalesce(extract(epoch from replay_lag), 0)::int,
      'synchronous', sync_state in ('sync', 'quorum')
    ) order by application_name)
    -- CloudNativePG's replicas have the names of their pods. Others only copy, as pg_basebackup does.
    from pg_stat_replication where state = 'streaming' and application_name ~ '^postgres-[0-9]+$'
  ), '[]')
)
