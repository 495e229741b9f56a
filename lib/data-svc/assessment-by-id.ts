import type { Assessment } from "./api/assessment";
import { callLogged, type Origin } from "./audit";
import { auditedRead, type ReadAudited } from "./audited-read";
import type { RequestWork } from "./database";
import { ASSESSMENT_COLUMNS } from "./history";
import { unknownAssessment } from "./problems";

const GET = auditedRead(
  {
    name: "get_assessment",
    fields: ["/id"],
    text: `
    select ${ASSESSMENT_COLUMNS}
    from public.assessments a join public.model_versions m on m.id = a.model_version_id
    where a.id = $1::uuid`,
  },
  { action: "assessment.read", resourceType: "assessment" },
);

/** Reads one assessment. @throws Problem if there is none; DatabaseFailure, ClientGone */
export async function getAssessment(read: ReadAudited, id: string): Promise<Assessment> {
  const [assessment] = await read<Assessment>(GET, [id], { resourceId: id.toLowerCase() });
  if (!assessment) throw unknownAssessment();
  return assessment;
}

const DELETE = {
  name: "delete_assessment",
  fields: ["/id", "/x-on-behalf-of"],
  text: "select from public.delete_assessment($1::uuid, $2::uuid, $3, $4::inet, $5, $6::jsonb)",
};

/**
 * Deletes an assessment with its reports, and writes an audit entry. Their documents have still to be deleted. Changes nothing if
 * there is none, since the commit of an earlier try may stand.
 * @throws Problem if the actor is not a user; DatabaseFailure, ClientGone
 */
export async function deleteAssessment(work: RequestWork, id: string, origin: Origin): Promise<void> {
  await work.transaction((run) => callLogged(run, DELETE, id, origin));
}
