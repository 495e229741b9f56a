import type { Assessment } from "./api/assessment";
import type { Cursor } from "./cursor";
import type { RequestWork } from "./database";
import { checkSpan, filtered, type HistoryFilters } from "./history-filters";
import { Problem } from "./problems";

/** An assessment `a` with its model version `m`. Times are text, since a JavaScript Date has no microseconds. */
export const ASSESSMENT_COLUMNS = `
  a.id, a.user_id, m.version as model_version, a.features, a.raw_score, a.calibrated_score, a.risk_level,
  a.confidence_level, to_char(a.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at`;

export const LIST = {
  name: "list_assessments",
  fields: ["/id", "/limit"],
  text: `
    select ${ASSESSMENT_COLUMNS}, (extract(epoch from a.created_at) * 1000000)::bigint as micros
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

const FIND_USER = { name: "user_exists", fields: ["/id"], text: "select 1 from public.users where id = $1" };

export interface Page {
  readonly items: Assessment[];
  /** Start of the next page; undefined on the last one. */
  readonly next: Cursor | undefined;
}

/** Reads a page of a user's assessments that pass the filters, newest first. @throws Problem, DatabaseFailure, ClientGone */
export async function listAssessments(
  { query }: Pick<RequestWork, "query">,
  userId: string,
  limit: number,
  after?: Cursor,
  filters: HistoryFilters = {},
): Promise<Page> {
  checkSpan(filters);
  // One extra row tells whether there is a next page.
  const values = [userId, limit + 1, ...(after ? [after.micros, after.id] : [])];
  const rows = await query<Assessment & { micros: string }>(...filtered([after ? LIST_AFTER : LIST, values], filters));
  if (!rows.length && !after && !(await query(FIND_USER, [userId])).length) {
    throw new Problem("unknown-user", "Correct the id in the path.", {
      errors: [{ pointer: "/id", message: "is not the id of a user" }],
    });
  }
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  const items = rows.slice(0, limit).map(({ micros: _, ...assessment }) => assessment);
  return { items, next: last && { micros: last.micros, id: last.id } };
}
