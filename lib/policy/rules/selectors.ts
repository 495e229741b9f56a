import { isEmpty, matches } from "../kubernetes/selector";
import { type KubeObject, label, type Objects } from "../objects";
import type { Pod } from "../pods";
import { each, type Finding, type Rule } from "../rule";
import { at, type Tree, text, tree, trees } from "../tree";
import { portsOf } from "./probes";

const WORKLOADS = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"] as const;
const MONITORS = ["ServiceMonitor", "PodMonitor"] as const;

/** Selectors match what they should, and nothing else. */
export const SELECTOR_RULES: readonly Rule[] = [
  each(
    (objects) => objects.ofKind(...WORKLOADS),
    "selector-matches",
    "The API server refuses a workload that does not select its own pods, and two that select each other's fight over them.",
    "Use labels that the pod template has and no other workload's pods have.",
    ownSelector,
  ),
  each(
    (objects) => objects.pods,
    "spread-selects",
    "A spread or anti-affinity that does not match its own pods lets all of them go to one node.",
    "Select the labels of the pod template.",
    spread,
  ),
  each(
    (objects) => objects.ofKind(...MONITORS),
    "monitor-selects",
    "Metrics of what is not found are missing, and so are the alerts on them.",
    "Select labels that a Service or pod has, and one of its ports by name.",
    monitored,
  ),
];

function* ownSelector(object: KubeObject, objects: Objects): Iterable<Finding> {
  const selector = tree(object.tree, "spec", "selector");
  const field = "spec.selector";
  if (isEmpty(selector)) return yield { object, field, problem: "selects nothing" };
  for (const pod of podsIn(objects, object.namespace)) {
    const own = pod.owner === object;
    if (own && !matches(selector, pod.labels)) yield { object, field, problem: "does not match the pod template" };
    if (!own && matches(selector, pod.labels))
      yield { object, field, problem: `matches the pods of ${label(pod.owner)}` };
  }
}

export const podsIn = (objects: Objects, namespace: string) =>
  objects.pods.filter(({ owner }) => owner.namespace === namespace);

function* spread({ owner, path, spec, labels }: Pod): Iterable<Finding> {
  for (const [constraint, index] of trees(spec, "topologySpreadConstraints")) {
    const field = `${path}spec.topologySpreadConstraints[${index}].labelSelector`;
    if (!matches(tree(constraint, "labelSelector"), labels))
      yield { object: owner, field, problem: "does not match the pod" };
  }
  for (const [field, term] of antiAffinity(spec))
    if (!matches(tree(term, "labelSelector"), labels))
      yield { object: owner, field: `${path}spec.${field}.labelSelector`, problem: "does not match the pod" };
}

/** The terms of a pod's anti-affinity, each with where it is. */
export function antiAffinity(spec: Tree): readonly (readonly [string, Tree])[] {
  const base = "affinity.podAntiAffinity";
  const [preferred, required] = [
    "preferredDuringSchedulingIgnoredDuringExecution",
    "requiredDuringSchedulingIgnoredDuringExecution",
  ];
  const rules = tree(spec, "affinity", "podAntiAffinity");
  return [
    ...trees(rules, preferred).map(
      ([item, index]) => [`${base}.${preferred}[${index}].podAffinityTerm`, tree(item, "podAffinityTerm")] as const,
    ),
    ...trees(rules, required).map(([item, index]) => [`${base}.${required}[${index}]`, item] as const),
  ];
}

function* monitored(object: KubeObject, objects: Objects): Iterable<Finding> {
  const selector = tree(object.tree, "spec", "selector");
  if (at(object.tree, "spec", "namespaceSelector") !== undefined) return;
  const ofServices = object.kind === "ServiceMonitor";
  const ports = ofServices ? servicePortNames(object, objects, selector) : podPortNames(object, objects, selector);
  if (!ports) return yield { object, field: "spec.selector", problem: `matches no ${ofServices ? "Service" : "pod"}` };
  const list = ofServices ? "endpoints" : "podMetricsEndpoints";
  for (const [endpoint, index] of trees(object.tree, "spec", list)) {
    const port = text(endpoint, "port");
    if (port !== undefined && !ports.has(port))
      yield { object, field: `spec.${list}[${index}].port`, problem: `is ${port}, which nothing selected has` };
  }
}

function servicePortNames({ namespace }: KubeObject, objects: Objects, selector: Tree) {
  const services = objects
    .ofKind("Service")
    .filter((each) => each.namespace === namespace && matches(selector, new Map(Object.entries(labelsOf(each)))));
  if (services.length === 0) return undefined;
  return new Set(services.flatMap((service) => trees(service.tree, "spec", "ports").map(([port]) => port.name)));
}

export const labelsOf = ({ tree: object }: KubeObject) => tree(object, "metadata", "labels") as Record<string, string>;

function podPortNames({ namespace }: KubeObject, objects: Objects, selector: Tree) {
  const pods = podsIn(objects, namespace).filter((pod) => matches(selector, pod.labels));
  return pods.length === 0 ? undefined : portsOf(pods.flatMap(({ containers }) => containers));
}
