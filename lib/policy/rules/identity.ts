import type { Objects } from "../objects";
import type { Container, Pod } from "../pods";
import { each, type Finding, type Rule } from "../rule";
import { at, list, text, trees } from "../tree";
import { finding } from "./host";
import { contexts } from "./privileges";

const pods = (objects: Objects) => objects.pods;
const containers = (objects: Objects) => objects.containers;

/** Ids up to this one may belong to somebody on the node. */
const HIGHEST_SYSTEM_ID = 10_000;

/** As whom a pod runs, and what it can write and ask. */
export const IDENTITY_RULES: readonly Rule[] = [
  each(
    pods,
    "run-as-non-root",
    "Root in a container is root on the node as soon as it gets out.",
    "Set runAsNonRoot: true for the pod, and false nowhere.",
    function* (pod) {
      const ofPod = at(pod.spec, "securityContext", "runAsNonRoot");
      for (const container of pod.containers) {
        const value = at(container.tree, "securityContext", "runAsNonRoot");
        if ((value ?? ofPod) !== true)
          yield finding(container, "securityContext.runAsNonRoot", `is ${value ?? "set neither here nor for the pod"}`);
      }
    },
  ),
  each(
    pods,
    "high-ids",
    "A low id may be somebody's on the node, who then owns the pod's files and processes.",
    `Set runAsUser and runAsGroup, and fsGroup where there is one, above ${HIGHEST_SYSTEM_ID}.`,
    highIds,
  ),
  each(
    containers,
    "read-only-root",
    "What breaks in can otherwise change the program that runs.",
    "Set readOnlyRootFilesystem: true, and mount an emptyDir where the program writes.",
    function* (container) {
      const value = at(container.tree, "securityContext", "readOnlyRootFilesystem");
      if (value !== true)
        yield finding(container, "securityContext.readOnlyRootFilesystem", `is ${value ?? "not set"}`);
    },
  ),
  {
    name: "service-account-token",
    reason: "Whoever reads a pod's token asks the API server in its name.",
    remedy: "Set automountServiceAccountToken: false for the pod, and let no Secret hold a token, which never expires.",
    *check(objects) {
      for (const pod of objects.pods) yield* token(pod, objects);
      for (const object of objects.ofKind("Secret")) {
        const type = text(object.tree, "type");
        if (type === "kubernetes.io/service-account-token") yield { object, field: "type", problem: `is ${type}` };
      }
    },
  },
];

function* highIds(pod: Pod): Iterable<Finding> {
  for (const [field, context, found] of contexts(pod)) {
    for (const id of ["runAsUser", "runAsGroup", "fsGroup"]) {
      const value = at(context, id);
      if (typeof value === "number" && value <= HIGHEST_SYSTEM_ID) yield found(`${field}.${id}`, `is ${value}`);
    }
    const low = list(context, "supplementalGroups").filter((id) => typeof id === "number" && id <= HIGHEST_SYSTEM_ID);
    if (low.length > 0) yield found(`${field}.supplementalGroups`, `has ${low.join(", ")}`);
  }
  for (const container of pod.containers) yield* unset(container);
}

/** The image's own id, which is usually low, where neither the container nor the pod sets one. */
function* unset(container: Container): Iterable<Finding> {
  for (const id of ["runAsUser", "runAsGroup"]) {
    const value = at(container.tree, "securityContext", id) ?? at(container.pod.spec, "securityContext", id);
    if (value === undefined) yield finding(container, `securityContext.${id}`, "is set neither here nor for the pod");
  }
}

function* token({ owner, path, spec }: Pod, objects: Objects): Iterable<Finding> {
  const account = objects.find("ServiceAccount", owner.namespace, text(spec, "serviceAccountName") ?? "default");
  const mounts = spec.automountServiceAccountToken ?? at(account?.tree, "automountServiceAccountToken") ?? true;
  if (mounts !== false)
    yield { object: owner, field: `${path}spec.automountServiceAccountToken`, problem: `is ${mounts}, or not set` };
  for (const [volume, index] of trees(spec, "volumes")) {
    if (trees(volume, "projected", "sources").some(([source]) => source.serviceAccountToken !== undefined))
      yield { object: owner, field: `${path}spec.volumes[${index}].projected`, problem: "holds a token" };
  }
}
