-- Why:   people have accounts; assessments, sessions and the audit log refer to them.
-- Locks: nothing that existed before (a new table).
-- Order: before any service.
-- Undo:  000001_create_users.down.sql drops the table. Every account is lost.

create function set_updated_at() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  new.updated_at := now();
  return new;
end
$$;
comment on function set_updated_at() is
  'Row trigger: stamps updated_at with the time of the transaction, whatever the statement says.';

create function uuid_v7() returns uuid
language sql volatile parallel safe
set search_path = pg_catalog, pg_temp
-- 48 bits of milliseconds, the version, 12 bits of what is left of the microseconds, the variant, 62 random bits.
return (
  select encode(
    int8send((micros / 1000) << 16 | 28672 | micros % 1000 * 4096 / 1000)
    || substring(uuid_send(gen_random_uuid()) from 9),
    'hex'
  )::uuid
  from (select (date_part('epoch', clock_timestamp()) * 1000000)::bigint) as clock (micros)
);
comment on function uuid_v7() is
  'A UUID of version 7 by RFC 9562: new ones come after old ones, so that an index grows at one end. Tells when it was '
  'made, to 244 ns.';

create function email_key(email text) returns text
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp
-- There and back, since case is no pair of letters everywhere: two small letters may have one capital, and the
-- capital of one may be two, which have small ones of their own. Taken apart, since an accent may become a letter.
-- The two small sigmas are one letter: which of them lower() makes depends on the letters around.
return normalize(
  translate(lower(upper(lower(normalize(email, nfd) collate "und-x-icu"))), U&'\03C2', U&'\03C3'), nfc
);
comment on function email_key(text) is
  'What all spellings of one address in upper, lower and title case have in common, in every alphabet, composed or '
  'not; lower() alone knows ASCII only. Look accounts up with email_key(email) = email_key($1).';

create table users (
  id            uuid        not null default uuid_v7(),
  email         text        not null,
  role          text        not null default 'registered',
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  last_login_at timestamptz,
  pseudonym     uuid        not null default gen_random_uuid(),
  constraint users_pkey primary key (id),
  constraint users_email_length check (octet_length(email) <= 254),
  constraint users_email_format check (
    email collate "und-x-icu" ~ '^[^@[:space:][:cntrl:]]+@[^@[:space:][:cntrl:]]+\.[^@[:space:][:cntrl:]]+$'
  ),
  constraint users_role_known check (role in ('anonymous', 'registered', 'clinician', 'admin')),
  constraint users_times_finite
    check (isfinite(created_at) and isfinite(updated_at) and isfinite(last_login_at))
);

comment on table users is 'Accounts. How a person proves to be one of them is auth-svc''s business.';
comment on column users.id is 'Never shown to other users.';
comment on column users.email is
  'As the person wrote it. Unique whatever its case: look it up with email_key(email) = email_key($1).';
comment on column users.role is 'What the person may do: anonymous, registered, clinician or admin.';
comment on column users.created_at is 'When the account was made.';
comment on column users.updated_at is 'When any column last changed. Set by a trigger.';
comment on column users.last_login_at is 'Null until the first login.';
comment on column users.pseudonym is
  'Names the person in deidentified.assessments. Nothing else shows it, so nobody without this table can tell whose it '
  'is. Wholly random, since an id that tells its time would tell when the account was made.';

comment on constraint users_email_length on users is 'RFC 5321: a path has 256 octets, two of them angle brackets.';
comment on constraint users_email_format on users is
  'Loose on purpose: something, an @, a domain with a dot, no white space of any alphabet, no control character. Only '
  'a mail that arrives proves an address.';
comment on constraint users_role_known on users is
  'Text and a check, not an enum: a new enum value cannot be used in the transaction that adds it.';

comment on constraint users_times_finite on users is 'No infinity, which most programs cannot read.';

create unique index users_email_key on users (email_key(email));
comment on index users_email_key is 'One account for an address whatever its case; login by email.';

create trigger users_set_updated_at
before update on users for each row
when (old.* is distinct from new.*)
execute function set_updated_at();
comment on trigger users_set_updated_at on users is 'Not fired by an update that changes nothing.';
