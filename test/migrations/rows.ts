/** Made up; real answers look like this. */
export const FEATURES: Readonly<Record<string, number>> = {
  HighBP: 1,
  HighChol: 0,
  CholCheck: 1,
  BMI: 27.5,
  Smoker: 0,
  Stroke: 0,
  HeartDiseaseorAttack: 0,
  PhysActivity: 1,
  Fruits: 1,
  Veggies: 1,
  HvyAlcoholConsump: 0,
  AnyHealthcare: 1,
  NoDocbcCost: 0,
  GenHlth: 2,
  MentHlth: 3,
  PhysHlth: 0,
  DiffWalk: 0,
  Sex: 1,
  Age: 9,
  Education: 6,
  Income: 7,
};

/** The rows that the seeds bring. */
export const SEEDED = {
  model: "3a1f5c0e-7d2b-4c8e-9f10-000000000001",
  admin: "3a1f5c0e-7d2b-4c8e-9f10-000000000002",
  user: "3a1f5c0e-7d2b-4c8e-9f10-000000000003",
} as const;

/** A row for each table that is accepted as it stands, on top of the seeds. */
export const ROWS = {
  users: { email: "a@x.co" },
  model_versions: {
    version: "v2.0.0",
    trained_at: "2020-01-01T00:00:00Z",
    auroc: 0.9,
    auprc: 0.5,
    calibration_error: 0.01,
    artifact_path: "/models/v2.0.0/model.pkl",
    calibration_data: {
      isotonic: [
        { raw: 0, calibrated: 0 },
        { raw: 1, calibrated: 1 },
      ],
      thresholds: { prediabetes: 0.3, diabetes: 0.6 },
    },
  },
  assessments: {
    user_id: SEEDED.user,
    model_version_id: SEEDED.model,
    features: FEATURES,
    raw_score: 0.4,
    calibrated_score: 0.39,
    risk_level: "prediabetes",
    confidence_level: "medium",
  },
  reports: { format: "pdf", content_url: "https://reports.example/1.pdf" },
  auth_sessions: { user_id: SEEDED.user, token_hash: Buffer.alloc(64, 1), expires_at: "2100-01-01T00:00:00Z" },
  "erasure.documents": { report_id: SEEDED.model, content_url: "https://reports.example/1.pdf" },
  "erasure.assessments": { id: SEEDED.model },
  audit_logs: {
    actor_id: SEEDED.user,
    subject_id: SEEDED.user,
    action: "assessment.create",
    resource_type: "assessment",
  },
} as const satisfies Record<string, Record<string, unknown>>;
