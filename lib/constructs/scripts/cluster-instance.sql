-- One row for each instance, primary or replica: no row would be no alert.
select
  pg_catalog.pg_is_in_recovery()::int::float8 as in_recovery,
  -- None while everything that came is replayed, or an hour without a write would look like an hour of lag.
  coalesce(case when pg_catalog.pg_is_in_recovery() and pg_catalog.pg_last_wal_receive_lsn() <> pg_catalog.pg_last_wal_replay_lsn()
    then greatest(0, extract(epoch from clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp()))
  end, 0)::float8 as lag_seconds,
  -- A replica has its pod's name. Others only copy: a base backup, a move.
  (select count(*) from pg_catalog.pg_stat_replication
    where state = 'streaming' and application_name ~ '^postgres-[0-9]+$')::float8 as streaming_replicas,
  (select archived_count from pg_catalog.pg_stat_archiver)::float8 as archived_files
