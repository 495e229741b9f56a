import { references } from "../kubernetes/references";
import { configMapSources, secretSources } from "../kubernetes/sources";
import type { KubeObject, Objects } from "../objects";
import { each, type Finding, type Rule } from "../rule";
import { list, type Tree, text, tree, trees } from "../tree";

/** What an object names is there. */
export const REFERENCE_RULES: readonly Rule[] = [
  {
    name: "config-reference",
    reason: "A pod whose Secret or ConfigMap, or a key of it, is not there never starts.",
    remedy:
      "Add the Secret (ExternalSecret, Certificate) or ConfigMap with that key, correct the name, or set optional: true.",
    check: missingConfiguration,
  },
  each(
    (objects) => objects.pods,
    "service-account-reference",
    "No pod is made while its ServiceAccount is not there.",
    "Add the ServiceAccount, or correct the name.",
    function* ({ owner, path, spec }, objects) {
      const name = text(spec, "serviceAccountName") ?? text(spec, "serviceAccount") ?? "default";
      if (name !== "default" && !objects.find("ServiceAccount", owner.namespace, name))
        yield { object: owner, field: `${path}spec.serviceAccountName`, problem: `names ${name}, which is not there` };
    },
  ),
  each(
    (objects) => objects.ofKind("StatefulSet"),
    "stateful-service",
    "The pods have no names in DNS otherwise.",
    "Add a headless Service (clusterIP: None) of that name.",
    function* (object, objects) {
      const name = text(object.tree, "spec", "serviceName") ?? "";
      const service = objects.find("Service", object.namespace, name);
      if (!service) yield { object, field: "spec.serviceName", problem: `names "${name}", which is not there` };
      else if (text(service.tree, "spec", "clusterIP") !== "None")
        yield { object, field: "spec.serviceName", problem: `names ${name}, which has an address of its own` };
    },
  ),
  each(
    (objects) => objects.ofKind("Ingress"),
    "ingress-service",
    "Whoever calls gets 503.",
    "Name a Service of the same namespace and a port that it has.",
    ingressBackends,
  ),
  each(
    (objects) => objects.ofKind("HorizontalPodAutoscaler", "VerticalPodAutoscaler"),
    "scale-target",
    "An autoscaler without its target does nothing.",
    "Name an object that is there, with its kind.",
    function* (object, objects) {
      const field = object.kind.startsWith("Vertical") ? "targetRef" : "scaleTargetRef";
      const target = tree(object.tree, "spec", field);
      const [kind, name] = [text(target, "kind") ?? "", text(target, "name") ?? ""];
      if (!objects.find(kind, object.namespace, name))
        yield { object, field: `spec.${field}`, problem: `names ${kind} ${name}, which is not there` };
    },
  ),
  each(
    (objects) => objects.ofKind("RoleBinding", "ClusterRoleBinding"),
    "role-reference",
    "A binding of what is not there gives nothing, until somebody makes it.",
    "Add the Role and the ServiceAccount that it names, or correct the names.",
    bindings,
  ),
];

function* missingConfiguration(objects: Objects): Iterable<Finding> {
  const sources = { Secret: secretSources(objects), ConfigMap: configMapSources(objects) };
  for (const { object, field, kind, name, keys } of references(objects)) {
    const source = sources[kind];
    if (!source.has(object.namespace, name)) {
      yield { object, field, problem: `names ${kind} ${name}, which is not there` };
      continue;
    }
    const missing = keys.filter((key) => !source.hasKey(object.namespace, name, key));
    if (missing.length > 0)
      yield { object, field, problem: `names ${missing.join(", ")}, which ${kind} ${name} lacks` };
  }
}

function* ingressBackends(object: KubeObject, objects: Objects): Iterable<Finding> {
  const backends: (readonly [string, Tree])[] = [["spec.defaultBackend", tree(object.tree, "spec", "defaultBackend")]];
  for (const [rule, index] of trees(object.tree, "spec", "rules"))
    for (const [path, at] of trees(rule, "http", "paths"))
      backends.push([`spec.rules[${index}].http.paths[${at}].backend`, tree(path, "backend")]);
  for (const [field, backend] of backends) {
    const name = text(backend, "service", "name");
    if (name === undefined) continue;
    const service = objects.find("Service", object.namespace, name);
    if (!service) yield { object, field, problem: `names Service ${name}, which is not there` };
    else if (!hasPort(service, tree(backend, "service", "port")))
      yield { object, field, problem: `names a port that Service ${name} lacks` };
  }
}

const hasPort = (service: KubeObject, { name, number }: Tree) =>
  trees(service.tree, "spec", "ports").some(([port]) =>
    name === undefined ? port.port === number : port.name === name,
  );

/** Cluster roles come with Kubernetes and other software, and are not looked for. */
function* bindings(object: KubeObject, objects: Objects): Iterable<Finding> {
  const role = tree(object.tree, "roleRef");
  if (role.kind === "Role" && !objects.find("Role", object.namespace, text(role, "name") ?? ""))
    yield { object, field: "roleRef", problem: `names Role ${role.name}, which is not there` };
  for (const [subject, index] of list(object.tree, "subjects").map((item, at) => [item, at] as const)) {
    if (text(subject, "kind") !== "ServiceAccount") continue;
    const [namespace, name] = [text(subject, "namespace") ?? object.namespace, text(subject, "name") ?? ""];
    if (name !== "default" && !objects.find("ServiceAccount", namespace, name))
      yield { object, field: `subjects[${index}]`, problem: `names ServiceAccount ${name}, which is not there` };
  }
}
