import { Type } from "@sinclair/typebox";
import type { FastifyReply, FastifyRequest } from "fastify";
import { ExportQuery, type ExportQuery as Query, UserExport } from "../api/user-export";
import { DatabaseFailure } from "../database-failure";
import { statusOf } from "../errors";
import { acceptedFormat, FORMATS } from "../export/accepted-format";
import { exportUser, type WantedExport } from "../export/export-user";
import { Sending } from "../export/sending";
import { breakOff, HUNG_UP, hangUpOf } from "../hang-ups";
import { COMMON_PROBLEMS, Problem, problemResponses, refusedField } from "../problems";
import type { Parts, Server } from "./context";
import { CallHeaders, PROVEN_CALLER } from "./on-behalf-of";
import { reads } from "./reads";

const UserPath = Type.Object(
  { id: Type.String({ format: "uuid", description: "The user's id." }) },
  { additionalProperties: false },
);

/** Exports at a time for each connection of the pool, rounded down, but at least one. Each holds a connection. */
const SHARE = 1 / 3;

/** Adds the route by which a person gets a copy of their data. */
export function addExportRoute(app: Server, parts: Parts): void {
  const most = Math.max(1, Math.floor(parts.database.stats().max * SHARE));
  const stopping = new AbortController();
  // A client that reads slowly would hold up the stop.
  app.addHook("preClose", async () =>
    stopping.abort(new DatabaseFailure("unreachable", "The service is stopping.", undefined)),
  );
  let running = 0;
  app.get(
    "/internal/users/:id/export",
    {
      exposeHeadRoute: false,
      schema: {
        operationId: "exportUser",
        security: PROVEN_CALLER,
        headers: CallHeaders,
        summary: "Everything that is stored of a person, as JSON or one table as CSV, from one snapshot.",
        params: UserPath,
        querystring: ExportQuery,
        response: {
          200: EXPORT_ANSWER,
          ...problemResponses(
            ...([
              "invalid-request",
              "unknown-user",
              "not-acceptable",
              "too-many-exports",
              "http-version-too-old",
            ] as const),
            ...(["user-does-not-exist", ...COMMON_PROBLEMS] as const),
          ),
        },
      },
    },
    async (request, reply) => {
      if (request.raw.httpVersion === "1.0") throw withoutChunks();
      const wanted = wantedBy(request.params.id, request.query, request.headers.accept);
      if (running >= most) throw tooMany();
      running += 1;
      const hangUp = AbortSignal.any([hangUpOf(request), stopping.signal]);
      const answer = reply as FastifyReply;
      const sending = new Sending(hangUp, (stream) => answer.headers(headersOf(wanted)).send(stream));
      try {
        await exportUser(parts.database, reads(request, parts), wanted, sending);
        sending.end();
      } catch (error) {
        if (!sending.begun) throw error;
        endEarly(request, error);
      } finally {
        running -= 1;
      }
      return reply;
    },
  );
}

const EXPORT_ANSWER = {
  description: "Sent as it is read. An export that fails on the way ends its connection within the chunked encoding.",
  content: {
    [FORMATS.json]: { schema: UserExport },
    [FORMATS.csv]: {
      schema: Type.String({
        description: "RFC 4180 with a header. A text that a spreadsheet would run as a formula has `'` in front.",
      }),
    },
  },
  headers: { "Content-Disposition": { type: "string", description: "A name for the file." } },
};

/** @throws Problem */
function wantedBy(userId: string, { format, table }: Query, accept: string | undefined): WantedExport {
  const chosen = format ?? acceptedFormat(accept);
  if (chosen === "csv") return { userId, format: chosen, table: table ?? "assessments" };
  if (chosen === undefined) {
    const types = Object.values(FORMATS).join(" or ");
    throw new Problem(
      "not-acceptable",
      `Accept ${types}, or say ?format=${Object.keys(FORMATS).join(" or ?format=")}.`,
    );
  }
  if (table !== undefined) throw refusedField("/table", "is for format=csv; JSON has every table");
  return { userId, format: chosen };
}

const headersOf = (wanted: WantedExport) => ({
  "Content-Type": wanted.format === "csv" ? `${FORMATS.csv}; charset=utf-8; header=present` : FORMATS.json,
  "Content-Disposition": `attachment; filename="${wanted.format === "csv" ? wanted.table : "export"}.${wanted.format}"`,
});

const withoutChunks = () =>
  new Problem("http-version-too-old", "Ask by HTTP/1.1, in which an export that breaks off does not look whole.", {
    headers: { Upgrade: "HTTP/1.1" },
  });

const tooMany = () =>
  new Problem("too-many-exports", "As many exports as this pod allows are being sent. Try again later.", {
    headers: { "Retry-After": "10" },
  });

function endEarly(request: FastifyRequest, error: unknown): void {
  const status = statusOf(error);
  const level = status === HUNG_UP ? "info" : status === 503 ? "warn" : "error";
  request.log[level]({ route: request.routeOptions.url, err: error }, "An export broke off");
  breakOff(request, status);
}
