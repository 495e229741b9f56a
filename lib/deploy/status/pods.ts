import type { Finding, State } from "../../status/document";
import { counted, since } from "../../status/wording";
import type { Kubectl, KubeObject } from "../kubectl";
import { podsOf } from "../pods";
import { podTrouble, readiness } from "../readiness";

/** Pods that belong to one object, e.g. `deployment/data-svc`. */
export interface Wanted {
  readonly reference: string;
  /** Pods that the stage has. */
  readonly pods: number;
}

/** Judges the pods of a workload or of a CloudNativePG cluster: how many are ready, and since when. */
export async function podsFinding({ reference, pods: wanted }: Wanted, kubectl: Kubectl, now: Date): Promise<Finding> {
  const object = await kubectl.get(reference);
  if (!object) return { state: "failed", text: `${reference} is not in namespace ${kubectl.namespace}.` };
  const pods = (await podsOf(object, kubectl)).filter(isMeant);
  const ready = pods.flatMap((pod) => readySince(pod) ?? []);
  const youngest = ready.toSorted((one, other) => other.getTime() - one.getTime())[0];
  const restarts = pods.reduce((sum, pod) => sum + restartsOf(pod), 0);
  const { state: progress, detail } = readiness(object);
  const of = `${ready.length} of ${counted(wanted, "pod")} ${wanted === 1 ? "is" : "are"} ready`;
  const young = youngest === undefined ? "" : `${wanted === 1 ? "" : ", the youngest"} ${since(youngest, now)}`;
  return {
    state: stateOf({ ready: ready.length, wanted, progress }),
    text: `${of}${young}; ${counted(restarts, "restart")}.${progress === "ready" ? "" : ` ${reference}: ${detail}.`}`,
    details: pods.map((pod) => describe(pod, now)),
    values: {
      wanted,
      ready: ready.length,
      restarts,
      ...(youngest !== undefined && { readySince: youngest.toISOString() }),
    },
  };
}

/** Leaves out pods that stop, which may be ready still, and pods of the operator's Jobs that have ended. */
const isMeant = ({ metadata, status }: KubeObject) =>
  metadata.deletionTimestamp === undefined && status?.phase !== "Succeeded";

interface Counted {
  readonly ready: number;
  readonly wanted: number;
  readonly progress: ReturnType<typeof readiness>["state"];
}

function stateOf({ ready, wanted, progress }: Counted): State {
  if (ready === 0 || progress === "failed") return "failed";
  return ready < wanted || progress === "waiting" ? "warning" : "ok";
}

function describe(pod: KubeObject, now: Date): string {
  const ready = readySince(pod);
  if (!ready) return podTrouble(pod) ?? `${pod.metadata.name}: not ready`;
  return `${pod.metadata.name}: ready ${since(ready, now)}; ${counted(restartsOf(pod), "restart")}`;
}

interface PodStatus {
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly lastTransitionTime?: string;
  }[];
  readonly containerStatuses?: readonly { readonly restartCount?: number }[];
}

function readySince(pod: KubeObject): Date | undefined {
  const { conditions = [] } = (pod.status ?? {}) as PodStatus;
  const ready = conditions.find(({ type, status }) => type === "Ready" && status === "True");
  return ready && new Date(ready.lastTransitionTime ?? pod.metadata.creationTimestamp ?? 0);
}

const restartsOf = ({ status }: KubeObject): number =>
  ((status ?? {}) as PodStatus).containerStatuses?.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0) ?? 0;
