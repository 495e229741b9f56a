import { STATUS_CODES } from "node:http";
import { type Static, Type } from "@sinclair/typebox";

/** Every refusal and failure that a client may see, by the last part of its `type`. */
export const PROBLEMS = {
  "invalid-request": [400, "The request is not valid"],
  "malformed-json": [400, "The body is not JSON"],
  "malformed-http": [400, "The request is not HTTP"],
  "unknown-route": [404, "There is nothing at this path"],
  "unknown-user": [404, "There is no such user"],
  "no-active-model": [404, "No model version is active"],
  "method-not-allowed": [405, "The method is not allowed at this path"],
  "model-not-active": [409, "The model version is not the active one"],
  "id-already-used": [409, "The id belongs to another assessment"],
  "body-too-large": [413, "The body is too large"],
  "unsupported-media-type": [415, "The body is not application/json"],
  "user-does-not-exist": [422, "The user does not exist"],
  internal: [500, "The service failed"],
  "database-unavailable": [503, "The database cannot answer at the moment"],
  "pool-exhausted": [503, "Every database connection is in use"],
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

/** Answers of any route whose database fails. */
export const DATABASE_PROBLEMS = ["database-unavailable", "pool-exhausted", "storage-full", "internal"] as const;

/** Response schemas for a route's problems, by status. */
export function problemResponses(...names: readonly ProblemName[]) {
  const statuses = [...new Set(names.map((name) => PROBLEMS[name][0]))].sort();
  return Object.fromEntries(statuses.map((status) => [status, problemResponse(status, names)]));
}

function problemResponse(status: number, names: readonly ProblemName[]) {
  const kinds = names.filter((name) => PROBLEMS[name][0] === status);
  const lines = kinds.map((name) => `${PROBLEMS[name][1]} (\`${problemType(name)}\`).`);
  const headers = status === 503 ? { headers: { "Retry-After": { type: "integer", description: "Seconds." } } } : {};
  return {
    description: lines.join(" ") || String(STATUS_CODES[status]),
    content: { [PROBLEM_TYPE]: { schema: ProblemSchema } },
    ...headers,
  };
}
