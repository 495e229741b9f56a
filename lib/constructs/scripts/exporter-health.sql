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
  )::float8 as sequences_unread,
  -- Up to the first that has none. Less than none if not even this month has one.
  (select coalesce(min(ahead) - 1, 60) from generate_series(0, 60) ahead where not exists (
    select from pg_catalog.pg_class join pg_catalog.pg_namespace n on n.oid = relnamespace
    where nspname = 'audit' and relispartition and relname = to_char(
      date_trunc('month', now() at time zone 'utc') + ahead * interval '1 month', '"logs_"YYYY_MM')
  ))::float8 as audit_months_ahead,
  -- As a text, since the function is not there before the migrations.
  coalesce((xpath('/row/v/text()', case when to_regprocedure('public.audit_logs_in_default()') is not null then
    query_to_xml('select public.audit_logs_in_default()::int as v', false, true, '')
  end))[1]::text, '0')::float8 as audit_in_default
