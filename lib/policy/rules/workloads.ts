import { share } from "../kubernetes/quantity";
import { matches } from "../kubernetes/selector";
import type { KubeObject, Objects } from "../objects";
import type { Pod } from "../pods";
import { each, type Finding, type Rule } from "../rule";
import { at, number, type Tree, text, tree, trees } from "../tree";
import { antiAffinity } from "./selectors";

/** How workloads are updated, and what keeps enough of them running meanwhile. */
export const WORKLOAD_RULES: readonly Rule[] = [
  each(
    (objects) => objects.ofKind("PodDisruptionBudget"),
    "disruption-budget-blocks",
    "No node with one of the pods can ever be drained, and cluster upgrades stop there.",
    "Let at least one pod go: maxUnavailable: 1, or minAvailable below the number of pods.",
    function* (object, objects) {
      for (const [field, allowed] of allowance(object, objects))
        if (allowed < 1) yield { object, field, problem: "lets no pod go" };
    },
  ),
  each(
    (objects) => objects.ofKind("PodDisruptionBudget"),
    "disruption-budget-covers",
    "A budget that matches no pod, or lets all of several go at once, protects nothing.",
    "Select the labels of one workload that serves, and keep one of its pods.",
    uselessBudget,
  ),
  each(
    (objects) => objects.ofKind("Deployment", "StatefulSet"),
    "disruption-budget-present",
    "A drain takes all pods at once; with two budgets for a pod, none at all.",
    "Add one PodDisruptionBudget that selects its pods.",
    function* (object, objects) {
      const pod = objects.pods.find(({ owner }) => owner === object);
      const budgets = objects.ofKind("PodDisruptionBudget").filter((budget) => pod && covers(budget, pod));
      if (budgets.length === 0 && replicas(object, objects) > 1)
        yield { object, field: "spec.replicas", problem: "is more than one, and no budget keeps any" };
      if (budgets.length > 1)
        yield { object, field: "spec.template.metadata.labels", problem: `are in ${budgets.length} budgets` };
    },
  ),
  each(
    (objects) => objects.ofKind("Deployment", "StatefulSet", "DaemonSet"),
    "update-strategy",
    "An update that can only go on after what it waits for never ends.",
    "Let it add a pod or remove one: maxSurge or maxUnavailable above 0, podManagementPolicy: Parallel, no partition, a volume for each pod.",
    function* (object) {
      for (const [field, problem] of deadlocks(object)) yield { object, field, problem };
    },
  ),
];

const covers = (budget: KubeObject, pod: Pod) =>
  budget.namespace === pod.owner.namespace && matches(tree(budget.tree, "spec", "selector"), pod.labels);

const coveredPods = (budget: KubeObject, objects: Objects) =>
  objects.pods.filter((pod) => pod.serves && covers(budget, pod));

/** The fewest pods that there will be: an autoscaler's least where there is one. */
function replicas(object: KubeObject, objects: Objects): number {
  const scaler = objects.ofKind("HorizontalPodAutoscaler").find(({ namespace, tree: each }) => {
    const target = tree(each, "spec", "scaleTargetRef");
    return namespace === object.namespace && target.kind === object.kind && target.name === object.name;
  });
  return number(scaler?.tree, "spec", "minReplicas") ?? (scaler ? 1 : (number(object.tree, "spec", "replicas") ?? 1));
}

/** How many of its pods a budget lets go, and which field says so. */
function allowance(budget: KubeObject, objects: Objects): readonly (readonly [string, number])[] {
  const total = coveredPods(budget, objects).reduce((sum, { owner }) => sum + replicas(owner, objects), 0);
  if (total === 0) return [];
  const most = share(at(budget.tree, "spec", "maxUnavailable"), total, Math.ceil);
  const least = share(at(budget.tree, "spec", "minAvailable"), total, Math.ceil);
  return [
    ...(most === undefined ? [] : [["spec.maxUnavailable", most] as const]),
    ...(least === undefined ? [] : [["spec.minAvailable", total - least] as const]),
  ];
}

function* uselessBudget(object: KubeObject, objects: Objects): Iterable<Finding> {
  const pods = coveredPods(object, objects);
  if (pods.length === 0) return yield { object, field: "spec.selector", problem: "matches no pod that serves" };
  const total = pods.reduce((sum, { owner }) => sum + replicas(owner, objects), 0);
  const allowed = allowance(object, objects);
  if (allowed.length === 0) yield { object, field: "spec", problem: "names neither minAvailable nor maxUnavailable" };
  for (const [field, count] of allowed)
    if (total > 1 && count >= total) yield { object, field, problem: `lets all ${total} pods go` };
}

/** What keeps an update from ending: field and problem. */
function deadlocks({ kind, tree: object }: KubeObject): readonly (readonly [string, string])[] {
  const spec = tree(object, "spec");
  if (kind === "StatefulSet") return ofStatefulSet(spec);
  const field = kind === "Deployment" ? "strategy" : "updateStrategy";
  const strategy = tree(spec, field);
  if (text(strategy, "type") === "Recreate" || text(strategy, "type") === "OnDelete") return [];
  const rolling = tree(strategy, "rollingUpdate");
  const surge = rolling.maxSurge ?? (kind === "Deployment" ? "25%" : 0);
  const unavailable = rolling.maxUnavailable ?? (kind === "Deployment" ? "25%" : 1);
  const found: (readonly [string, string])[] = [];
  if (isNothing(surge) && isNothing(unavailable))
    found.push([`spec.${field}.rollingUpdate`, "may neither add nor remove a pod"]);
  if (kind === "Deployment") found.push(...ofDeployment(spec, surge, unavailable));
  return found;
}

const isNothing = (value: unknown) => value === 0 || value === "0%" || value === "0";

function ofStatefulSet(spec: Tree): readonly (readonly [string, string])[] {
  const found: [string, string][] = [];
  if (text(spec, "podManagementPolicy") !== "Parallel")
    found.push([
      "spec.podManagementPolicy",
      "is OrderedReady: a pod that never gets ready keeps its own correction away",
    ]);
  const partition = number(spec, "updateStrategy", "rollingUpdate", "partition") ?? 0;
  if (partition >= (number(spec, "replicas") ?? 1) && partition > 0)
    found.push(["spec.updateStrategy.rollingUpdate.partition", "leaves every pod out"]);
  return found;
}

function ofDeployment(spec: Tree, surge: unknown, unavailable: unknown): readonly (readonly [string, string])[] {
  const found: [string, string][] = [];
  const [ready, deadline] = [number(spec, "minReadySeconds") ?? 0, number(spec, "progressDeadlineSeconds") ?? 600];
  if (ready >= deadline) found.push(["spec.progressDeadlineSeconds", "is over before a pod counts as ready"]);
  const pod = tree(spec, "template", "spec");
  const claim = trees(pod, "volumes").find(([volume]) => volume.persistentVolumeClaim !== undefined);
  if (claim && !isNothing(surge))
    found.push(["spec.strategy", "starts a new pod beside the old one, which holds the claim that it needs"]);
  const apart = antiAffinity(pod).some(([field]) => field.includes(".required"));
  if (apart && isNothing(unavailable))
    found.push(["spec.strategy.rollingUpdate.maxUnavailable", "is 0 while no two pods may share a node"]);
  return found;
}
