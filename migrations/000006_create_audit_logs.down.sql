-- Why:   undoes 000006_create_audit_logs.up.sql.
-- Locks: audit_logs, exclusively but briefly.
-- Order: after every service that writes the log has stopped, and after a dump of it.
-- Undo:  run the up file again. The record does not come back.

drop function person_audit_log(uuid);
drop function activate_model(text, uuid, text, inet, text, jsonb);
drop function acknowledge_document(bigint, uuid, text, inet, text, jsonb);
drop function delete_report(uuid, uuid, text, inet, text, jsonb);
drop function delete_assessment(uuid, uuid, text, inet, text, jsonb);
drop function erase_user(uuid, uuid, text, inet, text, jsonb);
drop function audit_logs_erase(uuid);
drop function audit_logs_add(uuid, uuid, text, text, text, text, inet, text, jsonb);
drop function audit_logs_in_default();
drop function audit_logs_expire(timestamptz);
drop function audit_logs_make_partitions(integer);
drop function audit_logs_add_partition(text, timestamptz, timestamptz, text);
drop table audit_logs;
drop function audit_logs_refuse_change();
drop function audit_logs_hold_person();
drop function hold_user(uuid);
drop schema audit;
