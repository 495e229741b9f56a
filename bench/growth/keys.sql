-- $1 random keys.
select
  bench.person(person) as person, 'Somebody.' || person || '@Example.org' as email, sha512(('token ' || person || '.3')::bytea) as token,
  bench.assessment(assessment) as assessment, bench.person_of(assessment) as author,
  floor(extract(epoch from bench.moment(assessment / {assessments}::float8)) * 1000000)::bigint::text as micros,
  bench.moment(share) as moment,
  (select jsonb_build_object('Smoker', f -> 'Smoker', 'HighBP', f -> 'HighBP', 'Age', f -> 'Age', 'Sex', f -> 'Sex')) as cohort,
  f ->> 'BMI' as bmi
from generate_series(1, $1::int) as n
cross join lateral (
  select
    floor(random() * {people})::bigint + 0 * n as person, floor(random() * {assessments})::bigint as assessment,
    random() as share, floor(random() * {answers})::bigint as answer
  offset 0
) as chosen
inner join lateral (select features from bench.answers where i = answer) as of (f) on true
