-- Everything that goes wrong slowly, in one row that is always there: no row would be no alert.
select
  (select max(age(datfrozenxid)) from pg_catalog.pg_database)::float8 as xid_age,
  (select max(mxid_age(datminmxid)) from pg_catalog.pg_database)::float8 as mxid_age,
  (select coalesce(sum(checksum_failures), 0) from pg_catalog.pg_stat_database)::float8 as checksum_failures,
  (select count(*) from pg_catalog.pg_settings where pending_restart)::float8 as pending_restart,
  (select count(*) from pg_catalog.pg_index where not indisvalid)::float8 as invalid_indexes,
  (select coalesce(max(last_value::float8 / max_value), 0) from pg_catalog.pg_sequences) as sequence_used,
  -- Of these, `last_value` is null whatever is used up.
  (select count(*) from pg_catalog.pg_sequences
    where not has_sequence_privilege(quote_ident(schemaname) || '.' || quote_ident(sequencename), 'select')
  )::float8 as sequences_unread
