import type { KubeObject } from "../kubectl";

/** How long pods of one kind took to become ready. */
export interface Pace {
  readonly seconds: number;
  /** Source of the figure. */
  readonly basis: string;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime?: string;
}

/** Seconds after which a pod's readiness tells of something else than its start. */
const LONGEST = 300;

/** Computes the longest start among running pods. Uses `otherwise` if none of them tells. */
export function startOf(pods: readonly KubeObject[], otherwise: number): Pace {
  const starts = pods.flatMap((pod) => secondsToReady(pod) ?? []);
  if (starts.length === 0) return { seconds: otherwise, basis: `a start takes about ${otherwise} s by experience` };
  const seconds = Math.max(...starts);
  const names = pods.map(({ metadata }) => metadata.name).join(", ");
  return { seconds, basis: `the last start took ${seconds} s (${names})` };
}

/** Seconds from a pod's start until it was ready; undefined if it restarted, or its readiness changed later. */
function secondsToReady({ status }: KubeObject): number | undefined {
  const conditions = (status?.conditions ?? []) as readonly Condition[];
  const ready = conditions.find(({ type, status: is }) => type === "Ready" && is === "True")?.lastTransitionTime;
  const containers = (status?.containerStatuses ?? []) as readonly { readonly restartCount?: number }[];
  if (ready === undefined || containers.some(({ restartCount = 0 }) => restartCount > 0)) return undefined;
  const seconds = (Date.parse(ready) - Date.parse(String(status?.startTime))) / 1000;
  return seconds >= 0 && seconds <= LONGEST ? Math.ceil(seconds) : undefined;
}
