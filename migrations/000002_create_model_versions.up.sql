-- Why:   an assessment must say which trained model made it, with the calibration and thresholds of that time.
-- Locks: nothing that existed before (a new table).
-- Order: before ml-api and data-svc, which ask for the active model.
-- Undo:  000002_create_model_versions.down.sql drops the table. The record of every model is lost.

create function calibration_data_valid(calibration_data jsonb) returns boolean
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
return (case
  when calibration_data @@ 'strict $.type() == "object" && $.isotonic.type() == "array" && $.isotonic.size() >= 2
    && $.thresholds.prediabetes >= 0 && $.thresholds.prediabetes <= $.thresholds.diabetes && $.thresholds.diabetes <= 1'
  then (
    select bool_and(
      -- Not BETWEEN: a dump would write its nested conditions otherwise than they were.
      coalesce(raw >= 0 and raw <= 1 and calibrated >= 0 and calibrated <= 1, false)
      and (place = 1 or coalesce(raw > raw_before and calibrated >= calibrated_before, false))
    )
    from (
      select place, numbers.raw, numbers.calibrated,
        lag(numbers.raw) over points as raw_before, lag(numbers.calibrated) over points as calibrated_before
      from jsonb_array_elements(calibration_data -> 'isotonic') with ordinality as listed (point, place),
        jsonb_to_record(case jsonb_typeof(point) when 'object' then point else '{}' end)
          as members (raw jsonb, calibrated jsonb),
        lateral (
          select
            case jsonb_typeof(members.raw) when 'number' then members.raw::numeric end,
            case jsonb_typeof(members.calibrated) when 'number' then members.calibrated::numeric end
        ) as numbers (raw, calibrated)
      window points as (order by place)
    ) as curve
  ) and case jsonb_typeof(calibration_data -> 'metrics')
    when 'object' then not exists (
      select from jsonb_each(calibration_data -> 'metrics') as metric
      where (metric.value @@ 'strict $ >= 0 && $ <= 1') is not true
    )
    else not calibration_data ? 'metrics'
  end
  else false
end);
comment on function calibration_data_valid(jsonb) is
  'True if data-svc can use it: at least two points of a rising curve, thresholds in order, metrics if there are any, '
  'each number in 0 to 1. Other members may come with later models.';

create function calibrated_score(calibration_data jsonb, raw_score double precision) returns double precision
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp
return (
  select curve.calibrated
    + coalesce((curve.next_calibrated - curve.calibrated) * (curve.score - curve.raw) / (curve.next_raw - curve.raw), 0)
  from (
    select point.raw, point.calibrated,
      lead(point.raw) over along as next_raw, lead(point.calibrated) over along as next_calibrated,
      greatest(raw_score::numeric, min(point.raw) over ()) as score
    -- Numeric: two points that differ may be one double.
    from jsonb_to_recordset(calibration_data -> 'isotonic') as point (raw numeric, calibrated numeric)
    window along as (order by point.raw)
  ) as curve
  where curve.raw <= curve.score
  order by curve.raw desc
  limit 1
)::double precision;
comment on function calibrated_score(jsonb, double precision) is
  'The raw score on the model''s calibration curve. Before the first point and after the last one the curve is flat.';

create function risk_level(calibration_data jsonb, calibrated_score double precision) returns text
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp
return (
  select case
    when score >= (calibration_data #>> '{thresholds,diabetes}')::double precision then 'diabetes'
    when score >= (calibration_data #>> '{thresholds,prediabetes}')::double precision then 'prediabetes'
    else 'no_diabetes'
  end
  -- Half of what a given score may be off: arithmetic on the curve, or in single precision, takes nobody a level down.
  from (select calibrated_score + 0.0000005) as nearly (score)
);
comment on function risk_level(jsonb, double precision) is
  'The level of a score on the calibration curve by the model''s thresholds: risk_level(calibration_data, '
  'calibrated_score(calibration_data, raw_score)). A score equal to a threshold, to 0.0000005, has the higher level, '
  'to be safe.';

create table model_versions (
  id                uuid             not null default uuid_v7(),
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
  constraint model_versions_text_size check (
    octet_length(version) <= 50 and octet_length(artifact_path) <= 1024
    and octet_length(calibration_data::text) <= 65536
  ),
  constraint model_versions_times_finite
    check (isfinite(trained_at) and isfinite(created_at) and isfinite(updated_at)),
  constraint model_versions_calibration_data_valid check (calibration_data_valid(calibration_data))
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
