import { call } from "./callers";
import type { E2e } from "./case";
import { query } from "./database";
import type { TestPod } from "./pods";

export interface Assessment {
  readonly id: string;
  readonly user_id: string;
  readonly risk_level: string;
}

/** Stores an assessment of the registered test user through data-svc. */
export async function storeAssessment(e2e: E2e, caller: TestPod): Promise<Assessment> {
  return await call<Assessment>(e2e, caller, "/internal/assessments", someAssessment(await registeredUser(e2e)));
}

/** Id of the registered test user, who is made in a stage that brings none. */
export async function registeredUser(e2e: E2e): Promise<string> {
  if (!e2e.stage.migration.testUsers)
    await query(e2e, `insert into users (email) values ('${USER}') on conflict do nothing`);
  const [[user = ""] = []] = await query(e2e, `select id from users where email = '${USER}'`);
  return user;
}

const USER = "user@diabrisk.local";

/** What a caller sends to have an assessment stored. */
export const someAssessment = (user: string) => ({
  user_id: user,
  features: FEATURES,
  raw_score: 0.41,
  calibrated_score: 0.4015,
  confidence_level: "medium",
  model_version: "v1.0.0",
});

const FEATURES = {
  ...{ HighBP: 1, HighChol: 1, CholCheck: 1, BMI: 31.5, Smoker: 0, Stroke: 0, HeartDiseaseorAttack: 0 },
  ...{ PhysActivity: 1, Fruits: 1, Veggies: 1, HvyAlcoholConsump: 0, AnyHealthcare: 1, NoDocbcCost: 0 },
  ...{ GenHlth: 3, MentHlth: 2, PhysHlth: 0, DiffWalk: 0, Sex: 1, Age: 9, Education: 5, Income: 6 },
};
