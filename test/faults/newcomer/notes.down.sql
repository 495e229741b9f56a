-- Why:   undoes add_trial_notes.up.sql.
-- Locks: users, exclusively but briefly; trial_notes.
-- Order: after every data-svc that reads it is gone.
-- Undo:  add_trial_notes.up.sql. The trial_notes are lost.

drop table trial_notes;
alter table users drop column display_name;
