import { references } from "../kubernetes/references";
import { matchesAll } from "../kubernetes/selector";
import { configMapSources, secretSources } from "../kubernetes/sources";
import type { KubeObject } from "../object";
import type { Objects } from "../objects";
import { accountOf, type Pod } from "../pods";
import { type Breach, each, type Rule } from "../rule";
import { list, text, tree } from "../tree";

/** Every object that another one names exists. */
export const REFERENCE_RULES: readonly Rule[] = [
  {
    name: "config-reference",
    reason:
      "A pod whose Secret or ConfigMap, or a key of it, is not there never starts; images are pulled and an Ingress served without theirs.",
    remedy:
      "Add the Secret (ExternalSecret, Certificate) or ConfigMap with that key, correct the name, or set optional: true.",
    check: missingConfiguration,
  },
  each(
    (objects) => objects.pods,
    "service-account-reference",
    "No pod is made while its ServiceAccount is not there.",
    "Add the ServiceAccount, or correct the name.",
    function* (pod, objects) {
      const { name, field } = accountOf(pod);
      if (!objects.has("ServiceAccount", pod.owner.namespace, name))
        yield { object: pod.owner, field, problem: `names ${name}, which is not there` };
    },
  ),
  each(
    (objects) => objects.ofKind("StatefulSet"),
    "stateful-service",
    "Kubernetes promises the pods names of their own in DNS only with a headless Service that selects them.",
    "Add a headless Service (clusterIP: None) of that name that selects its pods.",
    function* (object, objects) {
      const name = text(object.tree, "spec", "serviceName") ?? "";
      const field = "spec.serviceName";
      if (name === "") return yield { object, field, problem: "is not set" };
      const problem = governingProblem(objects.find("Service", object.namespace, name), objects.podOf(object));
      if (problem) yield { object, field, problem: `names ${name}, which ${problem}` };
    },
  ),
  each(
    (objects) => objects.ofKind("RoleBinding", "ClusterRoleBinding"),
    "role-reference",
    "A binding of what is not there gives nothing, until somebody makes it.",
    "Add the Role and the ServiceAccount that it names, or correct the names, the namespace or the group.",
    bindings,
  ),
];

function* missingConfiguration(objects: Objects): Iterable<Breach> {
  const sources = { Secret: secretSources(objects), ConfigMap: configMapSources(objects) };
  for (const { object, field, kind, name, keys } of references(objects)) {
    const source = sources[kind];
    if (!source.has(object.namespace, name)) {
      if (objects.has(kind, object.namespace, name)) continue;
      yield { object, field, problem: `names ${kind} ${name}, which is not there` };
      continue;
    }
    const missing = keys.filter((key) => !source.hasKey(object.namespace, name, key));
    if (missing.length > 0)
      yield { object, field, problem: `names ${missing.join(", ")}, which ${kind} ${name} lacks` };
  }
}

function governingProblem(service: KubeObject | undefined, pod: Pod | undefined): string | undefined {
  if (!service) return "is not there";
  if (text(service.tree, "spec", "clusterIP") !== "None") return "has an address of its own";
  return pod && matchesAll(tree(service.tree, "spec", "selector"), pod.allLabels)
    ? undefined
    : "does not select its pods";
}

const RBAC = "rbac.authorization.k8s.io";

/**
 * Skips cluster roles: Kubernetes and other software bring them. Without a namespace a RoleBinding's subject is in the
 * binding's own.
 */
function* bindings(object: KubeObject, objects: Objects): Iterable<Breach> {
  const role = tree(object.tree, "roleRef");
  const group = text(role, "apiGroup") ?? "";
  if (group !== "" && group !== RBAC) yield { object, field: "roleRef.apiGroup", problem: `is ${group}, not ${RBAC}` };
  if (role.kind === "Role" && !objects.has("Role", object.namespace, text(role, "name") ?? ""))
    yield { object, field: "roleRef", problem: `names Role ${role.name}, which is not there` };
  for (const [subject, index] of list(object.tree, "subjects").map((item, at) => [item, at] as const)) {
    if (text(subject, "kind") !== "ServiceAccount") continue;
    const [namespace, name] = [text(subject, "namespace") || object.namespace, text(subject, "name") ?? ""];
    if (namespace === "" && object.kind === "ClusterRoleBinding")
      yield { object, field: `subjects[${index}].namespace`, problem: "is not set" };
    else if (!objects.has("ServiceAccount", namespace, name))
      yield { object, field: `subjects[${index}]`, problem: `names ServiceAccount ${name}, which is not there` };
  }
}
