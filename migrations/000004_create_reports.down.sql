-- Why:   undoes 000004_create_reports.up.sql.
-- Locks: reports and assessments, exclusively but briefly.
-- Order: after the service that renders reports has stopped.
-- Undo:  run the up file again. Which documents there were is lost.

drop function erasure_purge(timestamptz, integer);
drop table reports;
drop function reports_remember_document();
drop table erasure.documents;
