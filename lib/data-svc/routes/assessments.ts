import { Type } from "@sinclair/typebox";
import { answer, createdAnswer } from "../api/answer";
import { Assessment, AssessmentPage, NewAssessment, RiskLevels } from "../api/assessment";
import { createAssessment } from "../assessments";
import { decodeCursor } from "../cursor";
import { hangUpOf } from "../hang-ups";
import { listAssessments } from "../history";
import { pageText } from "../page-text";
import { COMMON_PROBLEMS, problemResponses } from "../problems";
import type { Parts, Server } from "./context";
import { CallHeaders, PROVEN_CALLER } from "./on-behalf-of";
import { origin } from "./origin";
import { reads } from "./reads";
import { sendText } from "./send-text";

const strict = { additionalProperties: false };

const PathParameters = Type.Object({ id: Type.String({ format: "uuid", description: "The user's id." }) }, strict);

const Time = (description: string) => Type.Optional(Type.String({ format: "date-time", description }));

const PageQuery = Type.Object(
  {
    from: Time("The earliest time of the assessments, to the microsecond."),
    to: Time("The time before which they were made, to the microsecond."),
    risk_level: Type.Optional(RiskLevels),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: "Assessments on a page. Default 20." })),
    cursor: Type.Optional(
      Type.String({
        format: "cursor",
        maxLength: 200,
        description: "`next_cursor` of the page before, with the same filters.",
      }),
    ),
  },
  strict,
);

/** Adds routes for storing assessments and for a user's history. */
export function addAssessmentRoutes(app: Server, parts: Parts): void {
  const { database } = parts;
  app.post(
    "/internal/assessments",
    {
      schema: {
        operationId: "createAssessment",
        security: PROVEN_CALLER,
        headers: CallHeaders,
        summary: "Store an assessment, with its level by the active model's thresholds, and an audit row.",
        body: NewAssessment,
        response: {
          201: createdAnswer("Stored, with its audit row.", Assessment),
          200: answer("Was stored before under this `id`. Nothing is stored again.", Assessment),
          ...problemResponses(...POST_PROBLEMS, ...COMMON_PROBLEMS),
        },
      },
    },
    async (request, reply) => {
      const { assessment, created } = await createAssessment(
        database.forRequest(hangUpOf(request)),
        request.body,
        origin(request, request.body.request_context),
      );
      if (created) reply.code(201).header("Location", `/internal/assessments/${assessment.id}`);
      return reply.send(assessment);
    },
  );
  app.get(
    "/internal/users/:id/assessments",
    {
      schema: {
        operationId: "listAssessments",
        security: PROVEN_CALLER,
        headers: CallHeaders,
        summary: "A user's assessments, newest first, in pages that stay stable while new ones are added.",
        params: PathParameters,
        querystring: PageQuery,
        response: {
          200: answer("A page. The last one has no cursor.", AssessmentPage),
          ...problemResponses("invalid-request", "unknown-user", "user-does-not-exist", ...COMMON_PROBLEMS),
        },
      },
    },
    async (request, reply) => {
      const { limit = 20, cursor, ...filters } = request.query;
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      const page = await listAssessments(reads(request, parts), request.params.id, limit, after, filters);
      return sendText(reply, pageText(page));
    },
  );
}

const POST_PROBLEMS = [
  "invalid-request",
  "malformed-json",
  "no-usable-model",
  "model-not-active",
  "id-already-used",
  "already-deleted",
  "body-too-large",
  "unsupported-media-type",
  "user-does-not-exist",
  "model-version-does-not-exist",
] as const;
