-- $1 random persons, each with an answer to the survey.
select
  bench.person(person) as person,
  jsonb_build_object(
    'features', features, 'raw_score', raw_score, 'calibrated_score', calibrated_score, 'confidence_level', confidence_level
  ) as answer
from generate_series(1, $1::int) as n
cross join lateral (
  select floor(random() * {people})::bigint + 0 * n as person, floor(random() * {answers})::bigint as answer offset 0
) as chosen
inner join bench.answers on i = answer
