-- Why:   an assessment must say which trained model made it, with the calibration and thresholds of that time.
-- Locks: nothing that existed before (a new table).
-- Order: before ml-api and data-svc, which ask for the active model.
-- Undo:  000002_create_model_versions.down.sql drops the table. The record of every model is lost.

create table model_versions (
  id                uuid             not null default gen_random_uuid(),
  version           text             not null,
  trained_at        timestamptz      not null,
  auroc             double precision not null,
  auprc             double precision not null,
  calibration_error double precision not null,
  artifact_path     text             not null,
  calibration_data  jsonb            not null,
  is_active         boolean          not null default false,
  created_at        timestamptz      not null default now(),
  updated_at        timestamptz      not null default now(),
  constraint model_versions_pkey primary key (id),
  constraint model_versions_version_key unique (version),
  constraint model_versions_version_shape
    check (version ~ '^v(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$'),
  constraint model_versions_auroc_range check (auroc between 0.5 and 1),
  constraint model_versions_auprc_range check (auprc between 0 and 1),
  constraint model_versions_calibration_error_range check (calibration_error between 0 and 1),
  constraint model_versions_artifact_path_given check (artifact_path <> ''),
  constraint model_versions_calibration_data_object check (jsonb_typeof(calibration_data) = 'object')
);

comment on table model_versions is
  'Trained models. At most one is active. A switch is two statements in one transaction: first is_active = false on '
  'the old one, then is_active = true on the new one. One statement that does both fails or not depending on the order '
  'of rows.';
comment on column model_versions.id is 'What an assessment refers to.';
comment on column model_versions.version is 'Such as v1.0.0: three numbers without leading zeros.';
comment on column model_versions.trained_at is 'When training ended.';
comment on column model_versions.auroc is 'Area under the ROC curve on held-out data, 0.5 (chance) to 1.';
comment on column model_versions.auprc is 'Area under the precision-recall curve on held-out data, 0 to 1.';
comment on column model_versions.calibration_error is 'Expected calibration error on held-out data, 0 (perfect) to 1.';
comment on column model_versions.artifact_path is 'Where ml-api finds the trained model, as a path in its pod.';
comment on column model_versions.calibration_data is
  'isotonic: points {raw, calibrated} by rising raw score, joined by straight lines; thresholds: calibrated scores '
  'from which the level is prediabetes and diabetes; metrics: accuracy, precision, recall and f1 at those thresholds.';
comment on column model_versions.is_active is 'Whether new assessments use this model.';
comment on column model_versions.created_at is 'When the model was registered.';
comment on column model_versions.updated_at is 'When any column last changed. Set by a trigger.';

comment on constraint model_versions_auroc_range on model_versions is
  'Refuses NaN too, which sorts above every number. Below 0.5 a model is worse than chance.';

create unique index model_versions_active_key on model_versions (is_active) where is_active;
comment on index model_versions_active_key is 'At most one active model; finding it.';

create trigger model_versions_set_updated_at
before update on model_versions for each row
when (old.* is distinct from new.*)
execute function set_updated_at();
comment on trigger model_versions_set_updated_at on model_versions is 'Not fired by an update that changes nothing.';
