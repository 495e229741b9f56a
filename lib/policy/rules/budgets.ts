import { share } from "../kubernetes/quantity";
import type { KubeObject } from "../object";
import type { Objects } from "../objects";
import { once } from "../once";
import { owners, type Pod } from "../pods";
import { type Breach, each, type Rule } from "../rule";
import { at, isSet, tree } from "../tree";
import { runOneProgram } from "./selectors";

const budgets = (objects: Objects) => objects.ofKind("PodDisruptionBudget");

/** Enough pods keep running while nodes are drained. */
export const BUDGET_RULES: readonly Rule[] = [
  each(
    budgets,
    "disruption-budget-blocks",
    "No node with one of the pods can ever be drained, and cluster upgrades stop there.",
    "Let at least one pod go: maxUnavailable: 1, or minAvailable below the number of pods.",
    function* (object, objects) {
      for (const [field, allowed] of allowance(object, objects))
        if (allowed < 1) yield { object, field, problem: "lets no pod go" };
    },
  ),
  each(
    budgets,
    "disruption-budget-covers",
    "A budget that matches no pod, or lets all of several go at once, protects nothing.",
    "Select the labels of one workload that serves, and keep one of its pods.",
    uselessBudget,
  ),
  {
    name: "disruption-budget-present",
    reason: "A drain takes all pods at once; with two budgets for a pod, none at all.",
    remedy: "Add one PodDisruptionBudget that selects its pods.",
    *check(objects) {
      const counts = budgetsByPod(objects);
      for (const object of objects.ofKind("Deployment", "StatefulSet")) {
        const pod = objects.podOf(object);
        const found = counts.get(pod) ?? 0;
        if (found === 0 && (pod?.fewest ?? 0) > 1)
          yield { object, field: "spec.replicas", problem: "is more than one, and no budget keeps any" };
        if (found > 1) yield { object, field: "spec.template.metadata.labels", problem: `are in ${found} budgets` };
      }
    },
  },
];

const podsOf = (budget: KubeObject, objects: Objects) =>
  objects.podsOf(at(budget.tree, "spec", "selector"), budget.namespace);

/** The number of budgets of each pod. */
function budgetsByPod(objects: Objects): ReadonlyMap<Pod | undefined, number> {
  const lists = new Map<readonly Pod[], number>();
  for (const budget of budgets(objects)) {
    const pods = podsOf(budget, objects);
    lists.set(pods, (lists.get(pods) ?? 0) + 1);
  }
  const counts = new Map<Pod, number>();
  for (const [pods, count] of lists) for (const pod of pods) counts.set(pod, (counts.get(pod) ?? 0) + count);
  return counts;
}

const serving = once((pods: readonly Pod[]) => pods.filter((pod) => pod.serves));
const coveredPods = (budget: KubeObject, objects: Objects) => serving(podsOf(budget, objects));

/** The total number of pods of the workloads; undefined if one of them is a DaemonSet. */
const totalOf = once((pods: readonly Pod[]) =>
  pods.reduce<number | undefined>(
    (sum, { fewest }) => (sum === undefined || fewest === undefined ? undefined : sum + fewest),
    0,
  ),
);

/** The number of pods that a budget lets go, as far as known, with the field that sets it. */
function allowance(budget: KubeObject, objects: Objects): readonly (readonly [string, number])[] {
  const total = totalOf(coveredPods(budget, objects));
  if (total === 0) return [];
  // If the total is unknown, 1 will do: 0% stays none, and any other share is at least one pod.
  const most = share(at(budget.tree, "spec", "maxUnavailable"), total ?? 1, Math.ceil);
  const least = total === undefined ? undefined : share(at(budget.tree, "spec", "minAvailable"), total, Math.ceil);
  return [
    ...(most === undefined ? [] : [["spec.maxUnavailable", most] as const]),
    ...(total === undefined || least === undefined ? [] : [["spec.minAvailable", total - least] as const]),
  ];
}

function* uselessBudget(object: KubeObject, objects: Objects): Iterable<Breach> {
  const pods = coveredPods(object, objects);
  if (pods.length === 0) {
    const { selector } = tree(object.tree, "spec");
    if (!objects.mayMatchOthers(selector, object.namespace))
      yield { object, field: "spec.selector", problem: "matches no pod that serves" };
    return;
  }
  if (!runOneProgram(pods)) yield { object, field: "spec.selector", problem: `matches the pods of ${owners(pods)}` };
  const { minAvailable, maxUnavailable } = tree(object.tree, "spec");
  const both = isSet(minAvailable) && isSet(maxUnavailable);
  if (both) yield { object, field: "spec", problem: "names both minAvailable and maxUnavailable, which is refused" };
  else if (!isSet(minAvailable) && !isSet(maxUnavailable))
    yield { object, field: "spec", problem: "names neither minAvailable nor maxUnavailable" };
  const total = totalOf(pods) ?? 0;
  for (const [field, count] of allowance(object, objects))
    if (total > 1 && count >= total) yield { object, field, problem: `lets all ${total} pods go` };
}
