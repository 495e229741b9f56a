import { isAbout, isAboutAny, terms } from "../kubernetes/affinity";
import { portsOf } from "../kubernetes/ports";
import { isEmpty, matches, selectorOf } from "../kubernetes/selector";
import { type KubeObject, label } from "../object";
import type { Objects } from "../objects";
import { once } from "../once";
import { owners, type Pod, workloads } from "../pods";
import { type Breach, each, type Rule } from "../rule";
import { at, text, tree, trees } from "../tree";
import { imageName } from "./images";

const WORKLOADS = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"] as const;
const MONITORS = ["ServiceMonitor", "PodMonitor"] as const;

/** Selectors match what they should, and nothing else. */
export const SELECTOR_RULES: readonly Rule[] = [
  each(
    (objects) => objects.ofKind(...WORKLOADS),
    "selector-matches",
    "The API server refuses a workload that does not select its own pods. Of two that select each other's, each may adopt the other's pods, and autoscalers and budgets count both.",
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

function* ownSelector(object: KubeObject, objects: Objects): Iterable<Breach> {
  const selector = tree(object.tree, "spec", "selector");
  const field = "spec.selector";
  if (isEmpty(selector)) return yield { object, field, problem: "selects nothing" };
  const own = objects.podOf(object);
  if (own && !matches(selector, own.labels)) yield { object, field, problem: "does not match the pod template" };
  const found = objects.podsExactlyOf(selector, object.namespace);
  const all = workloads(found);
  if (all.size > (all.has(label(object)) ? 1 : 0))
    yield { object, field, problem: `matches the pods of ${owners(found, object)}` };
}

/** The pods of a Service. A Service without a selector has none, because its endpoints are made by others. */
export const selected = (service: KubeObject, objects: Objects): readonly Pod[] =>
  objects.podsOf(selectorOf(tree(service.tree, "spec", "selector")), service.namespace);

function* spread(pod: Pod, objects: Objects): Iterable<Breach> {
  const { owner, path, spec, allLabels } = pod;
  for (const [constraint, index] of trees(spec, "topologySpreadConstraints")) {
    const field = `${path}spec.topologySpreadConstraints[${index}].labelSelector`;
    if (!matches(constraint.labelSelector, allLabels))
      yield { object: owner, field, problem: "does not match the pod" };
  }
  // An anti-affinity to another workload's pods is deliberate, so one that matches any pod is fine.
  for (const term of terms(spec, "podAntiAffinity"))
    if (!isAbout(term, owner.namespace, pod, objects) && !isAboutAny(term, owner.namespace, objects))
      yield { object: owner, field: `${path}spec.${term.field}`, problem: "matches neither the pod nor another" };
}

/**
 * Whether pods run the same commands of the same images, whatever their versions. A stable and a canary Deployment do.
 * Two StatefulSets never do, because each has its own data.
 */
export const runOneProgram = once(
  (pods: readonly Pod[]) => new Set([...workloads(pods).values()].map(programOf)).size <= 1,
);

const programOf = ({ owner, containers }: Pod) =>
  JSON.stringify([
    owner.kind === "StatefulSet" && owner.name,
    ...containers
      .filter(({ role }) => role === "containers")
      .map(({ tree: { image, command, args } }) => [imageName(typeof image === "string" ? image : ""), command, args]),
  ]);

function* monitored(object: KubeObject, objects: Objects): Iterable<Breach> {
  const selector = tree(object.tree, "spec", "selector");
  if (at(object.tree, "spec", "namespaceSelector") !== undefined) return;
  const ofServices = object.kind === "ServiceMonitor";
  const ports = ofServices
    ? servicePortNames(objects.labelled("Service", selector, object.namespace))
    : podPortNames(objects.podsOf(selector, object.namespace));
  if (ports.size === 0 && objects.mayMatchOthers(selector, object.namespace)) return;
  if (ports.size === 0)
    return yield { object, field: "spec.selector", problem: `matches no ${ofServices ? "Service" : "pod"}` };
  const list = ofServices ? "endpoints" : "podMetricsEndpoints";
  for (const [endpoint, index] of trees(object.tree, "spec", list)) {
    const port = text(endpoint, "port");
    if (port !== undefined && !ports.has(port))
      yield { object, field: `spec.${list}[${index}].port`, problem: `is ${port}, which nothing selected has` };
  }
}

const servicePortNames = once(
  (services: readonly KubeObject[]) =>
    new Set(services.flatMap((service) => trees(service.tree, "spec", "ports").map(([port]) => port.name))),
);

const podPortNames = once((pods: readonly Pod[]) => new Set(pods.flatMap(portsOf).map(({ name }) => name)));
