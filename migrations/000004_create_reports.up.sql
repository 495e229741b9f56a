-- Why:   a person takes an assessment away as a document.
-- Locks: assessments against writes, briefly, for the foreign key; otherwise a new table.
-- Order: before the service that renders reports.
-- Undo:  000004_create_reports.down.sql drops the tables. Rendered documents stay where they are, unknown to anybody.

create table reports (
  id            uuid        not null default uuid_v7(),
  assessment_id uuid        not null,
  format        text        not null,
  content_url   text        not null,
  metadata      jsonb       not null default '{}',
  generated_at  timestamptz not null default now(),
  constraint reports_pkey primary key (id),
  constraint reports_assessment_id_format_key unique (assessment_id, format),
  constraint reports_assessment_id_fkey foreign key (assessment_id) references assessments (id) on delete cascade,
  constraint reports_format_known check (format in ('pdf', 'html')),
  constraint reports_content_url_given check (content_url <> ''),
  constraint reports_text_size check (octet_length(content_url) <= 2048 and octet_length(metadata::text) <= 16384),
  constraint reports_generated_at_finite check (isfinite(generated_at)),
  constraint reports_metadata_object check (jsonb_typeof(metadata) = 'object')
);

comment on table reports is
  'Assessments rendered as documents, at most one of each format. The documents are stored elsewhere.';
comment on column reports.id is 'Names the report in links.';
comment on column reports.assessment_id is
  'What it shows. The report is deleted with the assessment, and its document is then one of erasure.documents.';
comment on column reports.format is 'pdf or html.';
comment on column reports.content_url is
  'Where the document is, and no other report''s is. A new document needs a new place: the old one may be about to be '
  'deleted there.';
comment on column reports.metadata is
  'What the renderer wants to remember, such as pages, language or size. An object.';
comment on column reports.generated_at is 'When the document was rendered.';

comment on constraint reports_assessment_id_format_key on reports is
  'Rendering again replaces; finds a report by both.';

-- Backslashes are doubled, since a cast to bytea reads them as escapes; convert_to() is not immutable.
create unique index reports_content_url_key on reports (sha256(replace(content_url, '\', '\\')::bytea));
comment on index reports_content_url_key is
  'One report for a place: the document of a deleted one is deleted. By its hash, since a place may be longer than an '
  'index takes.';

create table erasure.documents (
  id          bigint      not null generated always as identity,
  report_id   uuid        not null,
  content_url text        not null,
  erased_at   timestamptz not null default now(),
  deleted_at  timestamptz,
  constraint documents_pkey primary key (id),
  constraint documents_content_url_size check (octet_length(content_url) <= 2048),
  constraint documents_times_finite check (isfinite(erased_at) and isfinite(deleted_at))
);

comment on table erasure.documents is
  'Documents without a report, which somebody must delete where they are stored. Does not say whose they were. '
  'erasure_purge() forgets them some time after that.';
comment on column erasure.documents.id is 'In order of deletion, with gaps.';
comment on column erasure.documents.report_id is 'The report that it was. Names the document in the audit log.';
comment on column erasure.documents.content_url is 'Where the document is.';
comment on column erasure.documents.erased_at is 'When the report was deleted, or rendered elsewhere.';
comment on column erasure.documents.deleted_at is
  'When somebody said that the document is deleted; null while it waits. Until it is purged, no late retry stores a '
  'report of it.';

create index documents_content_url_idx on erasure.documents using hash (content_url);
comment on index erasure.documents_content_url_idx is 'Whether a new report''s place is that of an old document.';
create index documents_deleted_at_idx on erasure.documents (deleted_at);
comment on index erasure.documents_deleted_at_idx is 'Purging; how long the oldest waits.';

create function reports_remember_document() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'TRUNCATE' then
    insert into erasure.documents (report_id, content_url) select id, content_url from public.reports;
  else
    insert into erasure.documents (report_id, content_url) values (old.id, old.content_url);
  end if;
  return null;
end
$$;
comment on function reports_remember_document() is
  'Trigger: puts the document of a row that goes into erasure.documents, whoever deletes it.';
revoke all on function reports_remember_document() from public;

create trigger reports_remember_deleted
after delete on reports for each row
execute function reports_remember_document();
comment on trigger reports_remember_deleted on reports is 'Deleting a user or an assessment comes here, too.';

create trigger reports_remember_replaced
after update on reports for each row
when (old.content_url <> new.content_url)
execute function reports_remember_document();
comment on trigger reports_remember_replaced on reports is 'The old document of a report that was rendered again.';

create trigger reports_remember_truncated
before truncate on reports for each statement
execute function reports_remember_document();
comment on trigger reports_remember_truncated on reports is
  'Row triggers do not see TRUNCATE, its CASCADE included.';

create function erasure_purge(deleted_before timestamptz, most integer) returns integer
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  purged integer;
begin
  if coalesce(deleted_before > now() - interval '7 days', true) then
    raise exception 'deleted_before is %, which is not 7 days ago yet', coalesce(deleted_before::text, 'null') using
      errcode = 'invalid_parameter_value',
      hint = 'A retry may come late, and would store again what is forgotten. Give a time at least 7 days ago.';
  end if;
  if coalesce(most not between 1 and 10000, true) then
    raise exception 'most is %, but it takes 1 to 10000', coalesce(most::text, 'null') using
      errcode = 'invalid_parameter_value',
      hint = 'One transaction forgets at most so many of each kind. Call again while as many are forgotten.';
  end if;
  with ids as (
    delete from erasure.assessments
    where id = any (array(
      select id from erasure.assessments where deleted_at < deleted_before
      order by deleted_at limit most for update skip locked
    ))
    returning id
  ), documents as (
    delete from erasure.documents
    where id = any (array(
      select id from erasure.documents where deleted_at < deleted_before
      order by deleted_at limit most for update skip locked
    ))
    returning id
  )
  select (select count(*) from ids) + (select count(*) from documents) into purged;
  return purged;
end
$$;
comment on function erasure_purge(timestamptz, integer) is
  'Forgets ids of assessments and places of documents that were deleted before a time, at least 7 days ago, at most so '
  'many of each, and returns how many. No document that still waits.';
revoke all on function erasure_purge(timestamptz, integer) from public;
