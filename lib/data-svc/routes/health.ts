import { Type } from "@sinclair/typebox";
import { DATA_SVC, SCHEMA_VERSION, VERSION } from "../../contract";
import { answer } from "../api/answer";
import { oneOf } from "../api/one-of";
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
  { title: "Health", ...strict },
);

const Check = Type.Object(
  { status: oneOf(["ok", "warning", "failed"]), message: Type.String() },
  { title: "ReadinessCheck", ...strict },
);

const ReadinessAnswer = Type.Object(
  { ready: Type.Boolean(), version: Type.String(), checks: Type.Record(Type.String(), Check) },
  { title: "Readiness", ...strict },
);

/** Adds routes for Kubernetes and people: alive, ready, documentation. */
export function addHealthRoutes(app: Server, { readiness, schema }: Parts): void {
  app.get(
    DATA_SVC.livenessPath,
    {
      schema: {
        operationId: "getHealth",
        summary: "Alive: the process answers. Says nothing about the database.",
        response: { 200: answer("Alive.", Health) },
      },
    },
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
        operationId: "getReadiness",
        summary: "Ready for requests: database, schema and pool; if not, why.",
        response: {
          200: answer("Ready.", ReadinessAnswer),
          503: answer("Not ready. `checks` say why.", ReadinessAnswer),
        },
      },
    },
    async (_request, reply) => {
      const report = await readiness.report();
      return reply.code(report.ready ? 200 : 503).send({ version: VERSION, ...report });
    },
  );
  let document = Buffer.of();
  app.get(
    DATA_SVC.documentPath,
    {
      schema: {
        operationId: "getOpenApi",
        summary: "This document.",
        response: { 200: answer("The document.", Type.Object({}, { additionalProperties: true })) },
      },
    },
    async (_request, reply) => reply.type("application/json; charset=utf-8").send(document),
  );
  app.addHook("onReady", async () => {
    document = Buffer.from(JSON.stringify(app.swagger()));
  });
}
