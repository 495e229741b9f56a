import type { ModelVersion, NewModelVersion } from "./api/model-version";
import { callLogged, type Origin, writeAudit } from "./audit";
import type { RequestWork, Run } from "./database";
import { findActiveModel, MODEL_COLUMNS } from "./model-versions";
import { Problem, refusedField } from "./problems";
import { refusedByConstraint } from "./refused-value";

export interface Registered {
  readonly model: ModelVersion;
  /** False if it was already registered. */
  readonly created: boolean;
}

const FIELDS = [
  ...["/version", "/trained_at", "/auroc", "/auprc", "/calibration_error", "/artifact_path"],
  "/calibration_data",
];

const INSERT = {
  name: "insert_model_version",
  fields: FIELDS,
  text: `
    insert into public.model_versions
      (version, trained_at, auroc, auprc, calibration_error, artifact_path, calibration_data)
    values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (version) do nothing
    returning ${MODEL_COLUMNS}`,
};

const FIND_BY_VERSION = {
  name: "model_version_by_version",
  fields: FIELDS,
  text: `
    select ${MODEL_COLUMNS}, (trained_at, auroc, auprc, calibration_error, artifact_path, calibration_data)
      = ($2::timestamptz, $3::float8, $4::float8, $5::float8, $6, $7::jsonb) as is_same
    from public.model_versions
    where version = $1`,
};

const REFUSALS = {
  model_versions_calibration_data_valid: () =>
    refusedField(
      "/calibration_data",
      "must be a curve of rising raw and calibrated scores with thresholds in order, prediabetes first, and every metric from 0 to 1",
    ),
  model_versions_text_size: () => refusedField("/calibration_data", "is longer than 65536 octets"),
};

/**
 * Registers a trained model, inactive, with an audit entry.
 * @throws Problem if the version is that of another model or the data cannot be used; DatabaseFailure, ClientGone
 */
export async function registerModel(work: RequestWork, given: NewModelVersion, origin: Origin): Promise<Registered> {
  const { version, trained_at, auroc, auprc, calibration_error, artifact_path, calibration_data } = given;
  const values = [
    version,
    trained_at,
    auroc,
    auprc,
    calibration_error,
    artifact_path,
    JSON.stringify(calibration_data),
  ];
  try {
    return await work.transaction(async (run) => {
      const [inserted] = await run<ModelVersion>(INSERT, values);
      if (!inserted) return { model: await findSame(run, values), created: false };
      await writeAudit(run, origin, { action: "model_version.create", ...resource(version) });
      return { model: inserted, created: true };
    });
  } catch (error) {
    throw refusedByConstraint(error, REFUSALS) ?? error;
  }
}

async function findSame(run: Run, values: readonly unknown[]): Promise<ModelVersion> {
  const [found] = await run<ModelVersion & { is_same: boolean }>(FIND_BY_VERSION, values);
  if (found?.is_same) {
    const { is_same: _, ...model } = found;
    return model;
  }
  throw new Problem("version-already-used", "Give the new model a version of its own.", {
    errors: [{ pointer: "/version", message: "belongs to a model that is not the same" }],
  });
}

const ACTIVATE = {
  name: "activate_model_version",
  fields: ["/version", "/x-on-behalf-of"],
  text: "select public.activate_model($1, $2::uuid, $3, $4::inet, $5, $6::jsonb) as is_registered",
};

/**
 * Makes this the only active model, with an audit entry. Changes nothing if it is.
 * @throws Problem if nobody registered it, or the actor is not a user; ModelError if this release cannot use it; DatabaseFailure, ClientGone
 */
export async function activateModel(work: RequestWork, version: string, origin: Origin): Promise<ModelVersion> {
  return await work.transaction(async (run) => {
    const [activated] = await callLogged<{ is_registered: boolean }>(run, ACTIVATE, version, origin);
    if (!activated?.is_registered) throw unknownVersion();
    const model = await findActiveModel(run);
    if (!model) throw unknownVersion();
    return model;
  });
}

const resource = (version: string) => ({ resourceType: "model_version", resourceId: version });

const unknownVersion = () =>
  new Problem("unknown-model-version", "Register the model first, or correct the version in the path.", {
    errors: [{ pointer: "/version", message: "is not the version of a registered model" }],
  });
