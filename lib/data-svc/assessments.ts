import { randomUUID } from "node:crypto";
import { DatabaseError } from "pg";
import type { Assessment, NewAssessment } from "./api/assessment";
import type { RequestWork, Run } from "./database";
import { ASSESSMENT_COLUMNS } from "./history";
import { ACTIVATE_ONE, findActiveModel, ModelError, NO_MODEL } from "./model-versions";
import { Problem } from "./problems";
import { riskLevel } from "./risk-level";

/** Origin of a request, for its audit row. */
export interface Origin {
  readonly ipAddress: string | undefined;
  readonly userAgent: string | undefined;
  readonly requestId: string;
}

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

const INSERT = {
  name: "insert_assessment",
  fields: ["/id", ...CONTENTS],
  text: `
    insert into public.assessments
      (id, user_id, features, raw_score, calibrated_score, confidence_level, model_version_id, risk_level)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    on conflict (id) do nothing
    returning id, to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at`,
};

const INSERT_AUDIT = {
  name: "insert_assessment_audit",
  fields: [
    "/request_context/actor_user_id",
    undefined,
    "/request_context/ip_address",
    "/request_context/user_agent",
    undefined,
  ],
  text: `
    insert into public.audit_logs
      (user_id, action, resource_type, resource_id, ip_address, user_agent, request_metadata)
    values ($1, 'assessment.create', 'assessment', $2, $3, $4, $5)`,
};

/** Stores an assessment and its audit row, both or neither. @throws Problem, ModelError, DatabaseFailure, ClientGone */
export async function createAssessment(work: RequestWork, given: NewAssessment, origin: Origin): Promise<Stored> {
  const chosen = { ...given, id: given.id ?? randomUUID() };
  // The commit of an earlier try may stand, although its answer was lost.
  let inserted = false;
  try {
    return await work.transaction(async (run) => {
      const before = given.id === undefined && !inserted ? undefined : await findSame(run, chosen);
      if (before) return { assessment: before, created: inserted };
      const assessment = await insert(run, chosen);
      if (assessment) {
        await insertAudit(run, assessment, given, origin);
        inserted = true;
        return { assessment, created: true };
      }
      // Another request committed the same id after the first look.
      const meanwhile = await findSame(run, chosen);
      if (!meanwhile) throw idAlreadyUsed();
      return { assessment: meanwhile, created: false };
    });
  } catch (error) {
    throw unknownUser(error) ?? error;
  }
}

type Identified = NewAssessment & { readonly id: string };

/** Finds the assessment that is stored under the id. @throws Problem if that is another assessment */
async function findSame(run: Run, given: Identified): Promise<Assessment | undefined> {
  const [found] = await run<Assessment & { is_same: boolean }>(FIND_BY_ID, [given.id, ...contents(given)]);
  if (!found) return undefined;
  const { is_same: isSame, ...assessment } = found;
  const sameModel = given.model_version === undefined || given.model_version === assessment.model_version;
  if (!isSame || !sameModel) throw idAlreadyUsed();
  return assessment;
}

async function insert(run: Run, given: Identified): Promise<Assessment | undefined> {
  const { user_id, features, raw_score, calibrated_score, confidence_level } = given;
  const model = await activeModel(run, given.model_version);
  const risk_level = riskLevel(calibrated_score, model.calibration_data.thresholds);
  const values = [given.id, ...contents(given), model.id, risk_level];
  const [inserted] = await run<{ id: string; created_at: string }>(INSERT, values);
  return (
    inserted && {
      ...{ id: inserted.id, user_id: user_id.toLowerCase(), model_version: model.version, features },
      ...{ raw_score, calibrated_score, risk_level, confidence_level, created_at: inserted.created_at },
    }
  );
}

const contents = ({ user_id, features, raw_score, calibrated_score, confidence_level }: NewAssessment) => [
  ...[user_id, JSON.stringify(features), raw_score, calibrated_score, confidence_level],
];

async function activeModel(run: Run, expected: string | undefined) {
  const model = await findActiveModel(run);
  if (!model) throw new ModelError(`${NO_MODEL}, so no assessment can be stored. ${ACTIVATE_ONE}`);
  if (expected !== undefined && expected !== model.version) {
    throw new Problem("model-not-active", `The active model is ${model.version}. Score again with it.`, {
      errors: [{ pointer: "/model_version", message: `must be the active model, ${model.version}` }],
    });
  }
  return model;
}

async function insertAudit(run: Run, { id, user_id, model_version }: Assessment, given: NewAssessment, origin: Origin) {
  const actor = given.request_context?.actor_user_id ?? user_id;
  const metadata = { request_id: origin.requestId, model_version };
  await run(INSERT_AUDIT, [actor, id, origin.ipAddress ?? null, origin.userAgent ?? null, JSON.stringify(metadata)]);
}

/** Translates a violated foreign key into a refusal; undefined for any other error. */
function unknownUser(error: unknown): Problem | undefined {
  if (!(error instanceof DatabaseError)) return undefined;
  const pointers: Readonly<Record<string, string>> = {
    assessments_user_id_fkey: "/user_id",
    audit_logs_user_id_fkey: "/request_context/actor_user_id",
  };
  const pointer = pointers[error.constraint ?? ""];
  if (!pointer) return undefined;
  return new Problem("user-does-not-exist", "Create the user first, or correct the id.", {
    errors: [{ pointer, message: "is not the id of a user" }],
  });
}

const idAlreadyUsed = () =>
  new Problem("id-already-used", "Choose another id, or leave it out.", {
    errors: [{ pointer: "/id", message: "belongs to an assessment with other contents" }],
  });
