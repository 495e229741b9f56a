import type { Objects } from "../objects";
import { accountOf, type Pod } from "../pods";
import { type Breach, each, type Rule } from "../rule";
import { at, list, text, trees } from "../tree";
import { contexts, inherited, NOWHERE } from "./contexts";
import { finding } from "./host";

const pods = (objects: Objects) => objects.pods;
const containers = (objects: Objects) => objects.containers;

/** Ids up to this one may belong to a user of the node. */
const HIGHEST_SYSTEM_ID = 10_000;

/** The identity of a pod, and its rights to write files and call the API. */
export const IDENTITY_RULES: readonly Rule[] = [
  each(
    pods,
    "run-as-non-root",
    "Root in a container is root on the node as soon as it gets out.",
    "Set runAsNonRoot: true for the pod, and false nowhere.",
    function* (pod) {
      for (const [value, found] of inherited(pod, "runAsNonRoot"))
        if (value !== true) yield found(`is ${value ?? NOWHERE}`);
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

const isLow = (id: unknown) => typeof id === "number" && id <= HIGHEST_SYSTEM_ID;

/** An id that is set nowhere is the image's own, which is usually low. */
function* highIds(pod: Pod): Iterable<Breach> {
  for (const id of ["runAsUser", "runAsGroup"])
    for (const [value, found] of inherited(pod, id))
      if (value === undefined || isLow(value)) yield found(`is ${value ?? NOWHERE}`);
  for (const [field, context, found] of contexts(pod)) {
    const group = at(context, "fsGroup");
    if (isLow(group)) yield found(`${field}.fsGroup`, `is ${group}`);
    const low = list(context, "supplementalGroups").filter(isLow);
    if (low.length > 0) yield found(`${field}.supplementalGroups`, `has ${low.join(", ")}`);
  }
}

function* token(pod: Pod, objects: Objects): Iterable<Breach> {
  const { owner, path, spec } = pod;
  const { name } = accountOf(pod);
  const account = objects.find("ServiceAccount", owner.namespace, name);
  const own = spec.automountServiceAccountToken ?? undefined;
  const mounts = own ?? at(account?.tree, "automountServiceAccountToken") ?? true;
  const problem = own === undefined ? `is not set, and ServiceAccount ${name} mounts its token` : `is ${own}`;
  if (mounts !== false) yield { object: owner, field: `${path}spec.automountServiceAccountToken`, problem };
  for (const [volume, index] of trees(spec, "volumes")) {
    if (trees(volume, "projected", "sources").some(([source]) => source.serviceAccountToken !== undefined))
      yield { object: owner, field: `${path}spec.volumes[${index}].projected`, problem: "holds a token" };
  }
}
