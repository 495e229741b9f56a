import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Server as HttpsServer } from "node:https";
import swagger from "@fastify/swagger";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from "fastify";
import { DATA_SVC } from "../contract";
import { readBodies } from "./bodies";
import { admitCallers } from "./callers/admission";
import { answerClientError } from "./client-errors";
import { Connections } from "./connections";
import { answerError, answerProblem } from "./errors";
import { hangUpOf, statusOfUnanswered } from "./hang-ups";
import { collectMethods } from "./methods";
import { openapi } from "./openapi";
import { Problem } from "./problems";
import { addAssessmentByIdRoutes } from "./routes/assessment-by-id";
import { addAssessmentRoutes } from "./routes/assessments";
import type { Parts, Server } from "./routes/context";
import { addErasureRoutes } from "./routes/erasure";
import { addExportRoute } from "./routes/export";
import { addHealthRoutes } from "./routes/health";
import { addModelVersionRoutes } from "./routes/model-versions";
import { addReportRoutes } from "./routes/reports";
import { compileValidator, registerFormats } from "./validation";

/** Bytes; the largest valid body has about a thousand. */
const BODY_LIMIT = 16 * 1024;

/** The HTTPS server with every route, not yet listening. */
export async function createServer(parts: Parts): Promise<Server> {
  registerFormats();
  const connections = new Connections();
  const app = fastify({
    https: parts.identity.options,
    loggerInstance: parts.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "request_id" }),
    genReqId: requestId,
    bodyLimit: BODY_LIMIT,
    // While stopping, requests on open connections are still answered, then the connection is closed.
    return503OnClosing: false,
    forceCloseConnections: "idle",
    requestTimeout: 30_000,
    // Longer than proxies keep their connections, so that this end never closes one under a request.
    keepAliveTimeout: 75_000,
    frameworkErrors: answerError,
    clientErrorHandler: (error, socket) => answerClientError(error, socket, { connections, log: parts.log }),
  }).withTypeProvider<TypeBoxTypeProvider>() as unknown as Server;
  parts.identity.follow(app.server as unknown as HttpsServer);
  // fastify also reads plain text, which would only be refused later with a less helpful reason.
  app.removeContentTypeParser("text/plain");
  readBodies(app as unknown as FastifyInstance);
  connections.watch(app as unknown as FastifyInstance);
  app.setValidatorCompiler(compileValidator);
  observeRequests(app, parts);
  admitCallers(app as unknown as FastifyInstance, parts.keys, parts.callers);
  refuseUnknownRoutes(app);
  await app.register(swagger, openapi(BODY_LIMIT));
  addHealthRoutes(app, parts);
  addModelVersionRoutes(app, parts);
  addAssessmentRoutes(app, parts);
  addAssessmentByIdRoutes(app, parts);
  addReportRoutes(app, parts);
  addExportRoute(app, parts);
  addErasureRoutes(app, parts);
  return app;
}

/** Keeps a caller's id of harmless shape, so that a request can be followed through services. */
function requestId({ headers }: IncomingMessage): string {
  const given = headers["x-request-id"];
  return typeof given === "string" && /^[\w.-]{1,100}$/.test(given) ? given : randomUUID();
}

/** Logs and measures each request by its route. Paths and queries name people, so they never appear. */
function observeRequests(app: Server, { metrics, readiness }: Parts): void {
  const observe = (request: FastifyRequest, { elapsedTime }: FastifyReply, status: number) => {
    const { method, caller } = request;
    const route = request.routeOptions.url ?? "unknown";
    metrics.request(method, route, status, elapsedTime / 1000);
    const level = isProbe(request) ? "trace" : "info";
    request.log[level]({ method, route, status, ms: Math.round(elapsedTime * 10) / 10, caller }, "Request");
  };
  app.addHook("onRequest", async (request, reply) => {
    // Answers concern people's health.
    reply.headers({ "X-Request-Id": request.id, "Cache-Control": "no-store" });
    // fastify tells of answers alone.
    const hangUp = hangUpOf(request);
    const onHangUp = () => observe(request, reply, statusOfUnanswered(request));
    hangUp.addEventListener("abort", onHangUp, { once: true });
    reply.raw.once("finish", () => hangUp.removeEventListener("abort", onHangUp));
  });
  // Decided when answering: a request that began before the stop must not keep its connection.
  app.addHook("onSend", async (_request, reply) => {
    if (readiness.stopping) reply.header("Connection", "close");
  });
  app.addHook("onResponse", async (request, reply) => observe(request, reply, reply.statusCode));
}

const isProbe = ({ routeOptions: { url } }: FastifyRequest) =>
  url === DATA_SVC.livenessPath || url === DATA_SVC.readinessPath;

function refuseUnknownRoutes(app: Server): void {
  const methodsOf = collectMethods(app as unknown as FastifyInstance);
  const refuse = (request: FastifyRequest, reply: FastifyReply) => {
    const allowed = methodsOf(request.url.split("?", 1)[0] ?? "").join(", ");
    const problem = allowed
      ? new Problem("method-not-allowed", `This path answers ${allowed}.`, { headers: { Allow: allowed } })
      : new Problem("unknown-route", "See /openapi.json for the paths that there are.");
    return answerProblem(problem, request, reply);
  };
  app.setNotFoundHandler(refuse);
  // fastify reads the body before it calls that handler. Its faults say less than the missing route.
  app.setErrorHandler((error, request, reply) =>
    request.is404 ? refuse(request, reply) : answerError(error, request, reply),
  );
}
