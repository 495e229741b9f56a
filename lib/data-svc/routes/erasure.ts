import { Type } from "@sinclair/typebox";
import { answer } from "../api/answer";
import { DocumentId, ErasedDocuments, Erasure } from "../api/erasure";
import { acknowledgeErasedDocument, eraseUser, listErasedDocuments } from "../erasure";
import { hangUpOf } from "../hang-ups";
import { COMMON_PROBLEMS, problemResponses } from "../problems";
import type { Parts, Server } from "./context";
import { CallHeaders, PROVEN_CALLER } from "./on-behalf-of";
import { origin } from "./origin";

const strict = { additionalProperties: false };

const UserPath = Type.Object({ id: Type.String({ format: "uuid", description: "The user's id." }) }, strict);
const DocumentPath = Type.Object({ id: DocumentId }, strict);

const ListQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: "Documents on a page. Default 20." })),
    after: Type.Optional(
      Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: "The last id of the page before." }),
    ),
  },
  strict,
);

/** Adds routes by which a person is erased, and by which a worker learns which documents it has still to delete. */
export function addErasureRoutes(app: Server, { database }: Parts): void {
  app.delete(
    "/internal/users/:id",
    {
      schema: {
        operationId: "eraseUser",
        security: PROVEN_CALLER,
        headers: CallHeaders,
        summary: "Erase a person from every table; an audit row says so. Again, it changes nothing.",
        params: UserPath,
        response: {
          200: answer("What was erased.", Erasure),
          ...problemResponses("invalid-request", "user-does-not-exist", ...COMMON_PROBLEMS),
        },
      },
    },
    async (request) => {
      const work = database.forRequest(hangUpOf(request));
      return await eraseUser(work, request.params.id, origin(request));
    },
  );
  app.get(
    "/internal/erased-documents",
    {
      schema: {
        operationId: "listErasedDocuments",
        security: PROVEN_CALLER,
        headers: CallHeaders,
        summary: "Documents whose report is gone: delete each, then acknowledge it.",
        querystring: ListQuery,
        response: {
          200: answer("A page.", ErasedDocuments),
          ...problemResponses("invalid-request", ...COMMON_PROBLEMS),
        },
      },
    },
    async (request) => {
      const { limit = 20, after = 0 } = request.query;
      return { items: await listErasedDocuments(database.forRequest(hangUpOf(request)), limit, after) };
    },
  );
  app.delete(
    "/internal/erased-documents/:id",
    {
      schema: {
        operationId: "acknowledgeErasedDocument",
        security: PROVEN_CALLER,
        headers: CallHeaders,
        summary: "Say that a document is deleted, with an audit row. Again, it changes nothing.",
        params: DocumentPath,
        response: {
          204: Type.Null({ description: "Noted." }),
          ...problemResponses("invalid-request", "user-does-not-exist", ...COMMON_PROBLEMS),
        },
      },
    },
    async (request, reply) => {
      await acknowledgeErasedDocument(database.forRequest(hangUpOf(request)), request.params.id, origin(request));
      return reply.code(204).send(null);
    },
  );
}
