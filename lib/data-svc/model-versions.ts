import { TypeCompiler } from "@sinclair/typebox/compiler";
import { CalibrationData, type ModelVersion } from "./api/model-version";
import type { Database, Patience, Run } from "./database";
import type { Presentable } from "./logging";
import type { Metrics } from "./metrics";

export const NO_MODEL = "No model version is active";
export const ACTIVATE_ONE = "Activate one: POST /internal/model-versions/{version}/activate.";

/** No model can be used for assessments: none is active, or this release does not understand the active one's row. */
export class ModelError extends Error implements Presentable {
  override readonly name = "ModelError";
  readonly presentable = true;
}

/** A row as ModelVersion. */
export const MODEL_COLUMNS = `
  id, version, to_char(trained_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as trained_at,
  auroc, auprc, calibration_error, artifact_path, calibration_data`;

export const FIND_ACTIVE = {
  name: "active_model_version",
  text: `select ${MODEL_COLUMNS} from public.model_versions where is_active`,
};

/** Finds the active model; undefined if there is none. @throws ModelError, DatabaseFailure */
export async function findActiveModel(run: Run): Promise<ModelVersion | undefined> {
  const [model] = await run<ModelVersion>(FIND_ACTIVE);
  if (model) requireUsable(model);
  return model;
}

// Compiled once: it runs with each assessment.
const calibration = TypeCompiler.Compile(CalibrationData);

/** @throws ModelError if this release does not understand the model's calibration */
export function requireUsable(model: Pick<ModelVersion, "version" | "calibration_data">): void {
  const data: unknown = model.calibration_data;
  if (!calibration.Check(data)) {
    const wrong = calibration.Errors(data).First();
    throw unusable(model, `${wrong?.path} ${wrong?.message.toLowerCase()}`);
  }
  const { prediabetes, diabetes } = data.thresholds;
  if (prediabetes > diabetes)
    throw unusable(model, `thresholds: prediabetes ${prediabetes} is above diabetes ${diabetes}`);
}

const EXISTS = {
  name: "model_version_exists",
  fields: ["/model_version"],
  text: "select 1 from public.model_versions where version = $1",
};

export const modelVersionExists = async (run: Run, version: string): Promise<boolean> =>
  (await run(EXISTS, [version])).length > 0;

/** Watches the active model for readiness and metrics. */
export class ActiveModel {
  constructor(
    private readonly database: Database,
    private readonly metrics: Metrics,
  ) {}

  /** @throws ModelError if there is none or it cannot be used; DatabaseFailure */
  async read(patience: Patience): Promise<ModelVersion> {
    try {
      const model = await findActiveModel((statement, values) => this.database.query(statement, values, patience));
      if (!model) throw new ModelError(`${NO_MODEL}. ${ACTIVATE_ONE}`);
      this.metrics.model(true);
      return model;
    } catch (error) {
      if (error instanceof ModelError) this.metrics.model(false);
      throw error;
    }
  }
}

function unusable({ version }: Pick<ModelVersion, "version">, reason: string): ModelError {
  return new ModelError(
    `Model ${version} is active, but its calibration_data cannot be used: ${reason}. Correct it, or activate another model.`,
  );
}
