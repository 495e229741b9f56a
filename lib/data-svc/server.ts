import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import swagger from "@fastify/swagger";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import { type FastifyBaseLogger, type FastifyInstance, type FastifyRequest, fastify, LogController } from "fastify";
import { DATA_SVC, VERSION } from "../contract";
import { readBodies } from "./bodies";
import { cutSilentConnections } from "./connections";
import { answerError, answerProblem } from "./errors";
import type { Logger } from "./logging";
import { collectMethods } from "./methods";
import { PROBLEM_TYPE, Problem } from "./problems";
import { addAssessmentRoutes } from "./routes/assessments";
import type { Parts, Server } from "./routes/context";
import { addHealthRoutes } from "./routes/health";
import { addModelVersionRoutes } from "./routes/model-versions";
import { compileValidator, registerFormats } from "./validation";

/** Bytes; the largest valid body has about one thousand. */
const BODY_LIMIT = 16 * 1024;

/** The HTTP server with every route, not yet listening. */
export async function createServer(parts: Parts): Promise<Server> {
  registerFormats();
  const app: Server = fastify({
    loggerInstance: parts.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "request_id" }),
    genReqId: requestId,
    bodyLimit: BODY_LIMIT,
    // While it stops, a request that still comes over an open connection is answered as usual, and the connection closed.
    return503OnClosing: false,
    forceCloseConnections: "idle",
    requestTimeout: 30_000,
    // Longer than what proxies keep theirs open, so that it is not this end that closes under a request.
    keepAliveTimeout: 75_000,
    frameworkErrors: answerError,
    clientErrorHandler: (error, socket) => answerClientError(error, socket, parts.log),
  }).withTypeProvider<TypeBoxTypeProvider>();
  // fastify reads plain text too, which would be refused later for a reason that helps nobody.
  app.removeContentTypeParser("text/plain");
  readBodies(app as unknown as FastifyInstance);
  cutSilentConnections(app as unknown as FastifyInstance);
  app.setValidatorCompiler(compileValidator);
  app.setErrorHandler(answerError);
  observeRequests(app, parts);
  refuseUnknownRoutes(app);
  await app.register(swagger, OPENAPI);
  addHealthRoutes(app, parts);
  addModelVersionRoutes(app, parts);
  addAssessmentRoutes(app, parts);
  return app;
}

const OPENAPI = {
  openapi: {
    openapi: "3.1.0",
    info: {
      title: `DiabRisk ${DATA_SVC.name}`,
      version: VERSION,
      description: `The data service's internal API. Bodies may have ${BODY_LIMIT} bytes.`,
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: `http://${DATA_SVC.name}:${DATA_SVC.port}` }],
  },
};

/** Keeps the caller's id where it has a harmless shape, so that a request can be followed through services. */
function requestId({ headers }: IncomingMessage): string {
  const given = headers["x-request-id"];
  return typeof given === "string" && /^[\w.-]{1,100}$/.test(given) ? given : randomUUID();
}

/** One log line and one observation a request: its route, never its path or query, which name people. */
function observeRequests(app: Server, { metrics, readiness }: Parts): void {
  app.addHook("onRequest", async (request, reply) => {
    // Answers are about people's health.
    reply.headers({ "X-Request-Id": request.id, "Cache-Control": "no-store" });
  });
  // When answered rather than when asked: a request that was under way as the stop began must not keep its connection.
  app.addHook("onSend", async (_request, reply) => {
    if (readiness.stopping) reply.header("Connection", "close");
  });
  app.addHook("onResponse", async (request, reply) => {
    const { method } = request;
    const { statusCode: status, elapsedTime } = reply;
    const route = request.routeOptions.url ?? "unknown";
    metrics.request(method, route, status, elapsedTime / 1000);
    const level = isProbe(request) ? "trace" : "info";
    request.log[level]({ method, route, status, ms: Math.round(elapsedTime * 10) / 10 }, "Request");
  });
}

const isProbe = ({ routeOptions: { url } }: FastifyRequest) =>
  url === DATA_SVC.livenessPath || url === DATA_SVC.readinessPath || url === DATA_SVC.metricsPath;

function refuseUnknownRoutes(app: Server): void {
  const methodsOf = collectMethods(app as unknown as FastifyInstance);
  app.setNotFoundHandler((request, reply) => {
    const allowed = methodsOf(request.url.split("?", 1)[0] ?? "").join(", ");
    const problem = allowed
      ? new Problem("method-not-allowed", `This path answers ${allowed}.`, { headers: { Allow: allowed } })
      : new Problem("unknown-route", "See /openapi.json for the paths that there are.");
    return answerProblem(problem, request, reply);
  });
}

/** What is not even HTTP reaches no route. */
function answerClientError(error: NodeJS.ErrnoException, socket: Socket, log: Logger): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = new Problem("malformed-http", "The request cannot be parsed, is too long or came too slowly.");
  const id = randomUUID();
  log.info({ request_id: id, problem: problem.problem, code: error.code }, problem.message);
  const body = JSON.stringify(problem.document(id));
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `X-Request-Id: ${id}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n${body}`,
  );
}
