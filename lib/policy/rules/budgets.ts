import { isOperators } from "../kubernetes/operators";
import { share } from "../kubernetes/quantity";
import { fewestPods } from "../kubernetes/scale";
import { matches } from "../kubernetes/selector";
import { type KubeObject, label } from "../object";
import type { Objects } from "../objects";
import type { Pod } from "../pods";
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
  each(
    (objects) => objects.ofKind("Deployment", "StatefulSet"),
    "disruption-budget-present",
    "A drain takes all pods at once; with two budgets for a pod, none at all.",
    "Add one PodDisruptionBudget that selects its pods.",
    function* (object, objects) {
      const pod = objects.podOf(object);
      const found = budgets(objects).filter((budget) => pod && covers(budget, pod));
      if (found.length === 0 && (fewestPods(object, objects) ?? 0) > 1)
        yield { object, field: "spec.replicas", problem: "is more than one, and no budget keeps any" };
      if (found.length > 1)
        yield { object, field: "spec.template.metadata.labels", problem: `are in ${found.length} budgets` };
    },
  ),
];

const covers = (budget: KubeObject, pod: Pod) =>
  budget.namespace === pod.owner.namespace && matches(at(budget.tree, "spec", "selector"), pod.labels);

const coveredPods = (budget: KubeObject, objects: Objects) =>
  objects.pods.filter((pod) => pod.serves && covers(budget, pod));

/** The total number of pods of the workloads; undefined if one of them is a DaemonSet. */
const totalOf = (pods: readonly Pod[], objects: Objects) =>
  pods.reduce<number | undefined>((sum, { owner }) => {
    const count = fewestPods(owner, objects);
    return sum === undefined || count === undefined ? undefined : sum + count;
  }, 0);

/** The number of pods that a budget lets go, as far as known, with the field that sets it. */
function allowance(budget: KubeObject, objects: Objects): readonly (readonly [string, number])[] {
  const total = totalOf(coveredPods(budget, objects), objects);
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
    if (!isOperators(selector, object.namespace, objects))
      yield { object, field: "spec.selector", problem: "matches no pod that serves" };
    return;
  }
  const owners = pods.map(({ owner }) => label(owner)).join(" and ");
  if (!runOneProgram(pods)) yield { object, field: "spec.selector", problem: `matches the pods of ${owners}` };
  const { minAvailable, maxUnavailable } = tree(object.tree, "spec");
  const both = isSet(minAvailable) && isSet(maxUnavailable);
  if (both) yield { object, field: "spec", problem: "names both minAvailable and maxUnavailable, which is refused" };
  else if (!isSet(minAvailable) && !isSet(maxUnavailable))
    yield { object, field: "spec", problem: "names neither minAvailable nor maxUnavailable" };
  const total = totalOf(pods, objects) ?? 0;
  for (const [field, count] of allowance(object, objects))
    if (total > 1 && count >= total) yield { object, field, problem: `lets all ${total} pods go` };
}
