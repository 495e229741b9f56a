-- Why:   a person takes an assessment away as a document.
-- Locks: assessments against writes, briefly, for the foreign key; otherwise a new table.
-- Order: before the service that renders reports.
-- Undo:  000004_create_reports.down.sql drops the table. Rendered documents stay where they are, unknown to anybody.

create table reports (
  id            uuid        not null default gen_random_uuid(),
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
  'What it shows. The report is deleted with the assessment; the document is not.';
comment on column reports.format is 'pdf or html.';
comment on column reports.content_url is 'Where the document is.';
comment on column reports.metadata is
  'What the renderer wants to remember, such as pages, language or size. An object.';
comment on column reports.generated_at is 'When the document was rendered.';

comment on constraint reports_assessment_id_format_key on reports is
  'Rendering again replaces; finds a report by both.';
