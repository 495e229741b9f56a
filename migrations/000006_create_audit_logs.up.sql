-- Why:   who did what to whose health data must stay answerable, also against the application that wrote it.
-- Locks: nothing that existed before (a new table with its partitions).
-- Order: before data-svc, which writes an audit row with each assessment.
-- Undo:  000006_create_audit_logs.down.sql drops the table. The record is lost: dump it first.

create schema audit;
comment on schema audit is
  'The partitions of audit_logs, a month each, by UTC. Nobody but the owner and backup reaches them but through it.';

create table audit_logs (
  id               bigint      not null generated always as identity,
  actor_id         uuid,
  subject_id       uuid,
  caller           text        not null default session_user,
  action           text        not null,
  resource_type    text        not null,
  resource_id      text,
  ip_address       inet,
  user_agent       text,
  request_metadata jsonb       not null default '{}',
  -- Not now(), the beginning of a transaction, which may be hours ago.
  "timestamp"      timestamptz not null default clock_timestamp(),
  constraint audit_logs_pkey primary key (id, "timestamp"),
  constraint audit_logs_caller_given check (caller <> ''),
  constraint audit_logs_action_given check (action <> ''),
  constraint audit_logs_resource_type_given check (resource_type <> ''),
  constraint audit_logs_text_size check (
    octet_length(caller) <= 339 and octet_length(action) <= 100 and octet_length(resource_type) <= 100
    and octet_length(resource_id) <= 255 and char_length(user_agent) <= 512
    and octet_length(request_metadata::text) <= 16384
  ),
  constraint audit_logs_timestamp_finite check (isfinite("timestamp")),
  constraint audit_logs_request_metadata_object check (jsonb_typeof(request_metadata) = 'object')
) partition by range ("timestamp");

comment on table audit_logs is
  'Append-only record of what was done. Tamper-resistant against the application, whose role may only read and insert, '
  'and against mistakes; not against a superuser, who can disable triggers. audit_logs_erase() and audit_logs_expire() '
  'are the only other ways in.';
comment on column audit_logs.id is 'In order of insertion, with gaps.';
comment on column audit_logs.actor_id is
  'Who did it; null where nobody was named, as for a service or an operator. No foreign key: nothing blanks an entry '
  'when the account goes.';
comment on column audit_logs.subject_id is
  'Whose data it was; null where it is nobody''s. No foreign key, so that an erasure stays on record.';
comment on column audit_logs.caller is 'The service that asked; the database role if none did.';
comment on column audit_logs.action is 'What was done, such as assessment.create.';
comment on column audit_logs.resource_type is 'To what kind of thing, such as assessment.';
comment on column audit_logs.resource_id is
  'To which one, as text, since not every resource has a uuid. Null where there is none.';
comment on column audit_logs.ip_address is 'Where the request came from, if known. Erasable.';
comment on column audit_logs.user_agent is 'The browser that asked, if it said. Erasable.';
comment on column audit_logs.request_metadata is
  'Details of what was done, such as ids. An object, no health values. Of its members, request_id is erasable.';
comment on column audit_logs."timestamp" is 'When the entry was written, by the server''s clock.';

comment on constraint audit_logs_pkey on audit_logs is
  'Identifies a row in logical replication. Holds the time: every key of a partitioned table has what divides it.';
comment on constraint audit_logs_text_size on audit_logs is
  'A caller is at most system:serviceaccount:<namespace>:<name> with names of 63 and 253 octets.';

-- Ascending: entries come in that order, so that pages get full. Reading backwards finds the newest first.
create index audit_logs_actor_id_idx on audit_logs (actor_id, "timestamp");
comment on index audit_logs_actor_id_idx is 'What a user did, newest first.';
create index audit_logs_subject_id_idx on audit_logs (subject_id, "timestamp");
comment on index audit_logs_subject_id_idx is 'What was done with a person''s data, newest first: the person may ask.';
create index audit_logs_action_idx on audit_logs (action, "timestamp");
comment on index audit_logs_action_idx is 'Who did such a thing in a span of time.';
create index audit_logs_resource_idx on audit_logs (resource_type, resource_id, "timestamp");
comment on index audit_logs_resource_idx is 'What was done to a thing, newest first.';
create index audit_logs_timestamp_idx on audit_logs ("timestamp");
comment on index audit_logs_timestamp_idx is 'The newest entries of all.';

create function audit_logs_refuse_change() returns trigger
language plpgsql
set search_path = pg_catalog, public, pg_temp
as $$
declare
  -- Set by the functions below while they work. It means nothing to whoever does not act as the table's owner.
  maintenance constant text := case
    when current_user = (select pg_get_userbyid(relowner) from pg_class where oid = tg_relid)
    then current_setting('diabrisk.audit_maintenance', true)
  end;
  allowed audit_logs;
begin
  if tg_op = 'UPDATE' then
    allowed := old;
    if maintenance = 'erase' then
      allowed.ip_address := null;
      allowed.user_agent := null;
      if not new.request_metadata ? 'request_id' then
        allowed.request_metadata := old.request_metadata - 'request_id';
      end if;
    else
      allowed := null;
    end if;
    -- Byte by byte: = would take 1.0 for 1 in request_metadata.
    if new *= allowed then
      return new;
    end if;
  elsif tg_op = 'DELETE' and maintenance = 'delete' then
    return old;
  end if;
  raise exception 'audit_logs is append-only: % refused', lower(tg_op) using
    errcode = 'restrict_violation',
    hint = 'audit_logs_erase() forgets a person''s request data, audit_logs_expire() drops what is past retention.';
end
$$;
comment on function audit_logs_refuse_change() is
  'Trigger: raises, but for audit_logs_erase(), audit_logs_expire() and audit_logs_make_partitions().';

create trigger audit_logs_refuse_change
before update or delete on audit_logs for each row
execute function audit_logs_refuse_change();
comment on trigger audit_logs_refuse_change on audit_logs is 'Makes rows append-only. Every partition gets it, too.';

create trigger audit_logs_refuse_truncate
before truncate on audit_logs for each statement
execute function audit_logs_refuse_change();
comment on trigger audit_logs_refuse_truncate on audit_logs is
  'Row triggers do not see TRUNCATE, its CASCADE included. audit_logs_add_partition() gives it to partitions.';

create function hold_user(person uuid) returns boolean
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
  perform from users where id = person for key share;
  return found;
end
$$;
comment on function hold_user(uuid) is
  'Keeps a user from being erased until the transaction ends, as a foreign key would. False if there is none.';
revoke all on function hold_user(uuid) from public;

create function audit_logs_hold_person() returns trigger
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
  if not hold_user(coalesce(new.actor_id, new.subject_id)) then
    new.ip_address := null;
    new.user_agent := null;
    if new.actor_id is not null then
      new.request_metadata := new.request_metadata - 'request_id';
    end if;
  end if;
  return new;
end
$$;
comment on function audit_logs_hold_person() is
  'Row trigger: has an erasure of the actor wait for the entry, which it would not see yet. Leaves address, browser '
  'and request_id out where there is no such user any more. Where nobody is named, the actor may be the subject.';
revoke all on function audit_logs_hold_person() from public;

create trigger audit_logs_hold_person
before insert on audit_logs for each row
when (new.actor_id is not null or new.subject_id is not null)
execute function audit_logs_hold_person();
comment on trigger audit_logs_hold_person on audit_logs is
  'No entry that comes late, by whatever way, brings back what audit_logs_erase() forgot.';

create function audit_logs_add_partition(partition text, first timestamptz, after timestamptz, purpose text)
returns void
language plpgsql
set search_path = pg_catalog, public, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO'
as $$
begin
  -- Not CREATE TABLE … PARTITION OF, which keeps writers from audit_logs. Comments are the table's own: a dump loses
  -- those of a partition's constraints.
  execute format(
    'create table audit.%I (like audit_logs including all excluding identity excluding comments)', partition
  );
  execute format('comment on table audit.%I is %L', partition, purpose);
  execute format(
    'create trigger audit_logs_refuse_truncate before truncate on audit.%I for each statement '
    'execute function audit_logs_refuse_change()',
    partition
  );
  execute format(
    'comment on trigger audit_logs_refuse_truncate on audit.%I is %L', partition, 'No copy of the table''s trigger.'
  );
  if first is null then
    execute format('alter table audit_logs attach partition audit.%I default', partition);
  else
    perform set_config('diabrisk.audit_maintenance', 'delete', true);
    execute format(
      'with strays as (delete from audit.logs_default where "timestamp" >= $1 and "timestamp" < $2 returning *) '
      'insert into audit.%I select * from strays',
      partition
    ) using first, after;
    perform set_config('diabrisk.audit_maintenance', '', true);
    execute format(
      'alter table audit_logs attach partition audit.%I for values from (%L) to (%L)', partition, first, after
    );
  end if;
end
$$;
comment on function audit_logs_add_partition(text, timestamptz, timestamptz, text) is
  'For audit_logs_make_partitions(). Makes a partition with all that guards it, and moves its entries out of the '
  'default one; without times, makes the default one.';
revoke all on function audit_logs_add_partition(text, timestamptz, timestamptz, text) from public;
-- lint:ignore cannot-be-known: it makes an empty table and attaches it to an empty one.
select audit_logs_add_partition(
  'logs_default', null, null, 'Entries of audit_logs whose month has no partition. Empty, or partitions are missing.'
);

create function audit_logs_make_partitions(months_ahead integer) returns integer
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
set timezone = 'UTC'
-- Gives up where something holds the default partition for long, such as a backup. Nothing is made then.
set lock_timeout = '2s'
as $$
declare
  next_month constant interval := interval '1 month';
  this_month constant timestamptz := date_trunc('month', clock_timestamp());
  last_month timestamptz;
  missing timestamptz[];
  month timestamptz;
begin
  if months_ahead is null or months_ahead not between 0 and 60 then
    raise exception 'months_ahead is %, which is not 0 to 60', coalesce(months_ahead::text, 'null') using
      errcode = 'invalid_parameter_value',
      hint = 'Give the number of months after this one that have to have a partition.';
  end if;
  last_month := this_month + months_ahead * next_month;

  -- One session at a time, and before any other lock. Holds up nobody who reads or writes.
  lock table only audit_logs in share update exclusive mode;
  select array_agg(wanted order by wanted) into missing
  from (
    select generate_series(this_month, last_month, next_month)
    union
    -- Months that nobody made in time. Those to come wait for their month.
    select date_trunc('month', "timestamp") from audit.logs_default
    where "timestamp" >= '2000-01-01' and "timestamp" < last_month + next_month
  ) as months (wanted)
  where not exists (
    select from pg_inherits
    inner join pg_class on pg_class.oid = inhrelid
    where inhparent = 'audit_logs'::regclass and relname = to_char(wanted, '"logs_"YYYY_MM')
  );
  if missing is null then
    return 0;
  end if;
  if missing[1] < clock_timestamp() + interval '1 hour' then
    -- Entries go to the default partition now, and one that is under way would fail when it loses that month.
    lock table only audit_logs in share row exclusive mode;
  end if;

  foreach month in array missing loop
    perform audit_logs_add_partition(
      to_char(month, '"logs_"YYYY_MM'), month, month + next_month,
      format('Entries of audit_logs in %s, by UTC.', to_char(month, 'YYYY-MM'))
    );
  end loop;
  return cardinality(missing);
end
$$;
comment on function audit_logs_make_partitions(integer) is
  'Makes the missing partitions of this month and so many ahead, and of months with entries in the default one, which '
  'it moves. Returns how many it made. Holds writers up only if this month is missing. Raises lock_not_available after '
  '2 s: call it again later.';
revoke all on function audit_logs_make_partitions(integer) from public;

create function audit_logs_expire(expire_before timestamptz) returns table (partition text, entries bigint)
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO'
-- Whoever wants to write waits as long.
set lock_timeout = '2s'
as $$
declare
  months constant integer := coalesce(database_setting('diabrisk.audit_months')::integer, 360);
  partitions text[];
  counts bigint[];
begin
  if expire_before is null then
    raise exception 'expire_before is null' using
      errcode = 'null_value_not_allowed', hint = 'Give the time before which entries are deleted.';
  end if;
  if expire_before > now() - make_interval(months => months) then
    raise exception 'expire_before is %, but entries are kept for % months', expire_before, months using
      errcode = 'invalid_parameter_value',
      hint = 'Give an earlier time. `migrate bootstrap --audit-months` says how long they are kept here.';
  end if;

  -- As audit_logs_make_partitions() does, so that neither waits for the other with a lock in hand.
  lock table only audit_logs in share update exclusive mode;
  -- Counts before it locks more: that takes a while, and nobody adds to a month that is over.
  for partition in
    select format('%I.%I', nspname, relname)
    from pg_inherits
    inner join pg_class on pg_class.oid = inhrelid
    inner join pg_namespace on pg_namespace.oid = relnamespace
    where inhparent = 'audit_logs'::regclass
      and substring(pg_get_expr(relpartbound, pg_class.oid) from $to$TO \('(.*)'\)$to$)::timestamptz <= expire_before
    order by relname
  loop
    execute format('select count(*) from %s', partition) into entries;
    partitions := partitions || partition;
    counts := counts || entries;
  end loop;
  foreach partition in array coalesce(partitions, '{}') loop
    execute format('drop table %s', partition);
  end loop;

  perform set_config('diabrisk.audit_maintenance', 'delete', true);
  delete from audit.logs_default where "timestamp" < expire_before;
  get diagnostics entries = row_count;
  perform set_config('diabrisk.audit_maintenance', '', true);
  if entries > 0 then
    partitions := partitions || 'audit.logs_default'::text;
    counts := counts || entries;
  end if;

  for partition, entries in select * from unnest(partitions, counts) loop
    insert into audit_logs (action, resource_type, resource_id, request_metadata)
    values (
      'audit.expire', 'audit_log', partition, jsonb_build_object('entries', entries, 'before', expire_before)
    );
    return next;
  end loop;
end
$$;
comment on function audit_logs_expire(timestamptz) is
  'Drops the partitions of months that were over at that time, and deletes as old entries of the default one. Refuses '
  'a time within the months for which the database''s setting diabrisk.audit_months has them kept, 360 if not set. '
  'Logs each. Returns what it deleted. Raises lock_not_available after 2 s: call it again later.';
revoke all on function audit_logs_expire(timestamptz) from public;

create function audit_logs_in_default() returns boolean
language sql stable security definer
set search_path = pg_catalog, pg_temp
return exists (select from audit.logs_default);
comment on function audit_logs_in_default() is
  'True if entries are in the default partition, since their month has none. For monitoring, which sees no entry.';
revoke all on function audit_logs_in_default() from public;

create function audit_logs_erase(person uuid) returns bigint
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
  erased bigint;
  unnamed bigint;
begin
  if person is null then
    raise exception 'person is null' using
      errcode = 'null_value_not_allowed', hint = 'Give the id of the user whose request data is to be forgotten.';
  end if;
  perform set_config('diabrisk.audit_maintenance', 'erase', true);
  update audit_logs
  set ip_address = null, user_agent = null, request_metadata = request_metadata - 'request_id'
  where actor_id = person
    and (ip_address is not null or user_agent is not null or request_metadata ? 'request_id');
  get diagnostics erased = row_count;
  -- Where nobody was named, it may have been the person. What was done stays.
  update audit_logs set ip_address = null, user_agent = null
  where subject_id = person and actor_id is null and (ip_address is not null or user_agent is not null);
  get diagnostics unnamed = row_count;
  erased := erased + unnamed;
  perform set_config('diabrisk.audit_maintenance', '', true);
  if erased > 0 then
    insert into audit_logs (subject_id, action, resource_type, resource_id, request_metadata)
    values (person, 'audit.erase', 'user', person::text, jsonb_build_object('entries', erased));
  end if;
  return erased;
end
$$;
comment on function audit_logs_erase(uuid) is
  'For the owner alone. Forgets address, browser and id of a user''s requests, and address and browser of those about '
  'the user for which nobody is named. What was done stays. Returns of how many entries, and logs itself if there were '
  'any.';
revoke all on function audit_logs_erase(uuid) from public;

create function audit_logs_add(
  actor uuid, subject uuid, asked_by text, act text, kind text, resource text, address inet, browser text,
  metadata jsonb
)
returns void
language sql
set search_path = pg_catalog, public, pg_temp
as $$
  insert into audit_logs (
    actor_id, subject_id, caller, action, resource_type, resource_id, ip_address, user_agent, request_metadata
  )
  values (actor, subject, asked_by, act, kind, resource, address, browser, metadata)
$$;
comment on function audit_logs_add(uuid, uuid, text, text, text, text, inet, text, jsonb) is
  'For the functions below, each of which logs what it does: nobody who may only call them can do it unseen.';
revoke all on function audit_logs_add(uuid, uuid, text, text, text, text, inet, text, jsonb) from public;

create function erase_user(person uuid, actor uuid, asked_by text, address inet, browser text, metadata jsonb)
returns table (erased boolean, documents bigint)
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
  assessed bigint;
begin
  -- The lower id first: two who erase each other would wait for each other.
  if actor < person then
    perform hold_user(actor);
  end if;
  -- Locked, so that nothing of the person's is added any more.
  perform from users where id = person for update;
  erased := found;
  select count(distinct a.id), count(r.id) into assessed, documents
  from assessments as a left join reports as r on r.assessment_id = a.id
  where a.user_id = person;

  if erased then
    delete from users where id = person;
  end if;
  -- Also for somebody whose account went by another way, which left the entries as they were.
  perform audit_logs_erase(person);
  if erased then
    perform audit_logs_add(
      actor, person, asked_by, 'user.erase', 'user', person::text,
      -- Not the person's own, nor what may be theirs.
      case when actor <> person then address end, case when actor <> person then browser end,
      metadata || jsonb_build_object('assessments', assessed, 'documents', documents)
    );
  end if;
  return next;
end
$$;
comment on function erase_user(uuid, uuid, text, inet, text, jsonb) is
  'Deletes a person with all that depends on the account, forgets address, browser and id of their requests, and logs '
  'it. Documents go to erasure.documents. Returns false if there is no such user.';
revoke all on function erase_user(uuid, uuid, text, inet, text, jsonb) from public;

create function delete_assessment(
  assessment uuid, actor uuid, asked_by text, address inet, browser text, metadata jsonb
)
returns table (deleted boolean, documents bigint)
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
  person uuid;
begin
  -- Before the assessment, which an erasure of whom the entry holds may want afterwards.
  perform hold_user(coalesce(actor, (select user_id from assessments where id = assessment)));
  -- Locked, so that no report is added any more.
  select user_id into person from assessments where id = assessment for update;
  deleted := found;
  select count(*) into documents from reports where assessment_id = assessment;

  if deleted then
    delete from assessments where id = assessment;
    perform audit_logs_add(
      actor, person, asked_by, 'assessment.delete', 'assessment', assessment::text, address, browser,
      metadata || jsonb_build_object('documents', documents)
    );
  end if;
  return next;
end
$$;
comment on function delete_assessment(uuid, uuid, text, inet, text, jsonb) is
  'Deletes an assessment with its reports and logs it. Documents go to erasure.documents. Returns false if there is no '
  'such assessment.';
revoke all on function delete_assessment(uuid, uuid, text, inet, text, jsonb) from public;

create function delete_report(report uuid, actor uuid, asked_by text, address inet, browser text, metadata jsonb)
returns boolean
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
  gone reports;
  person constant uuid := (
    select a.user_id from reports as r inner join assessments as a on a.id = r.assessment_id where r.id = report
  );
begin
  -- Before the report, which an erasure of whom the entry holds may want afterwards.
  perform hold_user(coalesce(actor, person));
  delete from reports where id = report returning * into gone;
  if not found then
    return false;
  end if;
  perform audit_logs_add(
    actor, person, asked_by, 'report.delete', 'report', report::text, address, browser,
    metadata || jsonb_build_object('assessment_id', gone.assessment_id, 'format', gone.format)
  );
  return true;
end
$$;
comment on function delete_report(uuid, uuid, text, inet, text, jsonb) is
  'Deletes a report and logs it. Its document goes to erasure.documents. Returns false if there is no such report.';
revoke all on function delete_report(uuid, uuid, text, inet, text, jsonb) from public;

create function acknowledge_document(
  document bigint, actor uuid, asked_by text, address inet, browser text, metadata jsonb
)
returns boolean
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
  report uuid;
begin
  update erasure.documents set deleted_at = now() where id = document and deleted_at is null
  returning report_id into report;
  if not found then
    return false;
  end if;
  perform audit_logs_add(
    actor, null, asked_by, 'document.erase', 'report', report::text, address, browser, metadata
  );
  return true;
end
$$;
comment on function acknowledge_document(bigint, uuid, text, inet, text, jsonb) is
  'Notes that a document of erasure.documents is deleted where it was stored, and logs it. Returns false if that is '
  'known, or if there is no such document.';
revoke all on function acknowledge_document(bigint, uuid, text, inet, text, jsonb) from public;

create function activate_model(
  wanted text, actor uuid, asked_by text, address inet, browser text, metadata jsonb
)
returns boolean
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
  before text;
begin
  -- All of them, so that two activations follow each other. Assessments go on: their foreign key needs the key alone.
  perform from model_versions order by id for no key update;
  if not exists (select from model_versions where version = wanted) then
    return false;
  end if;
  select version into before from model_versions where is_active;
  if before is distinct from wanted then
    -- Two statements: one that does both fails or not depending on the order of rows.
    update model_versions set is_active = false where is_active;
    update model_versions set is_active = true where version = wanted;
    perform audit_logs_add(
      actor, null, asked_by, 'model_version.activate', 'model_version', wanted, address, browser,
      metadata || jsonb_build_object('before', before)
    );
  end if;
  return true;
end
$$;
comment on function activate_model(text, uuid, text, inet, text, jsonb) is
  'Makes a registered model the only active one, and logs it. Changes nothing if it is. Returns false if there is none '
  'of this version.';
revoke all on function activate_model(text, uuid, text, inet, text, jsonb) from public;

create function person_audit_log(person uuid)
returns table (
  done_at timestamptz, action text, resource_type text, resource_id text, caller text, done_by text, about text,
  ip_address inet, user_agent text, request_metadata jsonb
)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
  select
    l."timestamp", l.action, l.resource_type,
    case when l.about <> 'somebody else' then l.resource_id end,
    l.caller, l.done_by, l.about,
    case when l.done_by = 'person' then l.ip_address end,
    case when l.done_by = 'person' then l.user_agent end,
    case when l.about <> 'somebody else' then l.request_metadata end
  from (
    select *,
      case when actor_id = person then 'person' when actor_id is null then 'nobody' else 'somebody else' end as done_by,
      case when subject_id = person then 'person' when subject_id is null then 'nobody' else 'somebody else' end
        as about
    from audit_logs
    where subject_id = person or actor_id = person
  ) as l
  order by l."timestamp", l.id
$$;
comment on function person_audit_log(uuid) is
  'What was done with a person''s data and by the person, oldest first, for a copy of their data: without ids, '
  'addresses and browsers of others. Whoever may only call this can read no entry of a person they cannot name.';
revoke all on function person_audit_log(uuid) from public;

-- A year, for databases where nothing calls it again.
-- lint:ignore cannot-be-known: it makes empty tables and attaches them to an empty one.
select audit_logs_make_partitions(12);
