-- Audit entries $1 to $2. Of ten, two make an assessment and its report, and eight read what was made before: six are by the
-- person, one by a clinician, one by a service for nobody. One of 200 is an export instead.
insert into audit_logs (
  actor_id, subject_id, caller, action, resource_type, resource_id, ip_address, user_agent, request_metadata, "timestamp"
)
select
  case kind when 8 then bench.person(bench.hash(n, 3) % {clinicians}) when 9 then null else person end,
  person,
  case kind when 9 then 'report-svc' else 'ml-api' end,
  case kind when 0 then 'assessment.create' when 1 then 'report.create' when 10 then 'user.export'
    else case when kind < 6 then 'assessment.list' else 'assessment.read' end end,
  case when kind between 2 and 5 then 'user' else 'assessment' end,
  case when kind between 2 and 5 then person else thing end,
  '203.0.113.7',
  'Mozilla/5.0 (X11; Linux x64; rv:140.0) Gecko/20100101 Firefox/140.0',
  jsonb_build_object('request_id', thing, 'model_version', 'v1.0.0'),
  bench.moment(n / {audit}::float8)
from generate_series($1::bigint, $2) as n
cross join lateral (
  select
    case when n % 200 = 7 then 10 else n % 10 end,
    ((case when n % 10 < 2 then n else bench.hash(n, 6) % (n + 1) end) / ({audit}::float8 / {assessments}))::bigint
  offset 0
) as chosen (kind, assessment)
cross join lateral (select bench.person_of(assessment), bench.assessment(assessment) offset 0) as of (person, thing)
