-- Why:   undoes add_notes.up.sql.
-- Locks: users, exclusively but briefly; notes.
-- Order: after every data-svc that reads it is gone.
-- Undo:  add_notes.up.sql. The notes are lost.

drop table notes;
alter table users drop column display_name;
