/**
 * About as skewed as real answers: few are ill, one user in eight has been assessed, most sessions are old, models are few but many
 * enough for an index. With `offset 0` an answer's random numbers are made once, and not for each use of one.
 */
export const FILL = `
insert into users (email) select 'person' || n || '@example.org' from generate_series(1, 3000) n;
insert into model_versions
  (version, trained_at, auroc, auprc, calibration_error, artifact_path, calibration_data)
select 'v2.0.' || n, now(), 0.8, 0.4, 0.02, '/models/' || n, calibration_data || jsonb_build_object('note', repeat('x', 500))
from generate_series(1, 500) n, (select calibration_data from model_versions where is_active) seeded;
create temporary table people as select id, substring(email from 'person(\\d+)@')::int as n from users;
insert into assessments
  (user_id, model_version_id, features, raw_score, calibrated_score, risk_level, confidence_level, created_at)
select p.id, (select id from model_versions where is_active),
  jsonb_build_object('HighBP', r[1] % 2, 'HighChol', r[2] % 2, 'CholCheck', 1, 'BMI', 18 + r[3] % 250 / 10.0,
    'Smoker', r[4] % 2, 'Stroke', (r[5] % 25 = 0)::int, 'HeartDiseaseorAttack', (r[6] % 10 = 0)::int,
    'PhysActivity', (r[7] % 4 > 0)::int, 'Fruits', r[8] % 2, 'Veggies', r[9] % 2,
    'HvyAlcoholConsump', (r[10] % 18 = 0)::int, 'AnyHealthcare', (r[11] % 20 > 0)::int,
    'NoDocbcCost', (r[12] % 12 = 0)::int, 'GenHlth', 1 + r[13] % 5, 'MentHlth', r[14] % 31, 'PhysHlth', r[15] % 31,
    'DiffWalk', (r[16] % 6 = 0)::int, 'Sex', r[1] / 2 % 2, 'Age', 1 + r[2] / 2 % 13,
    'Education', 1 + least(r[4] / 2 % 8, 5), 'Income', 1 + r[8] / 2 % 8),
  level.raw, level.calibrated, level.name, 'high', now() - answer * interval '3 minutes'
from generate_series(1, 20000) answer
cross join lateral (select sha256(answer::text::bytea) as bytes offset 0) hash
cross join lateral (select array(select get_byte(bytes, i) + 256 * get_byte(bytes, i + 16)
  from generate_series(0, 15) i) as r offset 0) random
join (values (0.5, 0.505, 'prediabetes'), (0.8, 0.81, 'diabetes'), (0, 0, 'no_diabetes')) level (raw, calibrated, name)
  on level.name = case when r[9] / 2 % 50 = 0 then 'prediabetes' when r[9] / 2 % 7 = 0 then 'diabetes' else 'no_diabetes' end
join people p on p.n = 1 + answer % 400;
insert into reports (assessment_id, format, content_url)
select id, format, 'https://reports.example/' || id || '.' || format from assessments, (values ('pdf'), ('html')) f (format)
where risk_level <> 'no_diabetes';
insert into auth_sessions (user_id, token_hash, created_at, expires_at, revoked_at)
select id, sha512(convert_to(id || '.' || n, 'utf8')), now() - n * interval '1 day', now() + (8 - n) * interval '1 day',
  case when n > 3 then now() end
from users, generate_series(1, 9) n;
insert into audit_logs (actor_id, subject_id, action, resource_type, resource_id, "timestamp")
select a.user_id, a.user_id, (array['assessment.create', 'assessment.read', 'report.create', 'login'])[1 + n % 4], 'assessment', a.id,
  a.created_at
from assessments a, generate_series(0, 1) n;
select audit_logs_make_partitions(12);
analyze users, model_versions, assessments, reports, auth_sessions, audit_logs;`;
