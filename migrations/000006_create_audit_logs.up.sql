-- Why:   who did what to whose health data must stay answerable, also against the application that wrote it.
-- Locks: nothing that existed before (a new table).
-- Order: before data-svc, which writes an audit row with each assessment.
-- Undo:  000006_create_audit_logs.down.sql drops the table. The record is lost: dump it first.

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
  "timestamp"      timestamptz not null default now(),
  constraint audit_logs_pkey primary key (id),
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
);

comment on table audit_logs is
  'Append-only record of what was done. Tamper-resistant against the application, whose role may only read and insert, '
  'and against mistakes; not against a superuser, who can disable triggers. audit_logs_maintain() is the only other '
  'way in.';
comment on column audit_logs.id is 'In order of insertion, with gaps.';
comment on column audit_logs.actor_id is
  'Who did it; null for a service or an operator. No foreign key: nothing blanks an entry when the account goes.';
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
  'More of the request, such as its id. An object, no health values. Erasable.';
comment on column audit_logs."timestamp" is 'When it was done, by the server''s clock.';

comment on constraint audit_logs_text_size on audit_logs is
  'A caller is at most system:serviceaccount:<namespace>:<name> with names of 63 and 253 octets.';

create index audit_logs_actor_id_idx on audit_logs (actor_id, "timestamp" desc);
comment on index audit_logs_actor_id_idx is 'What a user did, newest first.';
create index audit_logs_subject_id_idx on audit_logs (subject_id, "timestamp" desc);
comment on index audit_logs_subject_id_idx is 'What was done with a person''s data, newest first: the person may ask.';
create index audit_logs_action_idx on audit_logs (action, "timestamp" desc);
comment on index audit_logs_action_idx is 'Who did such a thing in a span of time.';
create index audit_logs_resource_idx on audit_logs (resource_type, resource_id, "timestamp" desc);
comment on index audit_logs_resource_idx is 'What was done to a thing, newest first.';
create index audit_logs_timestamp_idx on audit_logs ("timestamp" desc);
comment on index audit_logs_timestamp_idx is 'The newest entries of all; retention.';

create function audit_logs_refuse_change() returns trigger
language plpgsql
set search_path = pg_catalog, public, pg_temp
as $$
declare
  -- audit_logs_maintain() sets it while it works. It means nothing to whoever does not act as the table's owner.
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
      allowed.request_metadata := '{}';
    else
      allowed := null;
    end if;
    -- Byte by byte: = would take 1.0 for 1 in request_metadata.
    if new *= allowed then
      return new;
    end if;
  elsif tg_op = 'DELETE' and maintenance = 'expire' then
    return old;
  end if;
  raise exception 'audit_logs is append-only: % refused', lower(tg_op) using
    errcode = 'restrict_violation',
    hint = 'audit_logs_maintain() erases a person''s request data and deletes what is past retention.';
end
$$;
comment on function audit_logs_refuse_change() is
  'Trigger: raises, but for audit_logs_maintain().';

create trigger audit_logs_refuse_change
before update or delete on audit_logs for each row
execute function audit_logs_refuse_change();
comment on trigger audit_logs_refuse_change on audit_logs is 'Makes rows append-only.';

create trigger audit_logs_refuse_truncate
before truncate on audit_logs for each statement
execute function audit_logs_refuse_change();
comment on trigger audit_logs_refuse_truncate on audit_logs is
  'Row triggers do not see TRUNCATE, its CASCADE included.';

create function audit_logs_maintain(erase_user uuid default null, expire_before timestamptz default null)
returns table (erased bigint, expired bigint)
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
  if erase_user is null and expire_before is null then
    raise exception 'nothing to do: neither erase_user nor expire_before is given' using
      errcode = 'null_value_not_allowed';
  end if;
  if expire_before > now() - interval '30 days' then
    raise exception 'expire_before is %, which is not 30 days ago yet', expire_before using
      errcode = 'invalid_parameter_value',
      hint = 'Retention is counted in years. Give the time before which entries are deleted.';
  end if;

  erased := 0;
  expired := 0;
  if erase_user is not null then
    perform set_config('diabrisk.audit_maintenance', 'erase', true);
    update audit_logs set ip_address = null, user_agent = null, request_metadata = '{}'
    where actor_id = erase_user
      and (ip_address is not null or user_agent is not null or request_metadata <> '{}');
    get diagnostics erased = row_count;
  end if;
  if expire_before is not null then
    perform set_config('diabrisk.audit_maintenance', 'expire', true);
    delete from audit_logs where "timestamp" < expire_before;
    get diagnostics expired = row_count;
  end if;
  perform set_config('diabrisk.audit_maintenance', '', true);

  insert into audit_logs (subject_id, action, resource_type, resource_id, request_metadata)
  select subject_id, action, resource_type, subject_id::text, metadata
  from (values
    (erase_user, 'audit.erase', 'user', jsonb_build_object('entries', erased)),
    (null, 'audit.expire', 'audit_log', jsonb_build_object('entries', expired, 'before', expire_before))
  ) as done (subject_id, action, resource_type, metadata)
  where case action when 'audit.erase' then erase_user is not null else expire_before is not null end;
  return next;
end
$$;
comment on function audit_logs_maintain(uuid, timestamptz) is
  'For the owner alone. erase_user: forgets address, browser and metadata of a user''s requests. expire_before: '
  'deletes older entries, at least 30 days old. Returns how many entries each touched, and logs itself.';
revoke all on function audit_logs_maintain(uuid, timestamptz) from public;

create function erase_user(person uuid, actor uuid, asked_by text, metadata jsonb)
returns table (erased boolean, documents bigint)
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
  assessed bigint;
begin
  -- Locked, so that nothing of the person's is added any more.
  perform from users where id = person for update;
  erased := found;
  select count(distinct a.id), count(r.id) into assessed, documents
  from assessments as a left join reports as r on r.assessment_id = a.id
  where a.user_id = person;

  if erased then
    delete from users where id = person;
    perform audit_logs_maintain(erase_user => person);
    insert into audit_logs (actor_id, subject_id, caller, action, resource_type, resource_id, request_metadata)
    values (
      actor, person, asked_by, 'user.erase', 'user', person::text,
      metadata || jsonb_build_object('assessments', assessed, 'documents', documents)
    );
  end if;
  return next;
end
$$;
comment on function erase_user(uuid, uuid, text, jsonb) is
  'Deletes a person with all that depends on the account, forgets address, browser and metadata of their requests, and '
  'logs it: nobody who may only call this can delete somebody unseen. Documents go to erasure.documents. Returns false '
  'if there is no such user.';
revoke all on function erase_user(uuid, uuid, text, jsonb) from public;

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
  -- Locked, so that no report is added any more.
  select user_id into person from assessments where id = assessment for update;
  deleted := found;
  select count(*) into documents from reports where assessment_id = assessment;

  if deleted then
    delete from assessments where id = assessment;
    insert into audit_logs (
      actor_id, subject_id, caller, action, resource_type, resource_id, ip_address, user_agent, request_metadata
    )
    values (
      actor, person, asked_by, 'assessment.delete', 'assessment', assessment::text, address, browser,
      metadata || jsonb_build_object('documents', documents)
    );
  end if;
  return next;
end
$$;
comment on function delete_assessment(uuid, uuid, text, inet, text, jsonb) is
  'Deletes an assessment with its reports and logs it: nobody who may only call this can delete one unseen. Documents '
  'go to erasure.documents. Returns false if there is no such assessment.';
revoke all on function delete_assessment(uuid, uuid, text, inet, text, jsonb) from public;

create function delete_report(report uuid, actor uuid, asked_by text, address inet, browser text, metadata jsonb)
returns boolean
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
  gone reports;
begin
  delete from reports where id = report returning * into gone;
  if found then
    insert into audit_logs (
      actor_id, subject_id, caller, action, resource_type, resource_id, ip_address, user_agent, request_metadata
    )
    values (
      actor, (select user_id from assessments where id = gone.assessment_id), asked_by, 'report.delete', 'report',
      report::text, address, browser,
      metadata || jsonb_build_object('assessment_id', gone.assessment_id, 'format', gone.format)
    );
    return true;
  end if;
  return false;
end
$$;
comment on function delete_report(uuid, uuid, text, inet, text, jsonb) is
  'Deletes a report and logs it, for the same reason. Its document goes to erasure.documents. Returns false if there '
  'is no such report.';
revoke all on function delete_report(uuid, uuid, text, inet, text, jsonb) from public;

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
