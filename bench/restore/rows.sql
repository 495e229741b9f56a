-- $1 rows of assessments, like those that data-svc writes: every feature within its range, of one user.
insert into assessments (user_id, model_version_id, features, raw_score, calibrated_score, risk_level, confidence_level, created_at)
select
  (select id from users order by id limit 1),
  model.id,
  jsonb_build_object(
    'HighBP', n % 2, 'HighChol', n / 2 % 2, 'CholCheck', 1, 'BMI', 15 + round((random() * 300))::int / 10.0, 'Smoker', n / 4 % 2,
    'Stroke', n / 8 % 2, 'HeartDiseaseorAttack', n / 16 % 2, 'PhysActivity', n / 32 % 2, 'Fruits', n / 64 % 2,
    'Veggies', n / 128 % 2, 'HvyAlcoholConsump', 0, 'AnyHealthcare', 1, 'NoDocbcCost', 0, 'GenHlth', 1 + n % 5,
    'MentHlth', floor(random() * 31)::int, 'PhysHlth', floor(random() * 31)::int, 'DiffWalk', n / 256 % 2, 'Sex', n / 512 % 2,
    'Age', 1 + n % 13, 'Education', 1 + n % 6, 'Income', 1 + n % 8),
  raw, calibrated_score(calibration_data, raw), risk_level(calibration_data, calibrated_score(calibration_data, raw)),
  (array['high', 'medium', 'low'])[1 + n % 3],
  now() - random() * interval '400 days'
from generate_series(1, $1::int) as n, lateral (select random() + 0 * n as raw) as score,
  (select id, calibration_data from model_versions where is_active) as model
