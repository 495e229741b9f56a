import type { Request } from "autocannon";
import type { LocalIssuer } from "../../lib/local/issuer";
import { callersOf } from "../../lib/stages/callers";
import { prod } from "../../lib/stages/prod";
import type { Row } from "./rows";

/** Something that is asked again and again. */
export interface Route {
  readonly name: string;
  /** Whether the metrics' port answers it. */
  readonly onMetricsPort?: boolean;
  /** Whether the floor answers it, too. */
  readonly onFloor?: boolean;
  requests(people: readonly string[], rows: readonly Row[]): Request[];
}

/** Different requests of one connection before they repeat. */
const DIFFERENT = 200;

/** Callers of prod, as data-svc is told of them. */
export const CALLERS = callersOf(prod.network, prod.namespace);

/** Makes the routes, with a token for each caller's. */
export async function routes(issuer: LocalIssuer): Promise<readonly Route[]> {
  const proofs = CALLERS.map(async ({ name, subject }) => [name, `Bearer ${await issuer.token(subject)}`] as const);
  const tokens = Object.fromEntries(await Promise.all(proofs));
  const proof = (caller: string) => ({ authorization: tokens[caller] ?? "" });
  return [
    {
      name: "history",
      onFloor: true,
      requests: (people) =>
        people.slice(0, DIFFERENT).map((id) => ({
          ...{ method: "GET", path: `/internal/users/${id}/assessments?limit=20` },
          headers: { ...proof("api-gateway"), "x-on-behalf-of": id },
        })),
    },
    {
      name: "post",
      onFloor: true,
      requests: (people, rows) =>
        rows.slice(0, DIFFERENT).map(({ risk_level: _, ...row }, n) => ({
          ...{ method: "POST", path: "/internal/assessments" },
          headers: { ...proof("ml-api"), "content-type": "application/json" },
          body: JSON.stringify({
            ...{ user_id: people[n % people.length], ...row, confidence_level: "high", model_version: "v1.0.0" },
            request_context: { ip_address: "203.0.113.7", user_agent: "Mozilla/5.0 (X11; Linux x64; rv:140.0)" },
          }),
        })),
    },
    {
      name: "model",
      onFloor: true,
      requests: () => [{ method: "GET", path: "/internal/model-versions/active", headers: proof("ml-api") }],
    },
    { name: "openapi", requests: () => [{ method: "GET", path: "/openapi.json" }] },
    { name: "metrics", onMetricsPort: true, requests: () => [{ method: "GET", path: "/metrics" }] },
    { name: "readyz", onFloor: true, requests: () => [{ method: "GET", path: "/readyz" }] },
  ];
}
