import { Type } from "@sinclair/typebox";
import { answer } from "../api/answer";
import { NewReport, Report, Reports } from "../api/report";
import { hangUpOf } from "../hang-ups";
import { COMMON_PROBLEMS, problemResponses } from "../problems";
import { createReport, deleteReport, listReports } from "../reports";
import { AssessmentPath } from "./assessment-by-id";
import type { Parts, Server } from "./context";
import { CallHeaders, PROVEN_CALLER } from "./on-behalf-of";
import { origin } from "./origin";
import { reads } from "./reads";

const ReportPath = Type.Object(
  { id: Type.String({ format: "uuid", description: "The report's id." }) },
  { additionalProperties: false },
);

const BODY_PROBLEMS = ["invalid-request", "malformed-json", "body-too-large", "unsupported-media-type"] as const;

/** Adds routes by which a renderer tells where an assessment's documents are, and others find them. */
export function addReportRoutes(app: Server, parts: Parts): void {
  const { database } = parts;
  app.post(
    "/internal/assessments/:id/reports",
    {
      schema: {
        operationId: "createReport",
        security: PROVEN_CALLER,
        headers: CallHeaders,
        summary: "Store where a document of an assessment is, one of each format, with an audit row.",
        params: AssessmentPath,
        body: NewReport,
        response: {
          201: answer("Stored, with its audit row.", Report),
          200: answer("Was stored before. Nothing is stored again.", Report),
          ...problemResponses(
            ...BODY_PROBLEMS,
            ...(["unknown-assessment", "report-already-exists", "document-already-used"] as const),
            ...(["document-to-be-deleted", "already-deleted", "user-does-not-exist", ...COMMON_PROBLEMS] as const),
          ),
        },
      },
    },
    async (request, reply) => {
      const { report, created } = await createReport(
        database.forRequest(hangUpOf(request)),
        request.params.id,
        request.body,
        origin(request, request.body.request_context),
      );
      return reply.code(created ? 201 : 200).send(report);
    },
  );
  app.get(
    "/internal/assessments/:id/reports",
    {
      schema: {
        operationId: "listReports",
        security: PROVEN_CALLER,
        headers: CallHeaders,
        summary: "An assessment's reports.",
        params: AssessmentPath,
        response: {
          200: answer("All of them; an empty list if nobody rendered any.", Reports),
          ...problemResponses("invalid-request", "unknown-assessment", "user-does-not-exist", ...COMMON_PROBLEMS),
        },
      },
    },
    async (request) => ({ items: await listReports(reads(request, parts), request.params.id) }),
  );
  app.delete(
    "/internal/reports/:id",
    {
      schema: {
        operationId: "deleteReport",
        security: PROVEN_CALLER,
        headers: CallHeaders,
        summary: "Delete a report; an audit row says so. Again, it changes nothing.",
        params: ReportPath,
        response: {
          204: Type.Null({ description: "There is no such report any more. See /internal/erased-documents." }),
          ...problemResponses("invalid-request", "user-does-not-exist", ...COMMON_PROBLEMS),
        },
      },
    },
    async (request, reply) => {
      await deleteReport(database.forRequest(hangUpOf(request)), request.params.id, origin(request));
      return reply.code(204).send(null);
    },
  );
}
