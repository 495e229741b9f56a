import { automaticLabels } from "./kubernetes/automatic-labels";
import { extensionOf, KUBERNETES } from "./kubernetes/groups";
import type { Labels, LabelValue } from "./kubernetes/labels";
import { type KubeObject, label } from "./object";
import { once } from "./once";
import { number, type Tree, text, texts, tree, trees } from "./tree";

/** A pod that an object is or starts. */
export interface Pod {
  /** The object that starts it, or the pod itself. */
  readonly owner: KubeObject;
  /** Path of the pod inside its owner, e.g. `"spec.template."`. */
  readonly path: string;
  /** The labels of its template. */
  readonly labels: ReadonlyMap<string, string>;
  /** The same, and those that Kubernetes adds. */
  readonly allLabels: Labels;
  readonly annotations: ReadonlyMap<string, string>;
  readonly spec: Tree;
  readonly containers: readonly Container[];
  /** Whether it should run forever. A pod that ends needs no probes. */
  readonly serves: boolean;
  /**
   * The fewest pods that there will be: the autoscaler's minimum, or the replicas. Undefined for a DaemonSet, whose
   * count depends on the nodes.
   */
  readonly fewest: number | undefined;
}

export type Role = "containers" | "initContainers" | "ephemeralContainers";

export interface Container {
  readonly pod: Pod;
  readonly owner: KubeObject;
  readonly role: Role;
  /** Path inside the pod's owner, e.g. `"spec.template.spec.containers[0]"`. */
  readonly path: string;
  readonly name: string;
  readonly tree: Tree;
  /** Whether it is an init container that keeps running beside the others. */
  readonly sidecar: boolean;
}

const TEMPLATE = ["spec", "template"];
/** Path of the pod template in each kind. */
const PODS: ReadonlyMap<string, readonly string[]> = new Map([
  ["Pod", []],
  ["PodTemplate", ["template"]],
  ["Deployment", TEMPLATE],
  ["StatefulSet", TEMPLATE],
  ["DaemonSet", TEMPLATE],
  ["ReplicaSet", TEMPLATE],
  ["ReplicationController", TEMPLATE],
  ["Job", TEMPLATE],
  ["CronJob", ["spec", "jobTemplate", "spec", "template"]],
]);
const ENDING = new Set(["Job", "CronJob"]);
const ROLES: readonly Role[] = ["initContainers", "containers", "ephemeralContainers"];

/**
 * The pod that an object is or starts; undefined for all other kinds, custom resources included.
 * @param scaler the autoscaler that sets the number of its pods
 */
export function podOf(owner: KubeObject, scaler?: KubeObject): Pod | undefined {
  const path = PODS.get(owner.kind);
  if (!path || extensionOf(owner.apiVersion) !== KUBERNETES) return undefined;
  const template = tree(owner.tree, ...path);
  const spec = tree(template, "spec");
  const containers: Container[] = [];
  const restart = text(spec, "restartPolicy") ?? "Always";
  const labels = new Map(texts(template, "metadata", "labels"));
  const pod: Pod = {
    owner,
    path: path.map((part) => `${part}.`).join(""),
    labels,
    allLabels: new Map<string, LabelValue>([
      ...labels,
      ...automaticLabels(owner, number(scaler?.tree, "spec", "maxReplicas")),
    ]),
    annotations: new Map(texts(template, "metadata", "annotations")),
    spec,
    containers,
    fewest: owner.kind === "DaemonSet" ? undefined : fewestOf(owner, scaler),
    serves: !ENDING.has(owner.kind) && restart === "Always",
  };
  for (const role of ROLES) {
    for (const [item, index] of trees(spec, role)) containers.push(container(pod, role, item, index));
  }
  return pod;
}

const fewestOf = (owner: KubeObject, scaler: KubeObject | undefined) =>
  (scaler ? number(scaler.tree, "spec", "minReplicas") : number(owner.tree, "spec", "replicas")) ?? 1;

function container(pod: Pod, role: Role, item: Tree, index: number): Container {
  return {
    pod,
    owner: pod.owner,
    role,
    path: `${pod.path}spec.${role}[${index}]`,
    name: text(item, "name") ?? "",
    tree: item,
    sidecar: role === "initContainers" && text(item, "restartPolicy") === "Always",
  };
}

/** Whether a container runs forever and so needs probes. A sidecar without a port does not, because nobody calls it. */
export const isServing = ({ pod, role, sidecar, tree: container }: Container) =>
  pod.serves && (role === "containers" || (sidecar && trees(container, "ports").length > 0));

/** The workloads of these pods by kind, namespace and name. Of two with one name the second overwrites the first. */
export const workloads = once(
  (pods: readonly Pod[]): ReadonlyMap<string, Pod> => new Map(pods.map((pod) => [label(pod.owner), pod])),
);

/** Names the first workloads of these pods, and counts the rest: `Deployment a/b, Job a/c and 7 more`. */
export function owners(pods: readonly Pod[], except?: KubeObject): string {
  const all = workloads(pods);
  const own = except && label(except);
  const named: string[] = [];
  for (const name of all.keys()) {
    if (named.length === MOST_NAMED) break;
    if (name !== own) named.push(name);
  }
  const rest = all.size - named.length - (own !== undefined && all.has(own) ? 1 : 0);
  const last = rest > 0 ? `${rest} more` : named.pop();
  return [named.join(", "), last].filter(Boolean).join(" and ");
}

const MOST_NAMED = 3;

/** The ServiceAccount of a pod, and the field that names it. The deprecated field counts if the other is empty. */
export function accountOf({ path, spec }: Pod): { readonly name: string; readonly field: string } {
  const field = ["serviceAccountName", "serviceAccount"].find((each) => text(spec, each)) ?? "serviceAccountName";
  return { name: text(spec, field) || "default", field: `${path}spec.${field}` };
}
