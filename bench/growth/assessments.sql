-- Assessments $1 to $2, each with a report.
with made as (
  insert into assessments (
    id, user_id, model_version_id, features, raw_score, calibrated_score, risk_level, confidence_level, created_at
  )
  select
    bench.assessment(n), bench.person_of(n), model_version_id, features, raw_score, calibrated_score, risk_level,
    confidence_level, bench.moment(n / {assessments}::float8)
  from generate_series($1::bigint, $2) as n
  inner join bench.answers on i = bench.hash(n, 2) % {answers}
)
insert into reports (id, assessment_id, format, content_url, metadata, generated_at)
select
  bench.id(n, 40, n / {assessments}::float8), assessment, 'pdf', 's3://diabrisk-reports/' || assessment || '.pdf',
  '{"pages": 2, "language": "en"}', bench.moment(n / {assessments}::float8)
from generate_series($1::bigint, $2) as n, lateral (select bench.assessment(n) offset 0) as of (assessment)
