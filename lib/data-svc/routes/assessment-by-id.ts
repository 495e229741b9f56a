import { Type } from "@sinclair/typebox";
import { answer } from "../api/answer";
import { Assessment } from "../api/assessment";
import { deleteAssessment, getAssessment } from "../assessment-by-id";
import { hangUpOf } from "../hang-ups";
import { COMMON_PROBLEMS, problemResponses } from "../problems";
import type { Parts, Server } from "./context";
import { CallHeaders, PROVEN_CALLER } from "./on-behalf-of";
import { origin } from "./origin";
import { reads } from "./reads";

/** Path of every route about one assessment. */
export const AssessmentPath = Type.Object(
  { id: Type.String({ format: "uuid", description: "The assessment's id." }) },
  { additionalProperties: false },
);

/** Adds routes by which one assessment is read and deleted. */
export function addAssessmentByIdRoutes(app: Server, parts: Parts): void {
  app.get(
    "/internal/assessments/:id",
    {
      schema: {
        operationId: "getAssessment",
        security: PROVEN_CALLER,
        headers: CallHeaders,
        summary: "One assessment.",
        params: AssessmentPath,
        response: {
          200: answer("The assessment.", Assessment),
          ...problemResponses("invalid-request", "unknown-assessment", "user-does-not-exist", ...COMMON_PROBLEMS),
        },
      },
    },
    async (request) => await getAssessment(reads(request, parts), request.params.id),
  );
  app.delete(
    "/internal/assessments/:id",
    {
      schema: {
        operationId: "deleteAssessment",
        security: PROVEN_CALLER,
        headers: CallHeaders,
        summary: "Delete an assessment with its reports; an audit row says so. Again, it changes nothing.",
        params: AssessmentPath,
        response: {
          204: Type.Null({ description: "There is no such assessment any more. See /internal/erased-documents." }),
          ...problemResponses("invalid-request", "user-does-not-exist", ...COMMON_PROBLEMS),
        },
      },
    },
    async (request, reply) => {
      await deleteAssessment(parts.database.forRequest(hangUpOf(request)), request.params.id, origin(request));
      return reply.code(204).send(null);
    },
  );
}
