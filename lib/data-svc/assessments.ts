import { DatabaseError } from "pg";
import type { Assessment, NewAssessment } from "./api/assessment";
import type { ModelVersion } from "./api/model-version";
import { type Origin, userExists } from "./audit";
import type { RequestWork, Run } from "./database";
import { ASSESSMENT_COLUMNS } from "./history";
import {
  ACTIVATE_ONE,
  findActiveModel,
  ModelError,
  modelVersionExists,
  NO_MODEL,
  requireUsable,
} from "./model-versions";
import { Problem, refusedField, userDoesNotExist } from "./problems";
import { refusedByConstraint } from "./refused-value";
import { uuidV7 } from "./uuid-v7";

export interface Stored {
  readonly assessment: Assessment;
  /** False if it was already stored. */
  readonly created: boolean;
}

const CONTENTS = ["/user_id", "/features", "/raw_score", "/calibrated_score", "/confidence_level"];

const FIND_BY_ID = {
  name: "assessment_by_id",
  fields: ["/id", ...CONTENTS],
  text: `
    select ${ASSESSMENT_COLUMNS}, (a.user_id, a.features, a.raw_score, a.calibrated_score, a.confidence_level)
      = ($2::uuid, $3::jsonb, $4::float8, $5::float8, $6) as is_same
    from public.assessments a join public.model_versions m on m.id = a.model_version_id
    where a.id = $1`,
};

/**
 * Stores an assessment with its audit row in one round trip, if the version is the active model's, the id is free and the actor
 * is a user. Otherwise changes nothing.
 */
export const STORE = {
  name: "store_assessment",
  text: `
    with model as (
      select id, version, calibration_data from public.model_versions where is_active and version = $7
    ),
    stored as (
      insert into public.assessments
        (id, user_id, features, raw_score, calibrated_score, confidence_level, model_version_id, risk_level)
      select $1::uuid, $2::uuid, $3::jsonb, $4::float8, $5::float8, $6, model.id,
        public.risk_level(model.calibration_data, public.calibrated_score(model.calibration_data, $4))
      from model
      where $8::uuid is null or exists (select from public.users where id = $8::uuid)
      on conflict (id) do nothing
      returning id, user_id, risk_level, created_at
    ),
    logged as (
      insert into public.audit_logs
        (actor_id, subject_id, caller, action, resource_type, resource_id, ip_address, user_agent, request_metadata)
      select $8::uuid, user_id, $9, 'assessment.create', 'assessment', id::text, $10::inet, $11, $12::jsonb
      from stored
    )
    select stored.id, risk_level, to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at,
      version, calibration_data
    from stored, model`,
};

const REFUSALS = {
  assessments_user_id_fkey: () => userDoesNotExist("/user_id"),
  assessments_calibrated_score_of_model: () =>
    refusedField("/calibrated_score", "is not raw_score on the model's calibration curve, to 0.000001"),
  assessments_id_not_deleted: () =>
    new Problem("already-deleted", "Send it with another id, or without one, if it is a new assessment.", {
      errors: [{ pointer: "/id", message: "belongs to an assessment that was deleted" }],
    }),
};

/** Stores an assessment and its audit row, both or neither. @throws Problem, ModelError, DatabaseFailure, ClientGone */
export async function createAssessment(work: RequestWork, given: NewAssessment, origin: Origin): Promise<Stored> {
  const chosen = { ...given, id: given.id ?? uuidV7() };
  // The commit of an earlier try may stand, although its answer was lost.
  let inserted = false;
  try {
    return await work.transaction(async (run) => {
      // Twice: an activation may come between a try and the look for what was in its way.
      for (let tries = 2; tries > 0; tries--) {
        const assessment = await store(run, chosen, origin);
        if (assessment) {
          inserted = true;
          return { assessment, created: true };
        }
        const before = await findSame(run, chosen);
        if (before) return { assessment: before, created: inserted };
        const reason = await obstacle(run, chosen, origin);
        if (reason) throw reason;
      }
      throw new ModelError("The active model, or a user, was changed at this moment.");
    });
  } catch (error) {
    const refused = refusedByConstraint(error, REFUSALS);
    // With a model that cannot be used, the statement may fail before anybody looks at the model.
    if (!refused && error instanceof DatabaseError) await findActiveModel(work.query);
    throw refused ?? error;
  }
}

type Identified = NewAssessment & { readonly id: string };

/** Finds the assessment that is stored under the id. @throws Problem if that is another assessment */
async function findSame(run: Run, given: Identified): Promise<Assessment | undefined> {
  const [found] = await run<Assessment & { is_same: boolean }>(FIND_BY_ID, [given.id, ...contents(given)]);
  if (!found) return undefined;
  const { is_same: isSame, ...assessment } = found;
  if (!isSame || given.model_version !== assessment.model_version) throw idAlreadyUsed();
  return assessment;
}

async function store(run: Run, given: Identified, { actor, ...origin }: Origin): Promise<Assessment | undefined> {
  const { user_id, features, raw_score, calibrated_score, confidence_level, model_version } = given;
  const context = ["/request_context/ip_address", "/request_context/user_agent"];
  const fields = ["/id", ...CONTENTS, "/model_version", actor?.pointer, undefined, ...context];
  const metadata = JSON.stringify({ request_id: origin.requestId, model_version });
  const [stored] = await run<StoredRow>({ ...STORE, fields }, [
    ...[given.id, ...contents(given), model_version, actor?.id ?? null],
    ...[origin.caller, origin.ipAddress ?? null, origin.userAgent ?? null, metadata],
  ]);
  if (!stored) return undefined;
  requireUsable(stored);
  const { id, risk_level, created_at } = stored;
  return {
    ...{ id, user_id: user_id.toLowerCase(), model_version, features, raw_score, calibrated_score },
    ...{ risk_level, confidence_level, created_at },
  };
}

type StoredRow = Pick<Assessment, "id" | "risk_level" | "created_at"> &
  Pick<ModelVersion, "version" | "calibration_data">;

const contents = ({ user_id, features, raw_score, calibrated_score, confidence_level }: NewAssessment) => [
  ...[user_id, JSON.stringify(features), raw_score, calibrated_score, confidence_level],
];

/** Why `store` changed nothing; undefined if that has passed. @throws ModelError, DatabaseFailure, ClientGone */
async function obstacle(
  run: Run,
  { user_id, model_version }: Identified,
  { actor }: Origin,
): Promise<Problem | undefined> {
  const unfit = await otherModel(run, model_version);
  if (unfit) return unfit;
  if (!(await userExists(run, user_id, "/user_id"))) return userDoesNotExist("/user_id");
  if (actor && !(await userExists(run, actor.id, actor.pointer))) return userDoesNotExist(actor.pointer);
  return undefined;
}

/** A problem unless the active model is the expected one. */
async function otherModel(run: Run, expected: string): Promise<Problem | undefined> {
  const model = await findActiveModel(run);
  if (!model) throw new ModelError(`${NO_MODEL}, so no assessment can be stored. ${ACTIVATE_ONE}`);
  if (expected === model.version) return undefined;
  const pointer = "/model_version";
  if (!(await modelVersionExists(run, expected))) {
    return new Problem("model-version-does-not-exist", "Register the model first, or correct the version.", {
      errors: [{ pointer, message: "is not the version of a registered model" }],
    });
  }
  return new Problem("model-not-active", `The active model is ${model.version}. Score again with it.`, {
    errors: [{ pointer, message: `must be the active model, ${model.version}` }],
  });
}

const idAlreadyUsed = () =>
  new Problem("id-already-used", "Choose another id, or leave it out.", {
    errors: [{ pointer: "/id", message: "belongs to an assessment with other contents" }],
  });
