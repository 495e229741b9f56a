import { extensionOf, KUBERNETES } from "./kubernetes/groups";
import type { KubeObject } from "./object";
import { type Tree, text, texts, tree, trees } from "./tree";

/** A pod that an object is or starts. */
export interface Pod {
  /** The object that starts it, or the pod itself. */
  readonly owner: KubeObject;
  /** Path of the pod inside its owner, e.g. `"spec.template."`. */
  readonly path: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
  readonly spec: Tree;
  readonly containers: readonly Container[];
  /** Whether it should run forever. A pod that ends needs no probes. */
  readonly serves: boolean;
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

/** The pod that an object is or starts; undefined for all other kinds, custom resources included. */
export function podOf(owner: KubeObject): Pod | undefined {
  const path = PODS.get(owner.kind);
  if (!path || extensionOf(owner.apiVersion) !== KUBERNETES) return undefined;
  const template = tree(owner.tree, ...path);
  const spec = tree(template, "spec");
  const containers: Container[] = [];
  const restart = text(spec, "restartPolicy") ?? "Always";
  const pod: Pod = {
    owner,
    path: path.map((part) => `${part}.`).join(""),
    labels: new Map(texts(template, "metadata", "labels")),
    annotations: new Map(texts(template, "metadata", "annotations")),
    spec,
    containers,
    serves: !ENDING.has(owner.kind) && restart === "Always",
  };
  for (const role of ROLES) {
    for (const [item, index] of trees(spec, role)) containers.push(container(pod, role, item, index));
  }
  return pod;
}

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
