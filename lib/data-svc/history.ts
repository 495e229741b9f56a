import type { Assessment } from "./api/assessment";
import { auditedRead, type ReadAudited } from "./audited-read";
import type { Cursor } from "./cursor";

/** An assessment `a` with its model version `m`. Times are text, since a JavaScript Date has no microseconds. */
export const ASSESSMENT_COLUMNS = `
  a.id, a.user_id, m.version as model_version, a.features, a.raw_score, a.calibrated_score, a.risk_level,
  a.confidence_level, to_char(a.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at`;

/** The same with features as text: to parse them and to write them again takes a sixth of a page's processor time. */
const LISTED_COLUMNS = ASSESSMENT_COLUMNS.replace("a.features", "a.features::text as features");

export const LIST = {
  name: "list_assessments",
  fields: ["/id", "/limit"],
  text: `
    select ${LISTED_COLUMNS}, (extract(epoch from a.created_at) * 1000000)::bigint as micros
    from public.assessments a join public.model_versions m on m.id = a.model_version_id
    where a.user_id = $1
    order by a.created_at desc, a.id desc
    limit $2`,
};

const LIST_AFTER = {
  name: "list_assessments_after",
  fields: ["/id", "/limit", "/cursor", "/cursor"],
  text: LIST.text.replace(
    "where a.user_id = $1",
    // As text, since a multiplied interval is a rounded one from the year 2255 on.
    "where a.user_id = $1 and (a.created_at, a.id) < (timestamptz 'epoch' + ($3::text || ' microseconds')::interval, $4::uuid)",
  ),
};

const ENTRY = { action: "assessment.list", resourceType: "assessment" };
export const LIST_AUDITED = auditedRead(LIST, ENTRY);
const LIST_AFTER_AUDITED = auditedRead(LIST_AFTER, ENTRY);

/** An assessment whose features are JSON already. */
export type ListedAssessment = Omit<Assessment, "features"> & { readonly features: string };

export interface Page {
  readonly items: ListedAssessment[];
  /** Start of the next page; undefined on the last one. */
  readonly next: Cursor | undefined;
}

/** Reads a page of a user's assessments, newest first. @throws Problem, DatabaseFailure, ClientGone */
export async function listAssessments(read: ReadAudited, userId: string, limit: number, after?: Cursor): Promise<Page> {
  // One extra row tells whether there is a next page.
  const values = [userId, limit + 1, ...(after ? [after.micros, after.id] : [])];
  const rows = await read<ListedAssessment & { micros: string }>(after ? LIST_AFTER_AUDITED : LIST_AUDITED, values, {
    subjectId: userId,
    shown: limit,
  });
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  const items = rows.slice(0, limit).map(({ micros: _, ...assessment }) => assessment);
  return { items, next: last && { micros: last.micros, id: last.id } };
}
