import { strict as assert } from "node:assert";
import { storeAssessment } from "../assessment";
import { call, refused, startCaller, TOKEN_FILES } from "../callers";
import type { Case } from "../case";
import { query } from "../database";

interface Model {
  readonly version: string;
  readonly calibration_data: { readonly thresholds: { readonly prediabetes: number; readonly diabetes: number } };
}

export const api: Case = {
  name: "api",
  title:
    "A service that may call data-svc reads the active model, and stores an assessment with its audit row; who reads it leaves one, too. Without its token, or on another's route, it is refused",
  async run(e2e) {
    const caller = await startCaller(e2e, "e2e-ml-api", "ml-api");
    const gateway = await startCaller(e2e, "e2e-gateway", "api-gateway");
    const active = "/internal/model-versions/active";
    await refused(e2e, caller, active, "caller-unproven");
    await refused(e2e, caller, active, "caller-unproven", TOKEN_FILES.elsewhere);
    await refused(e2e, gateway, active, "caller-not-allowed", TOKEN_FILES.own);
    const model = await call<Model>(e2e, caller, active);
    assert.equal(model.version, "v1.0.0");
    assert.deepEqual(model.calibration_data.thresholds, { prediabetes: 0.35, diabetes: 0.65 });

    const { id, user_id, risk_level } = await storeAssessment(e2e, caller);
    assert.equal(risk_level, "prediabetes");
    const audit = await query(e2e, `select action, resource_type from audit_logs where resource_id = '${id}'`);
    e2e.evidence(`audit_logs: ${audit.join(" ")}`);
    assert.equal(audit.length, 1, "the assessment has no audit row of its own");

    const { items } = await call<{ items: { id: string }[] }>(
      e2e,
      gateway,
      `/internal/users/${user_id}/assessments?limit=1`,
    );
    assert.equal(items[0]?.id, id, "the user's newest assessment is not the one just stored");
    const reads = await query(
      e2e,
      `select caller from audit_logs
       where action = 'assessment.list' and subject_id = '${user_id}' and request_metadata -> 'ids' = '["${id}"]'`,
    );
    e2e.evidence(`audit_logs of who read it: ${reads.join(" ")}`);
    assert.deepEqual(reads, [["api-gateway"]], "the read has no audit row of its own");
    await Promise.all([caller.remove(), gateway.remove()]);
  },
};
