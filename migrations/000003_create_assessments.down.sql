-- Why:   undoes 000003_create_assessments.up.sql.
-- Locks: assessments, users and model_versions, exclusively but briefly; fails if a table still refers to it.
-- Order: after data-svc has stopped.
-- Undo:  run the up file again. The assessments do not come back.

drop view deidentified.assessments;
drop schema deidentified;
drop table assessments;
drop function assessments_refuse_deleted();
drop function assessments_remember_deleted();
drop table erasure.assessments;
drop schema erasure;
drop function assessments_check_model();
drop function assessments_refuse_update();
drop function assessment_features_valid(jsonb);
