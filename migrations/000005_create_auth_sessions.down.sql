-- Why:   undoes 000005_create_auth_sessions.up.sql.
-- Locks: auth_sessions and users, exclusively but briefly.
-- Order: after auth-svc has stopped.
-- Undo:  run the up file again. Everybody has to log in again.

drop function auth_sessions_purge(timestamptz, integer);
drop function database_setting(text);
drop table auth_sessions;
