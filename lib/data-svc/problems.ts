import { STATUS_CODES } from "node:http";
import { type Static, Type } from "@sinclair/typebox";

/** Every refusal and failure that a client may see, by the last part of its `type`. */
export const PROBLEMS = {
  "invalid-request": [400, "The request is not valid"],
  "malformed-json": [400, "The body is not JSON"],
  "malformed-http": [400, "The request is not HTTP"],
  "caller-unproven": [401, "The caller has not proven who it is"],
  "caller-not-allowed": [403, "The caller may not call this route"],
  "unknown-route": [404, "There is nothing at this path"],
  "unknown-user": [404, "There is no such user"],
  "unknown-assessment": [404, "There is no such assessment"],
  "unknown-model-version": [404, "There is no such model version"],
  "no-active-model": [404, "No model version is active"],
  "method-not-allowed": [405, "The method is not allowed at this path"],
  "not-acceptable": [406, "There is no such format"],
  "model-not-active": [409, "The model version is not the active one"],
  "id-already-used": [409, "The id belongs to another assessment"],
  "report-already-exists": [409, "The assessment has another report of this format"],
  "document-already-used": [409, "The document belongs to another report"],
  "document-to-be-deleted": [409, "The document is about to be deleted"],
  "already-deleted": [409, "It was stored before, and deleted"],
  "version-already-used": [409, "The version belongs to another model"],
  "body-too-large": [413, "The body is too large"],
  "unsupported-media-type": [415, "The body is not application/json"],
  "user-does-not-exist": [422, "The user does not exist"],
  "model-version-does-not-exist": [422, "The model version does not exist"],
  "http-version-too-old": [426, "The version of HTTP is too old"],
  internal: [500, "The service failed"],
  "issuer-unavailable": [503, "No caller can be verified at the moment"],
  "database-unavailable": [503, "The database cannot answer at the moment"],
  "pool-exhausted": [503, "Every database connection is in use"],
  "too-many-exports": [503, "Too many exports are being sent"],
  "no-usable-model": [503, "No model version can be used"],
  "storage-full": [503, "The database has no space left"],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemName = keyof typeof PROBLEMS;

export const PROBLEM_TYPE = "application/problem+json";

/** The stable URI of a kind of problem. */
const problemType = (name: string) => `urn:diabrisk:problem:${name}`;

const PROBLEM_TYPES = Object.keys(PROBLEMS).map(problemType);

const strict = { additionalProperties: false };

/** RFC 9457. */
const ProblemSchema = Type.Object(
  {
    type: Type.String({ enum: PROBLEM_TYPES, description: "Stable name of the kind of problem." }),
    title: Type.String(),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: Type.String({ description: "What is wrong with this request, and what to do. Holds no value of it." }),
    request_id: Type.String({ description: "Finds the request in the log." }),
    errors: Type.Optional(
      Type.Array(
        Type.Object(
          {
            pointer: Type.String({
              description: "JSON pointer to the wrong field, from the body, the path or the query.",
            }),
            message: Type.String(),
          },
          { title: "FieldError", ...strict },
        ),
        { description: "Every wrong field, up to 50." },
      ),
    ),
  },
  { title: "Problem", ...strict },
);

export type ProblemDocument = Static<typeof ProblemSchema>;
export type FieldError = NonNullable<ProblemDocument["errors"]>[number];

interface ProblemExtras {
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by handlers and answered as `application/problem+json`. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly statusCode: number;

  constructor(
    readonly problem: ProblemName,
    readonly detail: string,
    readonly extras: ProblemExtras = {},
  ) {
    super(PROBLEMS[problem][1]);
    this.statusCode = PROBLEMS[problem][0];
  }

  document(requestId: string): ProblemDocument {
    const [status, title] = PROBLEMS[this.problem];
    const errors = this.extras.errors && { errors: [...this.extras.errors] };
    return { type: problemType(this.problem), title, status, detail: this.detail, request_id: requestId, ...errors };
  }
}

/** Refuses a request because of one field; of the whole body if the pointer is empty. */
export const refusedField = (pointer: string, message: string) =>
  new Problem("invalid-request", `The request has wrong fields: ${pointer || "the whole"}.`, {
    errors: [{ pointer, message }],
  });

/** Refuses a request that names nobody at `pointer`. */
export const userDoesNotExist = (pointer: string) =>
  new Problem("user-does-not-exist", "Create the user first, or correct the id.", {
    errors: [{ pointer, message: "is not the id of a user" }],
  });

/** Refuses a path that names no assessment. */
export const unknownAssessment = () =>
  new Problem("unknown-assessment", "Correct the id in the path. The assessment may have been deleted.", {
    errors: [{ pointer: "/id", message: "is not the id of an assessment" }],
  });

/** Refuses a request for the data of nobody. */
export const unknownUser = () =>
  new Problem("unknown-user", "Correct the id in the path.", {
    errors: [{ pointer: "/id", message: "is not the id of a user" }],
  });

/** Answers of any route whose caller is unknown or has no right to it, or whose database fails. */
export const COMMON_PROBLEMS = [
  ...(["caller-unproven", "caller-not-allowed", "issuer-unavailable"] as const),
  ...(["database-unavailable", "pool-exhausted", "storage-full", "internal"] as const),
] as const;

/** Response schemas for a route's problems, by status. */
export function problemResponses(...names: readonly ProblemName[]) {
  const statuses = [...new Set(names.map((name) => PROBLEMS[name][0]))].sort();
  return Object.fromEntries(statuses.map((status) => [status, problemResponse(status, names)]));
}

/** Headers of problems, by status. */
const HEADERS: Readonly<Record<number, object>> = {
  401: { "WWW-Authenticate": { type: "string", description: "`Bearer`, as in RFC 6750." } },
  403: { "WWW-Authenticate": { type: "string", description: "`Bearer`, as in RFC 6750." } },
  503: { "Retry-After": { type: "integer", description: "Seconds." } },
};

function problemResponse(status: number, names: readonly ProblemName[]) {
  const kinds = names.filter((name) => PROBLEMS[name][0] === status);
  const lines = kinds.map((name) => `${PROBLEMS[name][1]} (\`${problemType(name)}\`).`);
  const headers = HEADERS[status] && { headers: HEADERS[status] };
  return {
    description: lines.join(" ") || String(STATUS_CODES[status]),
    content: { [PROBLEM_TYPE]: { schema: ProblemSchema } },
    ...headers,
  };
}
