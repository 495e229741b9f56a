import type { KubeObject } from "../kubectl";
import { reference } from "../manifests";
import { isUnready } from "../readiness";
import type { Restart } from "./document";
import type { FieldChange } from "./fields";
import { startOf } from "./pace";

/** A changed workload. */
export interface ChangedWorkload {
  readonly before: KubeObject;
  readonly after: KubeObject;
  readonly fields: readonly FieldChange[];
}

/** Seconds that PostgreSQL takes to stop cleanly when it is idle, and its pod to go. */
const STOP_SECONDS = 2;
/** Seconds of a start with no running pod to learn from. */
const START_SECONDS = 10;

/**
 * Foretells which pods a change replaces: those of a StatefulSet or Deployment whose pod template differs. Undefined if all
 * stay. `pods` are the namespace's.
 */
export function restartOf(
  { before, after, fields }: ChangedWorkload,
  pods: readonly KubeObject[],
): Restart | undefined {
  const reasons = fields.filter(({ path }) => path.startsWith("spec.template."));
  const count = Number(after.spec?.replicas ?? 1);
  if (reasons.length === 0 || count === 0) return undefined;
  const own = pods.filter((pod) => isOf(pod, before));
  const common = { object: reference(after), pods: count, because: because(reasons) };
  if (after.kind === "StatefulSet") return isRolling(after) ? { ...common, ...restarted(after, own) } : undefined;
  if (after.kind === "Deployment") return { ...common, ...replaced(after, own, count) };
  return undefined;
}

/** A StatefulSet may leave its pods to people. */
const isRolling = ({ spec }: KubeObject) =>
  (spec?.updateStrategy as { type?: string } | undefined)?.type !== "OnDelete";

type Figures = Pick<Restart, "kind" | "downtimeSeconds" | "seconds" | "basis">;

function restarted(after: KubeObject, own: readonly KubeObject[]): Figures {
  const start = startOf(own, START_SECONDS);
  if (own.every(isUnready))
    return { kind: "restart", downtimeSeconds: 0, seconds: start.seconds, basis: "it does not run now" };
  const seconds = STOP_SECONDS + start.seconds;
  const basis =
    `${start.basis}, and an idle server stops in about ${STOP_SECONDS} s; after many writes its last checkpoint may take ` +
    `up to ${graceOf(after)} s, and an image that no node has is pulled first`;
  return { kind: "restart", downtimeSeconds: seconds, seconds, basis };
}

interface Strategy {
  readonly type?: string;
  readonly rollingUpdate?: { readonly maxUnavailable?: number | string; readonly maxSurge?: number | string };
}

function replaced(after: KubeObject, own: readonly KubeObject[], count: number): Figures {
  const { type, rollingUpdate } = (after.spec?.strategy ?? {}) as Strategy;
  const start = startOf(own, START_SECONDS);
  const each = start.seconds + Number(after.spec?.minReadySeconds ?? 0);
  if (type === "Recreate")
    return { kind: "restart", downtimeSeconds: start.seconds, seconds: start.seconds, basis: start.basis };
  const atOnce = Math.max(1, Number(rollingUpdate?.maxSurge) || 0, Number(rollingUpdate?.maxUnavailable) || 0);
  const basis = `${start.basis}, and each new pod is watched for ${Number(after.spec?.minReadySeconds ?? 0)} s`;
  return { kind: "rolling", downtimeSeconds: 0, seconds: Math.ceil(count / atOnce) * each, basis };
}

const graceOf = ({ spec }: KubeObject) =>
  (spec?.template as { spec?: { terminationGracePeriodSeconds?: number } } | undefined)?.spec
    ?.terminationGracePeriodSeconds ?? 30;

function isOf({ metadata }: KubeObject, { spec }: KubeObject): boolean {
  const { matchLabels = {} } = (spec?.selector ?? {}) as { matchLabels?: Readonly<Record<string, string>> };
  return Object.entries(matchLabels).every(([label, value]) => metadata.labels?.[label] === value);
}

/** The reasons in words, without digests if something else says what they stand for. */
function because(reasons: readonly FieldChange[]): readonly string[] {
  const telling = reasons.filter(({ path }) => !path.includes("[checksum/"));
  return [...new Set((telling.length > 0 ? telling : reasons).map(({ name }) => name))];
}
