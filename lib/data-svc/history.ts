import type { Assessment } from "./api/assessment";
import { auditedRead, type ReadAudited } from "./audited-read";
import type { Cursor } from "./cursor";
import {
  checkSpan,
  FILTER_SETS,
  filteredBy,
  filtersOf,
  type HistoryFilters,
  type ListStatement,
} from "./history-filters";

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

export const LIST_AFTER = {
  name: "list_assessments_after",
  fields: ["/id", "/limit", "/cursor", "/cursor"],
  text: LIST.text.replace(
    "where a.user_id = $1",
    // As text, since a multiplied interval is a rounded one from the year 2255 on.
    "where a.user_id = $1 and (a.created_at, a.id) < (timestamptz 'epoch' + ($3::text || ' microseconds')::interval, $4::uuid)",
  ),
};

const audited = (list: ListStatement) => auditedRead(list, { action: "assessment.list", resourceType: "assessment" });

/** The first page without filters, with its audit entry. */
export const LIST_AUDITED = audited(LIST);

/** Each set of filters is a statement of its own, with a plan of its own. */
const auditedLists = (list: ListStatement) =>
  Object.fromEntries(FILTER_SETS.map((names) => [names.join(), audited(filteredBy(list, names))]));

const LISTS = auditedLists(LIST);
const LISTS_AFTER = auditedLists(LIST_AFTER);

/** An assessment whose features are JSON already. */
export type ListedAssessment = Omit<Assessment, "features"> & { readonly features: string };

export interface Page {
  readonly items: ListedAssessment[];
  /** Start of the next page; undefined on the last one. */
  readonly next: Cursor | undefined;
}

/**
 * Reads a page of a user's assessments that pass the filters, newest first.
 * @throws Problem, DatabaseFailure, ClientGone
 */
export async function listAssessments(
  read: ReadAudited,
  userId: string,
  limit: number,
  after?: Cursor,
  filters: HistoryFilters = {},
): Promise<Page> {
  checkSpan(filters);
  const { names, values: filtering } = filtersOf(filters);
  // One extra row tells whether there is a next page.
  const values = [userId, limit + 1, ...(after ? [after.micros, after.id] : []), ...filtering];
  const list = (after ? LISTS_AFTER : LISTS)[names];
  if (!list) throw new Error(`There is no statement for the filters ${names}.`);
  const rows = await read<ListedAssessment & { micros: string }>(list, values, { subjectId: userId, shown: limit });
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return { items: rows.slice(0, limit), next: last && { micros: last.micros, id: last.id } };
}
