-- Makes every row from its number, so that keys can be found without asking and each run has the same rows.
-- Words between braces are put in: what there is of each kind, and the span of time in seconds since 1970.
create schema bench;

create function bench.hash(n bigint, salt bigint) returns bigint
language sql immutable parallel safe
return hashint8extended(n, salt) & 9223372036854775807;

create function bench.moment(share double precision) returns timestamptz
language sql immutable parallel safe
return to_timestamp({starts} + share * {seconds});

-- Version 7, of the time when the row was made. Each kind has a salt of its own.
create function bench.id(n bigint, salt bigint, share double precision) returns uuid
language sql immutable parallel safe
return (
  lpad(to_hex((({starts} + share * {seconds}) * 1000)::bigint << 16 | 28672 | hashint8extended(n, salt) & 4095), 16, '0')
  || to_hex(hashint8extended(n, salt + 1) & 4611686018427387903 | -9223372036854775808)
)::uuid;

create function bench.person(n bigint) returns uuid
language sql immutable parallel safe
return bench.id(n, 10, n / {people}::float8);

create function bench.assessment(n bigint) returns uuid
language sql immutable parallel safe
return bench.id(n, 20, n / {assessments}::float8);

create function bench.person_of(assessment bigint) returns uuid
language sql immutable parallel safe
return bench.person(bench.hash(assessment, 1) % {people});

-- Answers with the frequencies of the survey's. Their scores are by the model's curve.
create unlogged table bench.answers as
select
  i,
  jsonb_build_object(
    'HighBP', (r[1] < 0.427)::int, 'HighChol', (r[2] < 0.426)::int, 'CholCheck', (r[3] < 0.964)::int,
    'BMI', greatest(12, least(98, round((27.5 * exp(0.22 * sqrt(3.0) * (r[4] + r[5] + r[6] + r[7] - 2)))::numeric, 1))),
    'Smoker', (r[8] < 0.438)::int, 'Stroke', (r[9] < 0.041)::int, 'HeartDiseaseorAttack', (r[10] < 0.096)::int,
    'PhysActivity', (r[11] < 0.756)::int, 'Fruits', (r[12] < 0.626)::int, 'Veggies', (r[13] < 0.809)::int,
    'HvyAlcoholConsump', (r[14] < 0.058)::int, 'AnyHealthcare', (r[15] < 0.95)::int,
    'NoDocbcCost', (r[16] < 0.087)::int, 'GenHlth', 1 + width_bucket(r[17], array[0.182, 0.53, 0.826, 0.953]),
    'MentHlth', case when r[18] < 0.688 then 0 when r[18] > 0.952 then 30 else 1 + floor((r[18] - 0.688) * 109) end,
    'PhysHlth', case when r[19] < 0.625 then 0 when r[19] > 0.922 then 30 else 1 + floor((r[19] - 0.625) * 97) end,
    'DiffWalk', (r[20] < 0.166)::int, 'Sex', (r[21] < 0.447)::int,
    'Age', 1 + width_bucket(
      r[22], array[0.022, 0.054, 0.097, 0.154, 0.22, 0.298, 0.403, 0.527, 0.66, 0.786, 0.871, 0.931]
    ),
    'Education', 1 + width_bucket(r[23], array[0.001, 0.016, 0.053, 0.3, 0.576]),
    'Income', 1 + width_bucket(r[24], array[0.039, 0.085, 0.148, 0.228, 0.33, 0.471, 0.641])
  ) as features,
  score.raw as raw_score,
  calibrated_score(model.calibration_data, score.raw) as calibrated_score,
  risk_level(model.calibration_data, calibrated_score(model.calibration_data, score.raw)) as risk_level,
  (array['high', 'medium', 'low'])[1 + i % 3] as confidence_level,
  model.id as model_version_id
from generate_series(0, {answers} - 1) as i
cross join lateral (
  select array(select bench.hash(i, k) / 9223372036854775808.0::float8 from generate_series(1, 26) as k) as r offset 0
) as random
cross join lateral (
  -- 13.7 % of the survey have diabetes, 1.9 % prediabetes.
  select case when r[25] < 0.137 then 0.65 + 0.35 * r[26] when r[25] < 0.156 then 0.37 + 0.25 * r[26] else 0.35 * r[26] end
) as score (raw)
inner join model_versions as model on model.is_active;
alter table bench.answers add primary key (i);
analyze bench.answers;

-- As many as there may be after years, each with its curve.
insert into model_versions
  (version, trained_at, auroc, auprc, calibration_error, artifact_path, calibration_data)
select 'v0.' || n || '.0', bench.moment(n / 72.0::float8), 0.85, 0.43, 0.02, '/models/v0.' || n || '.0/model.pkl', calibration_data
from model_versions, generate_series(0, 71) as n
where is_active;
analyze model_versions;
