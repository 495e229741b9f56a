-- Why:   a login outlives a request and can be revoked.
-- Locks: users against writes, briefly, for the foreign key; otherwise a new table.
-- Order: before auth-svc.
-- Undo:  000005_create_auth_sessions.down.sql drops the table. Everybody is logged out.

create table auth_sessions (
  id            uuid        not null default uuid_v7(),
  user_id       uuid        not null,
  token_hash    bytea       not null,
  ip_address    inet,
  user_agent    text,
  created_at    timestamptz not null default now(),
  expires_at    timestamptz not null,
  last_activity timestamptz not null default now(),
  revoked_at    timestamptz,
  constraint auth_sessions_pkey primary key (id),
  constraint auth_sessions_token_hash_key unique (token_hash),
  constraint auth_sessions_user_id_fkey foreign key (user_id) references users (id) on delete cascade,
  constraint auth_sessions_token_hash_length check (octet_length(token_hash) = 64),
  constraint auth_sessions_expires_after_creation check (expires_at > created_at),
  constraint auth_sessions_times_finite check (
    isfinite(created_at) and isfinite(expires_at) and isfinite(last_activity) and isfinite(revoked_at)
  ),
  constraint auth_sessions_user_agent_length check (char_length(user_agent) <= 512)
) with (fillfactor = 80); -- Room for last_activity, which every request updates in its page.

comment on table auth_sessions is 'Logins. The token itself is stored nowhere.';
comment on column auth_sessions.id is
  'Names the session where its token must not be named, such as a list of one''s devices.';
comment on column auth_sessions.user_id is 'Who logged in. The session is deleted with the user.';
comment on column auth_sessions.token_hash is
  'SHA-512 of the token, as 64 bytes. Tokens are random and long, so the hash needs no salt to be searched for.';
comment on column auth_sessions.ip_address is 'Where the login came from, if known.';
comment on column auth_sessions.user_agent is 'The browser that logged in, if it said.';
comment on column auth_sessions.created_at is 'When the person logged in.';
comment on column auth_sessions.expires_at is 'When the session ends, however much it is used.';
comment on column auth_sessions.last_activity is
  'When the session was last used. In no index, so that its update stays cheap.';
comment on column auth_sessions.revoked_at is 'When the session was ended early; null while it was not.';

comment on constraint auth_sessions_token_hash_key on auth_sessions is 'Finds the session of a request.';
comment on constraint auth_sessions_token_hash_length on auth_sessions is 'SHA-512, not hexadecimal, not the token.';

comment on constraint auth_sessions_times_finite on auth_sessions is 'A session that never ends would be no session.';

create index auth_sessions_live_user_id_idx on auth_sessions (user_id) where revoked_at is null;
comment on index auth_sessions_live_user_id_idx is 'A user''s live sessions, to list or revoke them.';
create index auth_sessions_user_id_idx on auth_sessions (user_id);
comment on index auth_sessions_user_id_idx is
  'Deleting a user deletes revoked sessions too, which the index of live ones does not have.';
create index auth_sessions_expires_at_idx on auth_sessions (expires_at);
comment on index auth_sessions_expires_at_idx is 'Purging what has expired.';
create index auth_sessions_revoked_at_idx on auth_sessions (revoked_at) where revoked_at is not null;
comment on index auth_sessions_revoked_at_idx is 'Purging what was revoked, long before it would have expired.';

create function database_setting(setting text) returns text
language sql stable
set search_path = pg_catalog, pg_temp
-- Not current_setting(), which a session may set to what it likes.
return (
  select substr(entry, length(setting) + 2)
  from pg_db_role_setting, unnest(setconfig) as entry
  where setrole = 0 and setdatabase = (select oid from pg_database where datname = current_database())
    and lower(split_part(entry, '=', 1)) = setting
);
comment on function database_setting(text) is
  'What ALTER DATABASE … SET says, which only the owner and the superuser may; null if nothing. By its name in small '
  'letters.';
revoke all on function database_setting(text) from public;

create function auth_sessions_purge(ended_before timestamptz, most integer) returns integer
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
-- Days of 24 hours, wherever the session is.
set timezone = 'UTC'
as $$
declare
  days constant integer := coalesce(database_setting('diabrisk.session_days')::integer, 366);
  purged integer;
begin
  if coalesce(ended_before > now() - make_interval(days => days), true) then
    raise exception 'ended_before is %, but ended sessions are kept for % days',
      coalesce(ended_before::text, 'null'), days using
      errcode = 'invalid_parameter_value',
      hint = 'Give an earlier time. `migrate bootstrap --session-days` says how long they are kept here.';
  end if;
  if coalesce(most not between 1 and 10000, true) then
    raise exception 'most is %, but it takes 1 to 10000', coalesce(most::text, 'null') using
      errcode = 'invalid_parameter_value',
      hint = 'One transaction deletes at most so many. Call again while that many are deleted.';
  end if;
  -- Leaves out what others have locked: a session that is being deleted, or that a request still touches.
  with expired as (
    select id from auth_sessions where expires_at < ended_before
    order by expires_at limit most for update skip locked
  ), revoked as (
    select id from auth_sessions where revoked_at < ended_before and expires_at >= ended_before
    order by revoked_at limit most for update skip locked
  )
  delete from auth_sessions
  where id = any (array(select id from expired union all select id from revoked limit most));
  get diagnostics purged = row_count;
  return purged;
end
$$;
comment on function auth_sessions_purge(timestamptz, integer) is
  'Deletes sessions that expired or were revoked before a time, at most so many, and returns how many. Refuses a time '
  'within the days for which the database''s setting diabrisk.session_days has them kept, 366 if it is not set.';
revoke all on function auth_sessions_purge(timestamptz, integer) from public;
