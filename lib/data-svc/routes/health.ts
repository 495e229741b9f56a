import { Type } from "@sinclair/typebox";
import { DATA_SVC, SCHEMA_VERSION, VERSION } from "../../contract";
import type { Parts, Server } from "./context";

const strict = { additionalProperties: false };

const Health = Type.Object(
  {
    status: Type.Literal("ok"),
    version: Type.String(),
    schema_version: Type.Union([Type.Integer(), Type.Null()], { description: "Last seen; null until it was seen." }),
    required_schema_version: Type.Integer(),
    uptime_seconds: Type.Integer(),
  },
  strict,
);

const Check = Type.Object(
  {
    status: Type.Union([Type.Literal("ok"), Type.Literal("warning"), Type.Literal("failed")]),
    message: Type.String(),
  },
  strict,
);

const ReadinessAnswer = Type.Object(
  { ready: Type.Boolean(), version: Type.String(), checks: Type.Record(Type.String(), Check) },
  strict,
);

/** Adds routes for Kubernetes and people: alive, ready, documentation. */
export function addHealthRoutes(app: Server, { readiness, schema }: Parts): void {
  app.get(
    DATA_SVC.livenessPath,
    { schema: { summary: "Alive: the process answers. Says nothing about the database.", response: { 200: Health } } },
    async () => ({
      status: "ok" as const,
      version: VERSION,
      schema_version: schema.version ?? null,
      required_schema_version: SCHEMA_VERSION,
      uptime_seconds: Math.floor(process.uptime()),
    }),
  );
  app.get(
    DATA_SVC.readinessPath,
    {
      schema: {
        summary: "Ready for requests: database, schema and pool; if not, why.",
        response: { 200: ReadinessAnswer, 503: ReadinessAnswer },
      },
    },
    async (_request, reply) => {
      const report = await readiness.report();
      return reply.code(report.ready ? 200 : 503).send({ version: VERSION, ...report });
    },
  );
  let document = "";
  app.get(
    DATA_SVC.documentPath,
    {
      schema: {
        summary: "This document.",
        response: {
          200: {
            description: "The document.",
            content: { "application/json": { schema: Type.Object({}, { additionalProperties: true }) } },
          },
        },
      },
    },
    async (_request, reply) => reply.type("application/json; charset=utf-8").send(document),
  );
  app.addHook("onReady", async () => {
    document = JSON.stringify(app.swagger());
  });
}
