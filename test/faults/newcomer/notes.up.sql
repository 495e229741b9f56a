-- Why:   clinicians keep a note beside a user's assessments.
-- Locks: users against writes, briefly, for the foreign key; otherwise a new table.
-- Order: before data-svc, which waits for it.
-- Undo:  add_trial_notes.down.sql drops the table. Every note is lost.

alter table users add column display_name varchar(200);
comment on column users.display_name is 'Null when not given.';

create table trial_notes (
  id         uuid        not null default uuid_v7(),
  user_id    uuid        not null,
  body       text        not null,
  created_at timestamptz not null default now(),
  constraint trial_notes_pkey primary key (id),
  constraint trial_notes_body_length check (octet_length(body) <= 4000),
  constraint trial_notes_created_at_finite check (isfinite(created_at)),
  constraint trial_notes_user_id_fkey foreign key (user_id) references users (id) on delete cascade
);
comment on table trial_notes is 'What a clinician wrote about a user.';
comment on column trial_notes.id is 'Never shown to other users.';
comment on column trial_notes.user_id is 'The user that it is about.';
comment on column trial_notes.body is 'As the clinician wrote it.';
comment on column trial_notes.created_at is 'When it was written.';

create index trial_notes_user_id_idx on trial_notes (user_id);
comment on index trial_notes_user_id_idx is 'A user''s trial_notes; the foreign key.';
