import type { AlertGroup, Watched } from "./alert";
import { availability } from "./alerts/availability";
import { integrity } from "./alerts/integrity";
import { protection } from "./alerts/protection";
import { requests } from "./alerts/requests";
import { sessions } from "./alerts/sessions";
import { storage } from "./alerts/storage";

export { type AlertGroup, alertKey, type Watched } from "./alert";
export { replication } from "./alerts/replication";

/** The alerts of every stage. A stage with replicas adds `replication`. */
export const alertsOf = (watched: Watched): readonly AlertGroup[] =>
  [availability, sessions, storage, integrity, protection, requests].map((group) => group(watched));

/** Names the metrics of an expression. All of them are written with a selector in braces. */
export const metricsOf = (expr: string): readonly string[] => [
  ...new Set([...expr.matchAll(/\b([a-z_][a-z0-9_]*)\{/g)].map(([, name = ""]) => name)),
];
