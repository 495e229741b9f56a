-- Why:   undoes 000001_create_users.up.sql.
-- Locks: users, exclusively; fails if a table still refers to it.
-- Order: after every service has stopped.
-- Undo:  run the up file again. The accounts do not come back.

drop table users;
drop function email_key(text);
drop function uuid_v7();
drop function set_updated_at();
