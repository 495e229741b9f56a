-- Why:   a risk assessment is kept with all that went into it, and never rewritten.
-- Locks: users and model_versions against writes, briefly, for the foreign keys; otherwise a new table.
-- Order: before data-svc, which writes assessments.
-- Undo:  000003_create_assessments.down.sql drops the table. Every assessment is lost.

create function assessment_features_valid(features jsonb) returns boolean
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
return coalesce(
  -- Strict: lax paths would unwrap [25] into 25. Comparing a number with anything else is unknown, which is not true.
  features @@ 'strict $.type() == "object"
    && ($.HighBP == 0 || $.HighBP == 1)
    && ($.HighChol == 0 || $.HighChol == 1)
    && ($.CholCheck == 0 || $.CholCheck == 1)
    && $.BMI >= 10 && $.BMI <= 100
    && ($.Smoker == 0 || $.Smoker == 1)
    && ($.Stroke == 0 || $.Stroke == 1)
    && ($.HeartDiseaseorAttack == 0 || $.HeartDiseaseorAttack == 1)
    && ($.PhysActivity == 0 || $.PhysActivity == 1)
    && ($.Fruits == 0 || $.Fruits == 1)
    && ($.Veggies == 0 || $.Veggies == 1)
    && ($.HvyAlcoholConsump == 0 || $.HvyAlcoholConsump == 1)
    && ($.AnyHealthcare == 0 || $.AnyHealthcare == 1)
    && ($.NoDocbcCost == 0 || $.NoDocbcCost == 1)
    && $.GenHlth >= 1 && $.GenHlth <= 5 && $.GenHlth == $.GenHlth.floor()
    && $.MentHlth >= 0 && $.MentHlth <= 30 && $.MentHlth == $.MentHlth.floor()
    && $.PhysHlth >= 0 && $.PhysHlth <= 30 && $.PhysHlth == $.PhysHlth.floor()
    && ($.DiffWalk == 0 || $.DiffWalk == 1)
    && ($.Sex == 0 || $.Sex == 1)
    && $.Age >= 1 && $.Age <= 13 && $.Age == $.Age.floor()
    && $.Education >= 1 && $.Education <= 6 && $.Education == $.Education.floor()
    && $.Income >= 1 && $.Income <= 8 && $.Income == $.Income.floor()'
  -- The path needs every key, so nothing must be left when all are taken away.
  and features - array[
    'HighBP', 'HighChol', 'CholCheck', 'BMI', 'Smoker', 'Stroke', 'HeartDiseaseorAttack', 'PhysActivity', 'Fruits',
    'Veggies', 'HvyAlcoholConsump', 'AnyHealthcare', 'NoDocbcCost', 'GenHlth', 'MentHlth', 'PhysHlth', 'DiffWalk',
    'Sex', 'Age', 'Education', 'Income'
  ] = '{}',
  false
);
comment on function assessment_features_valid(jsonb) is
  'True for an object of exactly the 21 indicators, each a number in its range, codes integral; false for anything '
  'else, null included. Holds no rule between indicators: real answers break those that seem obvious.';

create function assessments_refuse_update() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception 'assessment % cannot be changed', old.id using
    errcode = 'restrict_violation',
    hint = 'Assessments are immutable. Insert a new one; delete the old one if it must not stay.';
end
$$;
comment on function assessments_refuse_update() is 'Row trigger: raises.';

create function assessments_check_model() returns trigger
language plpgsql
set search_path = pg_catalog, public, pg_temp
as $$
declare
  model jsonb;
  on_curve double precision;
begin
  select calibration_data into strict model from model_versions where id = new.model_version_id;
  on_curve := calibrated_score(model, new.raw_score);
  -- A score that a model computed in single precision is off by 0.0000001.
  if abs(new.calibrated_score - on_curve) > 0.000001 then
    raise exception 'calibrated_score is not what the model''s calibration curve makes of raw_score' using
      errcode = 'check_violation', schema = 'public', table = 'assessments', column = 'calibrated_score',
      constraint = 'assessments_calibrated_score_of_model',
      hint = 'calibrated_score(calibration_data, raw_score) is right. The scores may be those of another model.';
  end if;
  -- Not of calibrated_score, which may be rounded to the lower side of a threshold.
  if new.risk_level <> risk_level(model, on_curve) then
    raise exception 'risk_level is not what the model''s thresholds make of raw_score on its curve' using
      errcode = 'check_violation', schema = 'public', table = 'assessments', column = 'risk_level',
      constraint = 'assessments_risk_level_of_model',
      hint = 'risk_level(calibration_data, calibrated_score(calibration_data, raw_score)) is right.';
  end if;
  return null;
end
$$;
comment on function assessments_check_model() is
  'Row trigger: raises if calibrated_score is more than 0.000001 off the model''s curve at raw_score, or risk_level is '
  'not that of the curve by the model''s thresholds.';

create table assessments (
  id               uuid             not null default uuid_v7(),
  user_id          uuid             not null,
  model_version_id uuid             not null,
  features         jsonb            not null,
  raw_score        double precision not null,
  calibrated_score double precision not null,
  risk_level       text             not null,
  confidence_level text             not null,
  created_at       timestamptz      not null default now(),
  constraint assessments_pkey primary key (id),
  constraint assessments_user_id_fkey foreign key (user_id) references users (id) on delete cascade,
  constraint assessments_model_version_id_fkey foreign key (model_version_id) references model_versions (id)
    on delete restrict,
  constraint assessments_features_valid check (assessment_features_valid(features)),
  constraint assessments_features_size check (octet_length(features::text) <= 2048),
  constraint assessments_created_at_finite check (isfinite(created_at)),
  constraint assessments_raw_score_range check (raw_score between 0 and 1),
  constraint assessments_calibrated_score_range check (calibrated_score between 0 and 1),
  constraint assessments_risk_level_known check (risk_level in ('no_diabetes', 'prediabetes', 'diabetes')),
  constraint assessments_confidence_level_known check (confidence_level in ('high', 'medium', 'low'))
);

comment on table assessments is
  'Risk assessments, one row each. Rows are immutable: they go with their user, and never change.';
comment on column assessments.id is 'What a report refers to.';
comment on column assessments.user_id is 'Whose risk it is. The assessment is deleted with the user.';
comment on column assessments.model_version_id is
  'The model that made the scores. It cannot be deleted while it has assessments.';
comment on column assessments.features is
  'The 21 survey indicators that went in: exactly these keys, numbers only. The codes are those of BRFSS 2015.';
comment on column assessments.raw_score is 'What the model said, 0 to 1.';
comment on column assessments.calibrated_score is
  'The raw score on the model''s calibration curve: a probability, 0 to 1.';
comment on column assessments.risk_level is
  'no_diabetes, prediabetes or diabetes: of raw_score on the curve, by the model''s thresholds at that time.';
comment on column assessments.confidence_level is 'high, medium or low: how sure the model was of the level.';
comment on column assessments.created_at is 'When the assessment was made.';

comment on constraint assessments_features_valid on assessments is
  'The same rules as data-svc''s, for whoever else writes here.';
comment on constraint assessments_features_size on assessments is 'A number in range may have any number of digits.';
comment on constraint assessments_raw_score_range on assessments is 'Refuses NaN too, which sorts above every number.';
comment on constraint assessments_calibrated_score_range on assessments is
  'Refuses NaN too, which sorts above every number.';

create index assessments_history_idx on assessments (user_id, created_at, id);
comment on index assessments_history_idx is 'A user''s history, newest first, in keyset pages; deleting a user.';
create index assessments_model_version_id_idx on assessments (model_version_id);
comment on index assessments_model_version_id_idx is 'Whether a model has assessments when it is to be deleted.';
create index assessments_elevated_risk_idx on assessments (risk_level, created_at)
where risk_level <> 'no_diabetes';
comment on index assessments_elevated_risk_idx is 'The newest assessments of an elevated level.';
create index assessments_features_idx on assessments using gin (features jsonb_path_ops);
comment on index assessments_features_idx is 'Cohorts: features @> ''{"Smoker": 1, "Age": 9}''.';
create index assessments_bmi_idx on assessments (((features ->> 'BMI')::numeric));
comment on index assessments_bmi_idx is 'Cohorts by a range of BMI: (features ->> ''BMI'')::numeric between 30 and 35.';

create trigger assessments_refuse_update
before update on assessments for each row
execute function assessments_refuse_update();
comment on trigger assessments_refuse_update on assessments is 'Makes rows immutable. Deleting them stays possible.';

-- After, so that checks and foreign keys refuse first, each by its own name.
create trigger assessments_check_model
after insert on assessments for each row
execute function assessments_check_model();
comment on trigger assessments_check_model on assessments is
  'Scores and level must be those of the model that they are attributed to. A check cannot read another table.';

create schema erasure;
comment on schema erasure is
  'What was deleted: ids that must not come back, and documents that have to be deleted elsewhere, too.';

create table erasure.assessments (
  id         uuid        not null,
  deleted_at timestamptz not null default now(),
  constraint assessments_pkey primary key (id),
  constraint assessments_deleted_at_finite check (isfinite(deleted_at))
);

comment on table erasure.assessments is
  'Ids of deleted assessments, which no late retry may store again. Does not say whose they were. erasure_purge() '
  'forgets them.';
comment on column erasure.assessments.id is 'The id that the assessment had.';
comment on column erasure.assessments.deleted_at is 'When it was deleted.';

create index assessments_deleted_at_idx on erasure.assessments (deleted_at);
comment on index erasure.assessments_deleted_at_idx is 'Purging.';

create function assessments_remember_deleted() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into erasure.assessments (id) select id from gone on conflict do nothing;
  return null;
end
$$;
comment on function assessments_remember_deleted() is
  'Trigger: puts the ids of rows that go into erasure.assessments, whoever deletes them.';
revoke all on function assessments_remember_deleted() from public;

create trigger assessments_remember_deleted
after delete on assessments referencing old table as gone for each statement
execute function assessments_remember_deleted();
comment on trigger assessments_remember_deleted on assessments is 'Deleting a user comes here, too.';

create function assessments_refuse_deleted() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (select from erasure.assessments where id = new.id) then
    raise exception 'assessment % was deleted', new.id using
      errcode = 'restrict_violation', schema = 'public', table = 'assessments', column = 'id',
      constraint = 'assessments_id_not_deleted',
      hint = 'A late retry must not bring it back. A new assessment needs an id of its own.';
  end if;
  return null;
end
$$;
comment on function assessments_refuse_deleted() is
  'Row trigger: raises for an id in erasure.assessments, which the inserting role need not read.';
revoke all on function assessments_refuse_deleted() from public;

-- After, since the insert of an id waits for a deletion that is under way.
create trigger assessments_refuse_deleted
after insert on assessments for each row
execute function assessments_refuse_deleted();
comment on trigger assessments_refuse_deleted on assessments is 'A check cannot read another table.';

create schema deidentified;
comment on schema deidentified is 'For people who look at the data and need not know whose it is.';

-- A barrier, since a condition that fails with a row's value would tell in which order the tables were read.
create view deidentified.assessments with (security_barrier = true) as
select
  u.pseudonym as person,
  extract(year from a.created_at at time zone 'utc')::int as year,
  m.version as model_version,
  case (a.features ->> 'Age')::numeric::int
    when 1 then '18-29' when 2 then '18-29'
    when 3 then '30-39' when 4 then '30-39'
    when 5 then '40-49' when 6 then '40-49'
    when 7 then '50-59' when 8 then '50-59'
    when 9 then '60-69' when 10 then '60-69'
    when 11 then '70-79' when 12 then '70-79'
    else '80+'
  end as age_band,
  round((a.features ->> 'BMI')::numeric)::int as bmi,
  a.features - array['Age', 'BMI', 'Education', 'Income'] as indicators,
  a.raw_score,
  a.calibrated_score,
  a.risk_level,
  a.confidence_level
from assessments as a
inner join users as u on u.id = a.user_id
inner join model_versions as m on m.id = a.model_version_id
-- As they were inserted, they would be in the order of the audit log. Not random(), whose seed a session may choose.
order by gen_random_uuid();

comment on view deidentified.assessments is
  'Assessments without what leads to a person: no id that other tables have, no day, ages by ten years, and each time '
  'in another order.';
comment on column deidentified.assessments.person is
  'The same for all assessments of one person. Only users.pseudonym says whose it is.';
comment on column deidentified.assessments.year is 'When the assessment was made. A day would lead to the audit log.';
comment on column deidentified.assessments.model_version is 'The model that made the scores.';
comment on column deidentified.assessments.age_band is 'In years; 80+ holds all ages above.';
comment on column deidentified.assessments.bmi is 'Body mass index, as a whole number.';
comment on column deidentified.assessments.indicators is
  'The survey indicators but for age and BMI, which are coarser beside it, and education and income, which help to '
  'find a person.';
comment on column deidentified.assessments.raw_score is 'What the model said, 0 to 1.';
comment on column deidentified.assessments.calibrated_score is
  'The raw score on the model''s calibration curve, 0 to 1.';
comment on column deidentified.assessments.risk_level is 'no_diabetes, prediabetes or diabetes.';
comment on column deidentified.assessments.confidence_level is 'high, medium or low.';
