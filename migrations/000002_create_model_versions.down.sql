-- Why:   undoes 000002_create_model_versions.up.sql.
-- Locks: model_versions, exclusively; fails if a table still refers to it.
-- Order: after ml-api and data-svc have stopped.
-- Undo:  run the up file again. The models' records do not come back.

drop table model_versions;
drop function risk_level(jsonb, double precision);
drop function calibrated_score(jsonb, double precision);
drop function calibration_data_valid(jsonb);
