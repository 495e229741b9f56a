import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { DatabaseFailure, type FailureKind } from "./database-failure";
import { SlowReader } from "./export/sending";
import { ClientGone, HUNG_UP } from "./hang-ups";
import { ModelError } from "./model-versions";
import { PROBLEM_TYPE, Problem, type ProblemName, refusedField } from "./problems";
import { RefusedValue } from "./refused-value";
import { lacksSchema } from "./schema";

/** Seconds that a client is asked to wait. Short, so that no long queue forms at the client. */
const RETRY_AFTER_SECONDS = "2";

const BY_FAILURE: Partial<Record<FailureKind, ProblemName>> = {
  exhausted: "pool-exhausted",
  "storage-full": "storage-full",
};

/** fastify's own refusals. */
const BY_CODE: Readonly<Record<string, readonly [ProblemName, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ["body-too-large", "Send a smaller body; the limit is in the OpenAPI document."],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ["unsupported-media-type", "Send the body with Content-Type: application/json."],
  FST_ERR_CTP_EMPTY_JSON_BODY: ["malformed-json", "The body is empty. Send a JSON object."],
  FST_ERR_CTP_INVALID_JSON_BODY: ["malformed-json", "The body cannot be parsed. Send a JSON object."],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ["malformed-http", "The body is not as long as Content-Length says."],
  FST_ERR_BAD_URL: ["malformed-http", "The path is not valid percent-encoding."],
  FST_ERR_MAX_PARAM_LENGTH: ["invalid-request", "A part of the path is longer than any id."],
};

/** Answers every error as `application/problem+json`. Logs server errors, without their messages. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  // Node.js reports the end of a connection within a body by this code; those of database connections are DatabaseFailures.
  if (error instanceof ClientGone || (error as NodeJS.ErrnoException).code === "ECONNRESET")
    return reply.code(HUNG_UP).send();
  const problem = toProblem(error);
  const { url: route } = request.routeOptions;
  if (error instanceof RefusedValue) request.log.warn({ route, pointer: error.pointer, err: error }, error.message);
  if (problem.statusCode >= 500) {
    request.log[problem.statusCode === 503 ? "warn" : "error"](
      { route, problem: problem.problem, err: error },
      problem.message,
    );
  }
  return answerProblem(problem, request, reply);
}

/** Status that an error would have been answered with. */
export function statusOf(error: unknown): number {
  return error instanceof ClientGone || error instanceof SlowReader ? HUNG_UP : toProblem(error).statusCode;
}

/** Sends a problem without logging it. */
export function answerProblem(problem: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply
    .code(problem.statusCode)
    .headers({ ...problem.extras.headers })
    .type(PROBLEM_TYPE)
    .send(problem.document(request.id));
}

/** Chooses the problem that a client sees. */
function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof DatabaseFailure) return failureProblem(error);
  if (error instanceof ModelError) return unavailable(error.message, "no-usable-model");
  if (error instanceof RefusedValue) return refusedProblem(error);
  const { validation, validationContext, code, statusCode } = error as FastifyError;
  if (lacksSchema(error)) return unavailable("The database has no schema yet, or an older one: see /readyz.");
  if (validation) return validationProblem(validation, validationContext);
  const known = BY_CODE[code];
  if (known) return new Problem(...known);
  if (error instanceof SyntaxError && statusCode === 400) {
    return new Problem("malformed-json", "The body cannot be parsed. Send a JSON object.");
  }
  // fastify's other refusals are the client's fault too.
  if (code?.startsWith("FST_ERR_") && statusCode !== undefined && statusCode < 500)
    return new Problem("malformed-http", `The request is refused (${code}).`);
  return new Problem("internal", "The request failed for a reason that is in the log under its request_id.");
}

function failureProblem({ kind, message }: DatabaseFailure): Problem {
  return unavailable(message, BY_FAILURE[kind]);
}

function unavailable(message: string, problem: ProblemName = "database-unavailable"): Problem {
  const headers = { "Retry-After": RETRY_AFTER_SECONDS };
  return new Problem(problem, `${message} Try again later.`, { headers });
}

function refusedProblem({ pointer }: RefusedValue): Problem {
  return refusedField(pointer, "is a value that the database cannot hold");
}

function validationProblem(validation: NonNullable<FastifyError["validation"]>, context = "request"): Problem {
  const errors = validation.map(({ instancePath, message = "is not valid" }) => ({ pointer: instancePath, message }));
  const where = { body: "body", params: "path", querystring: "query", headers: "headers" }[context] ?? "request";
  const names = errors.map(({ pointer }) => pointer || "the whole").join(", ");
  return new Problem("invalid-request", `The ${where} has wrong fields: ${names}.`, { errors });
}
