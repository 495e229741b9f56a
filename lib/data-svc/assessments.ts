import type { Assessment, NewAssessment } from "./api/assessment";
import { type Origin, writeAudit } from "./audit";
import type { RequestWork, Run } from "./database";
import { ASSESSMENT_COLUMNS } from "./history";
import { ACTIVATE_ONE, findActiveModel, ModelError, modelVersionExists, NO_MODEL } from "./model-versions";
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

export const INSERT = {
  name: "insert_assessment",
  fields: ["/id", ...CONTENTS],
  text: `
    insert into public.assessments
      (id, user_id, features, raw_score, calibrated_score, confidence_level, model_version_id, risk_level)
    select $1::uuid, $2::uuid, $3::jsonb, $4::float8, $5::float8, $6, m.id,
      public.risk_level(m.calibration_data, $5)
    from public.model_versions m where m.id = $7
    on conflict (id) do nothing
    returning id, risk_level, to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at`,
};

const REFUSALS = {
  assessments_user_id_fkey: () => userDoesNotExist("/user_id"),
  assessments_calibrated_score_of_model: () =>
    refusedField("/calibrated_score", "is not raw_score on the model's calibration curve, to 0.000001"),
};

/** Stores an assessment and its audit row, both or neither. @throws Problem, ModelError, DatabaseFailure, ClientGone */
export async function createAssessment(work: RequestWork, given: NewAssessment, origin: Origin): Promise<Stored> {
  const chosen = { ...given, id: given.id ?? uuidV7() };
  // The commit of an earlier try may stand, although its answer was lost.
  let inserted = false;
  try {
    return await work.transaction(async (run) => {
      const before = given.id === undefined && !inserted ? undefined : await findSame(run, chosen);
      if (before) return { assessment: before, created: inserted };
      const assessment = await insert(run, chosen);
      if (assessment) {
        await writeAudit(run, origin, {
          ...{ action: "assessment.create", resourceType: "assessment", resourceId: assessment.id },
          ...{ actorId: origin.actor?.id ?? assessment.user_id, subjectId: assessment.user_id },
          metadata: { model_version: assessment.model_version },
        });
        inserted = true;
        return { assessment, created: true };
      }
      // Another request committed the same id after the first look.
      const meanwhile = await findSame(run, chosen);
      if (!meanwhile) throw idAlreadyUsed();
      return { assessment: meanwhile, created: false };
    });
  } catch (error) {
    throw refusedByConstraint(error, REFUSALS) ?? error;
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

async function insert(run: Run, given: Identified): Promise<Assessment | undefined> {
  const { user_id, features, raw_score, calibrated_score, confidence_level } = given;
  const model = await activeModel(run, given.model_version);
  const values = [given.id, ...contents(given), model.id];
  const [inserted] = await run<Pick<Assessment, "id" | "risk_level" | "created_at">>(INSERT, values);
  return (
    inserted && {
      ...{ id: inserted.id, user_id: user_id.toLowerCase(), model_version: model.version, features },
      ...{ raw_score, calibrated_score, risk_level: inserted.risk_level, confidence_level },
      created_at: inserted.created_at,
    }
  );
}

const contents = ({ user_id, features, raw_score, calibrated_score, confidence_level }: NewAssessment) => [
  ...[user_id, JSON.stringify(features), raw_score, calibrated_score, confidence_level],
];

async function activeModel(run: Run, expected: string) {
  const model = await findActiveModel(run);
  if (!model) throw new ModelError(`${NO_MODEL}, so no assessment can be stored. ${ACTIVATE_ONE}`);
  if (expected === model.version) return model;
  const pointer = "/model_version";
  if (!(await modelVersionExists(run, expected))) {
    throw new Problem("model-version-does-not-exist", "Register the model first, or correct the version.", {
      errors: [{ pointer, message: "is not the version of a registered model" }],
    });
  }
  throw new Problem("model-not-active", `The active model is ${model.version}. Score again with it.`, {
    errors: [{ pointer, message: `must be the active model, ${model.version}` }],
  });
}

const idAlreadyUsed = () =>
  new Problem("id-already-used", "Choose another id, or leave it out.", {
    errors: [{ pointer: "/id", message: "belongs to an assessment with other contents" }],
  });
