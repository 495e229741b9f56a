import { Value } from "@sinclair/typebox/value";
import { CalibrationData, type ModelVersion } from "./api/model-version";
import type { Run } from "./database";
import type { Presentable } from "./logging";

/** The active model is unusable: this release does not understand its row. */
export class ModelError extends Error implements Presentable {
  override readonly name = "ModelError";
  readonly presentable = true;
}

const FIND_ACTIVE = {
  name: "active_model_version",
  text: `
    select id, version, to_char(trained_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as trained_at,
      auroc, auprc, calibration_error, artifact_path, calibration_data
    from public.model_versions
    where is_active`,
};

/** Finds the active model; undefined if there is none. @throws ModelError, DatabaseFailure */
export async function findActiveModel(run: Run): Promise<ModelVersion | undefined> {
  const [model] = await run<ModelVersion>(FIND_ACTIVE);
  if (!model) return undefined;
  const [wrong] = Value.Errors(CalibrationData, model.calibration_data);
  if (wrong) throw unusable(model, `${wrong.path} ${wrong.message.toLowerCase()}`);
  const { prediabetes, diabetes } = model.calibration_data.thresholds;
  if (prediabetes > diabetes)
    throw unusable(model, `thresholds: prediabetes ${prediabetes} is above diabetes ${diabetes}`);
  return model;
}

function unusable({ version }: ModelVersion, reason: string): ModelError {
  return new ModelError(
    `Model ${version} is active, but its calibration_data cannot be used: ${reason}. Correct it, or activate another model.`,
  );
}
