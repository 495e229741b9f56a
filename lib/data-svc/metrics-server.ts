import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from "fastify";
import { DATA_SVC } from "../contract";
import { answerError, answerProblem } from "./errors";
import { Problem } from "./problems";
import type { Parts } from "./routes/context";

/**
 * The HTTP server of the metrics, not yet listening. It has a port of its own, so that a policy can let Prometheus read
 * metrics without letting it call the API, whose answers concern people's health.
 */
export function createMetricsServer({ metrics, log }: Pick<Parts, "metrics" | "log">): FastifyInstance {
  const app = fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "request_id" }),
    // A scrape that is cut is repeated; it must not hold up the stop.
    forceCloseConnections: true,
    requestTimeout: 10_000,
    frameworkErrors: answerError,
  }) as FastifyInstance;
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) =>
    answerProblem(new Problem("unknown-route", `This port serves ${DATA_SVC.metricsPath} alone.`), request, reply),
  );
  app.get(DATA_SVC.metricsPath, async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
  return app;
}
