/**
 * Tables beside the history. `files` tells of each recorded text what a checksum cannot: whether another text is the same
 * SQL. `repairs` tells who changed the history when, and from what to what.
 */
export const CREATE_REPAIR_TABLES = `create table if not exists migrate.files (
  checksum text primary key check (checksum ~ '^[0-9a-f]{64}$'),
  tokens text not null check (tokens ~ '^[0-9a-f]{64}$')
);
comment on table migrate.files is 'Texts of up files that were recorded, by their checksum in migrate.history.';
comment on column migrate.files.tokens is 'SHA-256 of the text''s tokens, in hex: the same for another text if only comments or blanks differ.';
create table if not exists migrate.repairs (
  id bigint generated always as identity primary key,
  action text not null check (action in ('renumber', 'reformat', 'accept', 'squash')),
  before jsonb not null,
  after jsonb not null,
  repaired_at timestamptz not null default clock_timestamp(),
  repaired_by text not null default session_user,
  application text not null default current_setting('application_name'),
  release text not null
);
comment on table migrate.repairs is 'Changes of migrate.history that a person asked for with migrate repair.';
comment on column migrate.repairs.before is 'Rows of migrate.history, as they were.';
comment on column migrate.repairs.after is 'The row that stands for them now.';
`;
