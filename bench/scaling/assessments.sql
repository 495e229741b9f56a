-- $1 assessments of some of $2 persons, $3 days ago, with their reports and audit rows. Like those that data-svc writes.
with made as (
  insert into assessments
    (user_id, model_version_id, features, raw_score, calibrated_score, risk_level, confidence_level, created_at)
  select
    md5((1 + floor(random() * $2::int))::int::text)::uuid,
    model.id,
    jsonb_build_object(
      'HighBP', n % 2, 'HighChol', n / 2 % 2, 'CholCheck', 1, 'BMI', 15 + round((random() * 300))::int / 10.0,
      'Smoker', n / 4 % 2, 'Stroke', n / 8 % 2, 'HeartDiseaseorAttack', n / 16 % 2, 'PhysActivity', n / 32 % 2,
      'Fruits', n / 64 % 2, 'Veggies', n / 128 % 2, 'HvyAlcoholConsump', 0, 'AnyHealthcare', 1, 'NoDocbcCost', 0,
      'GenHlth', 1 + n % 5, 'MentHlth', floor(random() * 31)::int, 'PhysHlth', floor(random() * 31)::int,
      'DiffWalk', n / 256 % 2, 'Sex', n / 512 % 2, 'Age', 1 + n % 13, 'Education', 1 + n % 6, 'Income', 1 + n % 8
    ),
    score.raw, calibrated_score(model.calibration_data, score.raw),
    risk_level(model.calibration_data, calibrated_score(model.calibration_data, score.raw)),
    (array['high', 'medium', 'low'])[1 + n % 3],
    now() - $3::float8 * interval '1 day' + n * interval '1 millisecond'
  from generate_series(1, $1::int) as n, lateral (select random() + 0 * n as raw) as score, model_versions as model
  where model.is_active
  returning id, user_id, created_at
),
rendered as (
  insert into reports (assessment_id, format, content_url, metadata, generated_at)
  select id, 'pdf', 's3://diabrisk-reports/' || user_id || '/' || id || '.pdf', '{"pages": 2, "language": "en"}', created_at
  from made
)
insert into audit_logs (actor_id, subject_id, caller, action, resource_type, resource_id, ip_address, user_agent, request_metadata, "timestamp")
select
  user_id, user_id, 'ml-api', action, 'assessment', id::text, '203.0.113.7',
  'Mozilla/5.0 (X11; Linux x64; rv:140.0) Gecko/20100101 Firefox/140.0',
  jsonb_build_object('request_id', gen_random_uuid(), 'model_version', 'v1.0.0'), created_at
from made, (values ('assessment.create'), ('report.create')) as done (action)
