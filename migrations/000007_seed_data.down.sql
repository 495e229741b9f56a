-- Why:   undoes 000007_seed_data.up.sql, and nothing else.
-- Locks: no table; the seeded rows against new references to them.
-- Order: after data-svc has stopped: without an active model it is not ready.
-- Undo:  run the up file again.

-- lint:ignore cannot-be-known: it locks the seeded rows, reads by index but for four counts, and deletes three rows.
do $$
declare
  model constant uuid := '3a1f5c0e-7d2b-4c8e-9f10-000000000001';
  people constant uuid[] := array[
    '3a1f5c0e-7d2b-4c8e-9f10-000000000002', '3a1f5c0e-7d2b-4c8e-9f10-000000000003'
  ]::uuid[];
  dependants text;
begin
  -- Before counting, so that nothing can refer to them between the count and the delete.
  perform from model_versions where id = model for update;
  perform from users where id = any (people) for update;

  select string_agg(format('%s (%s)', what, n), ', ' order by what) into dependants
  from (
    select count(*), 'assessments' from assessments where model_version_id = model or user_id = any (people)
    union all
    select count(*), 'auth_sessions' from auth_sessions where user_id = any (people)
  ) as dependant (n, what)
  where n > 0;
  if dependants is not null then
    raise exception 'the seeded rows are in use by %', dependants using
      errcode = 'foreign_key_violation',
      detail = 'Removing the test users would delete their assessments, reports and sessions with them.',
      hint = 'Delete those rows first, if they can go: they name the seeded model or a test user.';
  end if;

  delete from users where id = any (people);
  delete from model_versions where id = model;
end
$$;
