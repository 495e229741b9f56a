-- $1 persons with $2 assessments each.
with made as (
  insert into users (id, email)
  select md5(n::text)::uuid, 'somebody.' || n || '@example.org' from generate_series(1, $1::int) as n
  returning id
)
insert into assessments
  (user_id, model_version_id, features, raw_score, calibrated_score, risk_level, confidence_level, created_at)
select
  made.id, model.id,
  jsonb_build_object(
    'HighBP', n % 2, 'HighChol', 1, 'CholCheck', 1, 'BMI', 15 + n, 'Smoker', 0, 'Stroke', 0, 'HeartDiseaseorAttack', 0,
    'PhysActivity', 1, 'Fruits', 1, 'Veggies', 1, 'HvyAlcoholConsump', 0, 'AnyHealthcare', 1, 'NoDocbcCost', 0,
    'GenHlth', 1 + n % 5, 'MentHlth', n % 31, 'PhysHlth', n % 31, 'DiffWalk', 0, 'Sex', n % 2, 'Age', 1 + n % 13,
    'Education', 1 + n % 6, 'Income', 1 + n % 8
  ),
  0.4, 0.39, risk_level(model.calibration_data, 0.39), 'high', now() - n * interval '1 day'
from generate_series(1, $2::int) as n, made, model_versions as model
where model.is_active
