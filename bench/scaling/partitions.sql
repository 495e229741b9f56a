-- Two copies of audit_logs with the same columns, checks and indexes: one table, and one with a partition a month.
create schema bench;
create table bench.whole (like public.audit_logs including defaults including constraints including identity);
create table bench.parted (like public.audit_logs including defaults including constraints including identity)
partition by range ("timestamp");
do $$
declare
  copy text;
begin
  for month in 0..11 loop
    execute format(
      'create table bench.month_%s partition of bench.parted for values from (%L) to (%L)', month,
      timestamptz '2025-01-01 00:00Z' + month * interval '1 month',
      timestamptz '2025-01-01 00:00Z' + (month + 1) * interval '1 month'
    );
  end loop;
  foreach copy in array array['whole', 'parted'] loop
    -- A key of a partitioned table has to contain the column that divides it.
    execute format('alter table bench.%I add primary key (id, "timestamp")', copy);
    execute format('create index on bench.%I (actor_id, "timestamp")', copy);
    execute format('create index on bench.%I (subject_id, "timestamp")', copy);
    execute format('create index on bench.%I (action, "timestamp")', copy);
    execute format('create index on bench.%I (resource_type, resource_id, "timestamp")', copy);
    execute format('create index on bench.%I ("timestamp")', copy);
  end loop;
end
$$;
create function bench.fill(copy text, month int, entries int) returns void
language plpgsql as $$
begin
  execute format(
    'insert into bench.%I (actor_id, subject_id, caller, action, resource_type, resource_id, ip_address, user_agent, request_metadata, "timestamp")
    select md5((n %% 5000)::text)::uuid, md5((n %% 5000)::text)::uuid, ''ml-api'', ''assessment.create'', ''assessment'', gen_random_uuid()::text, ''203.0.113.7'',
      ''Mozilla/5.0 (X11; Linux x64; rv:140.0) Gecko/20100101 Firefox/140.0'',
      jsonb_build_object(''request_id'', gen_random_uuid(), ''model_version'', ''v1.0.0''),
      timestamptz ''2025-01-01 00:00Z'' + $1 * interval ''1 month'' + n * interval ''20 days'' / $2
    from generate_series(1, $2) as n', copy
  ) using month, entries;
end
$$;
