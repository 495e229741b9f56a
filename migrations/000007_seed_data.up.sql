-- Why:   no assessment can be made without an active model, and no developer can log in without a user.
-- Locks: no table; the rows that it adds.
-- Order: before data-svc, which is not ready without an active model.
-- Undo:  000007_seed_data.down.sql removes the rows of these ids, and refuses while others depend on them.
--
-- The test users belong on developers' machines. Where the database says
--   alter database … set diabrisk.test_users = 'off'
-- they are left out; `migrate bootstrap` sets that in staging and prod.
--
-- Running it again changes nothing. The ids are fixed, so that undoing it cannot take a row that was there before.

insert into model_versions (
  id, version, trained_at, auroc, auprc, calibration_error, artifact_path, calibration_data, is_active
)
select
  '3a1f5c0e-7d2b-4c8e-9f10-000000000001', 'v1.0.0', '2015-01-01T00:00:00Z', 0.8562, 0.4321, 0.0234,
  '/models/v1.0.0/model.pkl',
  '{
    "isotonic": [
      {"raw": 0.0, "calibrated": 0.0},
      {"raw": 0.2, "calibrated": 0.18},
      {"raw": 0.4, "calibrated": 0.39},
      {"raw": 0.6, "calibrated": 0.62},
      {"raw": 0.8, "calibrated": 0.81},
      {"raw": 1.0, "calibrated": 1.0}
    ],
    "thresholds": {"prediabetes": 0.35, "diabetes": 0.65},
    "metrics": {"accuracy": 0.8234, "precision": 0.7512, "recall": 0.6891, "f1": 0.7189}
  }',
  not exists (select from model_versions where is_active)
on conflict (version) do nothing;

insert into users (id, email, role)
select seed.id::uuid, seed.email, seed.role
from (values
  ('3a1f5c0e-7d2b-4c8e-9f10-000000000002', 'admin@diabrisk.local', 'admin'),
  ('3a1f5c0e-7d2b-4c8e-9f10-000000000003', 'user@diabrisk.local', 'registered')
) as seed (id, email, role)
where coalesce(nullif(current_setting('diabrisk.test_users', true), ''), 'on')::boolean
on conflict do nothing;
