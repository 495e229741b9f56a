import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Caller, DATA_SVC } from "../../contract";
import { Problem } from "../problems";
import { InvalidToken, type IssuerKeys, NoKeys } from "./keys";

declare module "fastify" {
  interface FastifyRequest {
    /** Name of the service that has proven who it is; undefined on routes that are open, and before the proof. */
    caller: string | undefined;
  }
}

/** Routes without a person's data, for the kubelet and for people. Any other route is closed. */
const OPEN: readonly string[] = [DATA_SVC.livenessPath, DATA_SVC.readinessPath, DATA_SVC.documentPath];

/** Lets requests in whose token proves a caller that may call their route. */
export function admitCallers(app: FastifyInstance, keys: IssuerKeys, callers: readonly Caller[]): void {
  const bySubject = new Map(callers.map((caller) => [caller.subject, caller]));
  app.decorateRequest("caller", undefined);
  app.addHook("onRequest", async (request) => {
    const { url, schema } = request.routeOptions;
    if (request.is404 || (url !== undefined && OPEN.includes(url))) return;
    const subject = await prove(request, keys);
    const caller = bySubject.get(subject);
    request.caller = caller?.name;
    const operation = (schema as { readonly operationId?: string } | undefined)?.operationId;
    if (caller?.may.some((name) => name === operation)) return;
    // A ServiceAccount's name is no secret, and whoever sets the table needs it.
    request.log.warn({ subject, operation }, "A caller was refused a route that is not its own");
    throw new Problem(
      "caller-not-allowed",
      `${subject} may not call this route. The stage's network.callers says who may.`,
      { headers: challenge("insufficient_scope") },
    );
  });
}

async function prove({ headers, log }: FastifyRequest, keys: IssuerKeys): Promise<string> {
  const [, token] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "") ?? [];
  if (token === undefined) {
    throw new Problem("caller-unproven", `Send Authorization: Bearer with a token for ${DATA_SVC.name}.`, {
      headers: challenge(),
    });
  }
  try {
    return await keys.subjectOf(token);
  } catch (error) {
    if (error instanceof NoKeys) throw noKeys();
    if (!(error instanceof InvalidToken)) throw error;
    log.warn({ reason: error.message }, "A token was refused");
    throw new Problem("caller-unproven", `The token is refused. ${error.message}`, {
      headers: challenge("invalid_token"),
    });
  }
}

/** RFC 6750. */
const challenge = (error?: string) => ({
  "WWW-Authenticate": `Bearer realm="${DATA_SVC.name}"${error === undefined ? "" : `, error="${error}"`}`,
});

const noKeys = () =>
  new Problem(
    "issuer-unavailable",
    "The keys of the callers' tokens have not been read yet: see /readyz. Try again later.",
    {
      headers: { "Retry-After": "2" },
    },
  );
