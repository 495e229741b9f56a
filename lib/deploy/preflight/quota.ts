import { parseQuantity } from "../../stages/quantity";
import type { Kubectl, KubeObject } from "../kubectl";
import { type Finding, problemsOf } from "./finding";
import { type Amounts, amountsOf, largest, type PodSpec, sum, times } from "./pod-resources";

/** Checks that all that runs at once during the deployment fits into the namespace's quotas, beside other pods. */
export async function checkQuota(objects: readonly KubeObject[], kubectl: Kubectl): Promise<Finding> {
  const [present, pods] = await Promise.all([kubectl.list("resourcequotas"), kubectl.list("pods")]);
  const workloads = objects.filter(({ kind }) => /^(?:Deployment|StatefulSet|Job|Cluster)$/.test(kind));
  const own = (pod: KubeObject) => workloads.some((workload) => isOf(pod, workload));
  const others = sum(pods.filter((pod) => counts(pod) && !own(pod)).map(podAmounts));
  const needed = workloads.map((workload) => ({ workload, amounts: peakOf(workload, pods) }));
  const quotas = [
    ...objects.filter(({ kind }) => kind === "ResourceQuota"),
    ...present.filter((quota) => !replaced(quota, objects)),
  ];
  return problemsOf(quotas.flatMap((quota) => problemsOfQuota(quota, needed, others)));
}

/** Ended pods use nothing of a quota. */
const counts = ({ status }: KubeObject) => status?.phase !== "Succeeded" && status?.phase !== "Failed";
const podAmounts = ({ spec }: KubeObject) => amountsOf((spec ?? {}) as PodSpec);
const replaced = (quota: KubeObject, objects: readonly KubeObject[]) =>
  objects.some(({ kind, metadata }) => kind === "ResourceQuota" && metadata.name === quota.metadata.name);

interface Template {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: PodSpec;
}

const templateOf = (object: KubeObject) =>
  object.kind === "Cluster" ? instanceOf(object) : ((object.spec?.template ?? {}) as Template);

/** The pods that CloudNativePG makes of a Cluster, without what a plugin adds. */
function instanceOf({ spec }: KubeObject): Template {
  const { resources = {}, inheritedMetadata = {} } = (spec ?? {}) as {
    resources?: NonNullable<PodSpec["containers"]>[number]["resources"];
    inheritedMetadata?: NonNullable<Template["metadata"]>;
  };
  return { metadata: inheritedMetadata, spec: { containers: [{ resources }] } };
}

const isOf = ({ metadata }: KubeObject, workload: KubeObject) => {
  const app = templateOf(workload).metadata?.labels?.app;
  return app !== undefined && metadata.labels?.app === app;
};

/** Amounts of all pods of a workload at the moment of the deployment at which they are most. */
function peakOf(workload: KubeObject, pods: readonly KubeObject[]): Amounts {
  const one = amountsOf(templateOf(workload).spec ?? {});
  if (workload.kind === "Job") return one;
  const count = Number(workload.spec?.replicas ?? workload.spec?.instances ?? 1);
  const running = sum(pods.filter((pod) => counts(pod) && isOf(pod, workload)).map(podAmounts));
  const steady = largest(running, times(one, count));
  return workload.kind === "Deployment" ? sum([steady, times(one, surgeOf(workload, count))]) : steady;
}

function surgeOf({ spec }: KubeObject, count: number): number {
  const strategy = (spec?.strategy ?? {}) as { type?: string; rollingUpdate?: { maxSurge?: number | string } };
  const surge = strategy.rollingUpdate?.maxSurge ?? "25%";
  if (strategy.type === "Recreate") return 0;
  return typeof surge === "number" ? surge : Math.ceil((Number.parseFloat(surge) / 100) * count);
}

interface Need {
  readonly workload: KubeObject;
  readonly amounts: Amounts;
}

function problemsOfQuota({ metadata, spec }: KubeObject, needed: readonly Need[], others: Amounts): string[] {
  const hard = Object.entries((spec?.hard ?? {}) as Readonly<Record<string, string>>);
  return hard.flatMap(([key, text]) => {
    const name = /^(?:cpu|memory|ephemeral-storage)$/.test(key) ? `requests.${key}` : key;
    const most = parseQuantity(String(text));
    const total = needed.reduce((all, { amounts }) => all + (amounts[name] ?? 0), others[name] ?? 0);
    // A millionth for what binary fractions cannot hold.
    if (most === undefined || total <= most * (1 + 1e-6)) return [];
    const parts = needed.map(({ workload, amounts }) => `${workload.metadata.name} ${shown(name, amounts[name] ?? 0)}`);
    const rest = others[name] ? `, and other pods use ${shown(name, others[name])}` : "";
    return [
      `The namespace's quota ${metadata.name} allows ${text} of ${key}, but what will run during the deployment needs ` +
        `${shown(name, total)} (${parts.join(", ")}${rest}). Raise the quota, lower what pods ask for, or remove other pods.`,
    ];
  });
}

function shown(name: string, amount: number): string {
  if (/memory|storage/.test(name)) return `${Math.ceil(amount / 2 ** 20)}Mi`;
  return String(Math.round(amount * 1000) / 1000);
}
