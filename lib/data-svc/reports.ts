import type { NewReport, Report } from "./api/report";
import { callLogged, holdActor, holdUser, type Origin, writeAudit } from "./audit";
import { auditedRead, type ReadAudited } from "./audited-read";
import type { RequestWork, Run } from "./database";
import { Problem, type ProblemName, refusedField, unknownAssessment } from "./problems";
import { refusedByConstraint } from "./refused-value";

export interface StoredReport {
  readonly report: Report;
  /** False if it was already stored. */
  readonly created: boolean;
}

const REPORT_COLUMNS = `
  r.id, r.assessment_id, r.format, r.content_url, r.metadata,
  to_char(r.generated_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as generated_at`;

const FIELDS = ["/id", "/format", "/content_url", "/metadata"];

const INSERT = {
  name: "insert_report",
  fields: FIELDS,
  text: `
    insert into public.reports as r (assessment_id, format, content_url, metadata)
    values ($1::uuid, $2, $3, $4::jsonb)
    on conflict do nothing
    returning ${REPORT_COLUMNS}`,
};

const FIND_SAME = {
  name: "report_by_format",
  fields: FIELDS,
  text: `
    select ${REPORT_COLUMNS}, (r.content_url, r.metadata) = ($3, $4::jsonb) as is_same
    from public.reports r
    where r.assessment_id = $1::uuid and r.format = $2`,
};

const FIND_SUBJECT = {
  name: "subject_of_assessment",
  fields: ["/id"],
  text: "select user_id from public.assessments where id = $1::uuid",
};

const FIND_ERASED = {
  name: "erased_document",
  fields: ["/content_url"],
  // One that waits comes first.
  text: `
    select deleted_at is not null as is_deleted from erasure.documents where content_url = $1
    order by is_deleted limit 1`,
};

const REFUSALS = {
  reports_assessment_id_fkey: unknownAssessment,
  reports_text_size: () => refusedField("/metadata", "is longer than 16384 octets"),
};

/**
 * Stores where an assessment's document is, with an audit entry. Again, it changes nothing.
 * @throws Problem if there is no such assessment, another report of this format or at this place, or the place is that of an erased
 * document; DatabaseFailure, ClientGone
 */
export async function createReport(
  work: RequestWork,
  assessmentId: string,
  given: NewReport,
  origin: Origin,
): Promise<StoredReport> {
  const { format, content_url, metadata = {} } = given;
  const values = [assessmentId, format, content_url, JSON.stringify(metadata)];
  // The commit of an earlier try may stand, although its answer was lost.
  let inserted = false;
  try {
    return await work.transaction(async (run) => {
      await holdActor(run, origin.actor);
      const subjectId = await subjectOf(run, assessmentId);
      // The entry holds them where nobody is named. The insert finds out if they are gone.
      if (!origin.actor) await holdUser(run, subjectId);
      const [report] = await run<Report>(INSERT, values);
      if (!report) return { report: await findSame(run, values), created: inserted };
      // Asked after the insert, which waits for the deletion of a report at this place.
      await refuseErased(run, content_url);
      await writeAudit(run, origin, {
        ...{ action: "report.create", resourceType: "report", resourceId: report.id, subjectId },
        metadata: { assessment_id: report.assessment_id, format },
      });
      inserted = true;
      return { report, created: true };
    });
  } catch (error) {
    throw refusedByConstraint(error, REFUSALS) ?? error;
  }
}

async function subjectOf(run: Run, assessmentId: string): Promise<string> {
  const [assessment] = await run<{ user_id: string }>(FIND_SUBJECT, [assessmentId]);
  if (!assessment) throw unknownAssessment();
  return assessment.user_id;
}

async function findSame(run: Run, values: readonly unknown[]): Promise<Report> {
  const [found] = await run<Report & { is_same: boolean }>(FIND_SAME, values);
  if (found?.is_same) {
    const { is_same: _, ...report } = found;
    return report;
  }
  if (!found) throw placeIsTaken("document-already-used", "is the place of another report's document");
  throw new Problem("report-already-exists", "Delete the old report first; its id is in the list.", {
    errors: [{ pointer: "/format", message: "is the format of another report of this assessment" }],
  });
}

/** @throws Problem if the place is that of a document whose report is gone */
async function refuseErased(run: Run, place: string): Promise<void> {
  const [erased] = await run<{ is_deleted: boolean }>(FIND_ERASED, [place]);
  if (erased?.is_deleted) throw placeIsTaken("already-deleted", "is the place of a document that was deleted");
  if (erased) throw placeIsTaken("document-to-be-deleted", "is the place of a document that is about to be deleted");
}

const placeIsTaken = (problem: ProblemName, message: string) =>
  new Problem(problem, "Store the document at another place, and send that.", {
    errors: [{ pointer: "/content_url", message }],
  });

const LIST = auditedRead(
  {
    name: "list_reports",
    fields: ["/id"],
    text: `
    select a.id, a.user_id, coalesce(
      (
        select json_agg(report order by report.format)
        from (select ${REPORT_COLUMNS} from public.reports r where r.assessment_id = a.id) as report
      ), '[]') as reports
    from public.assessments a
    where a.id = $1::uuid`,
  },
  { action: "report.list", resourceType: "assessment" },
);

/** Reads an assessment's reports. @throws Problem if there is no such assessment; DatabaseFailure, ClientGone */
export async function listReports(read: ReadAudited, assessmentId: string): Promise<Report[]> {
  const [assessment] = await read<{ reports: Report[] }>(LIST, [assessmentId], {
    resourceId: assessmentId.toLowerCase(),
  });
  if (!assessment) throw unknownAssessment();
  return assessment.reports;
}

const DELETE = {
  name: "delete_report",
  fields: ["/id", "/x-on-behalf-of"],
  text: "select public.delete_report($1::uuid, $2::uuid, $3, $4::inet, $5, $6::jsonb)",
};

/** Deletes a report, with an audit entry. Its document has still to be deleted. Changes nothing if there is none. @throws Problem, DatabaseFailure */
export async function deleteReport(work: RequestWork, id: string, origin: Origin): Promise<void> {
  await work.transaction((run) => callLogged(run, DELETE, id, origin));
}
