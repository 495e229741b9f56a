import type { KubeObject } from "./kubectl";

/** The distance between an object and its manifest's wish. */
export interface Readiness {
  /** `failed` means that waiting cannot help. */
  readonly state: "ready" | "waiting" | "failed";
  /** For a person, e.g. `"0/1 ready"`. */
  readonly detail: string;
}

type Judge = (object: KubeObject) => Readiness;

/** Judges by kind. Objects of other kinds are done once they are applied. */
const JUDGES: Readonly<Record<string, Judge>> = {
  Namespace: ({ status }) => waitingUnless(status?.phase === "Active", `phase ${status?.phase ?? "unknown"}`),
  StatefulSet: statefulSet,
  Deployment: deployment,
  Job: job,
  ExternalSecret: readyCondition,
  Certificate: readyCondition,
  Cluster: cluster,
};

/** Whether `readiness` knows what to wait for. */
export const isWaitedFor = ({ kind }: Pick<KubeObject, "kind">) => Object.hasOwn(JUDGES, kind);

/** Judges an object just read from the cluster; ready if its kind has nothing to wait for. */
export function readiness(object: KubeObject): Readiness {
  const { metadata, status } = object;
  const observed = status?.observedGeneration;
  if (typeof observed === "number" && observed < (metadata.generation ?? 0)) {
    return { state: "waiting", detail: "its controller has not seen it yet" };
  }
  return JUDGES[object.kind]?.(object) ?? { state: "ready", detail: "applied" };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

const conditionsOf = ({ status }: KubeObject) => (status?.conditions ?? []) as readonly Condition[];
const count = (value: unknown) => (typeof value === "number" ? value : 0);
const waitingUnless = (ready: boolean, detail: string): Readiness => ({ state: ready ? "ready" : "waiting", detail });

function statefulSet({ spec, status }: KubeObject): Readiness {
  const wanted = count(spec?.replicas);
  const [ready, updated] = [count(status?.readyReplicas), count(status?.updatedReplicas)];
  const current = status?.currentRevision === status?.updateRevision;
  const detail = `${ready}/${wanted} ready${current ? "" : `, ${updated}/${wanted} updated`}`;
  const observed = status?.observedGeneration !== undefined;
  return waitingUnless(observed && current && ready === wanted && updated === wanted, detail);
}

function deployment(object: KubeObject): Readiness {
  const { spec, status } = object;
  const wanted = count(spec?.replicas);
  const [available, updated, all] = [status?.availableReplicas, status?.updatedReplicas, status?.replicas].map(count);
  const stuck = conditionsOf(object).find(({ reason }) => reason === "ProgressDeadlineExceeded");
  if (stuck) return { state: "failed", detail: stuck.message ?? "no progress before its deadline" };
  const detail = `${available}/${wanted} ready, ${updated}/${wanted} updated`;
  const observed = status?.observedGeneration !== undefined;
  return waitingUnless(observed && available === wanted && updated === wanted && all === wanted, detail);
}

function job(object: KubeObject): Readiness {
  const { spec, status } = object;
  const is = (type: string) => conditionsOf(object).find((one) => one.type === type && one.status === "True");
  const failed = is("Failed") ?? is("FailureTarget");
  if (failed) return { state: "failed", detail: [failed.reason, failed.message].filter(Boolean).join(": ") };
  if (is("Complete")) return { state: "ready", detail: "complete" };
  const failures = count(status?.failed);
  const tries = failures === 0 ? "" : `, ${failures} of ${count(spec?.backoffLimit) + 1} tries failed`;
  return { state: "waiting", detail: `${count(status?.active) > 0 ? "running" : "not started"}${tries}` };
}

/** Phase of a Cluster with nothing under way, as CloudNativePG writes it. */
const HEALTHY = "Cluster in healthy state";
/** Phases that no time ends. */
const HOPELESS: ReadonlySet<unknown> = new Set([
  "Cluster is unrecoverable and needs manual intervention",
  "Invalid cluster definition",
]);

/** Of CloudNativePG. Ready when all instances are, and the operator is at no work. */
function cluster({ spec, status }: KubeObject): Readiness {
  if (!status?.phase) return { state: "waiting", detail: "no operator has looked at it yet" };
  const [ready, wanted] = [count(status.readyInstances), count(spec?.instances)];
  const { phase, phaseReason: reason } = status;
  const detail = [`${ready}/${wanted} instances ready`, phase, reason].filter(Boolean).join(", ");
  if (HOPELESS.has(phase)) return { state: "failed", detail };
  return waitingUnless(ready === wanted && phase === HEALTHY, detail);
}

/** Custom resources have a condition for it. */
function readyCondition(object: KubeObject): Readiness {
  const condition = conditionsOf(object).find(({ type }) => type === "Ready");
  if (!condition) return { state: "waiting", detail: "no operator has looked at it yet" };
  const detail = [condition.reason, condition.message].filter(Boolean).join(": ") || `Ready is ${condition.status}`;
  return waitingUnless(condition.status === "True", detail);
}

interface ContainerStatus {
  readonly name: string;
  readonly restartCount?: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string };
    readonly terminated?: { readonly reason?: string; readonly exitCode?: number };
  };
}

/** A pod's trouble, e.g. `"postgres-0: postgres ErrImagePull"`; undefined if it is only starting. */
export function podTrouble(pod: KubeObject): string | undefined {
  const { status } = pod;
  const unscheduled = conditionsOf(pod).find(({ type, status }) => type === "PodScheduled" && status === "False");
  const statuses = [...list(status?.initContainerStatuses), ...list(status?.containerStatuses)];
  const troubles = statuses.map(containerTrouble).filter((trouble) => trouble !== undefined);
  if (unscheduled) troubles.unshift(`${unscheduled.reason}: ${unscheduled.message}`);
  return troubles.length === 0 ? undefined : `${pod.metadata.name}: ${troubles.join(", ")}`;
}

/** Whether a pod has started and is not ready, or never will be. */
export function isUnready(pod: KubeObject): boolean {
  if (pod.status?.phase === "Succeeded") return false;
  return !conditionsOf(pod).some(({ type, status }) => type === "Ready" && status === "True");
}

const list = (value: unknown) => (value ?? []) as readonly ContainerStatus[];

function containerTrouble({ name, state, restartCount = 0 }: ContainerStatus): string | undefined {
  const reason = state?.waiting?.reason;
  const restarts = restartCount === 0 ? "" : `, restarted ${restartCount} times`;
  if (reason && !/^(ContainerCreating|PodInitializing)$/.test(reason)) return `${name} ${reason}${restarts}`;
  const code = state?.terminated?.exitCode ?? 0;
  return code === 0 ? undefined : `${name} ended with exit code ${code} (${state?.terminated?.reason})${restarts}`;
}
