import { isAbout, terms } from "../kubernetes/affinity";
import { share } from "../kubernetes/quantity";
import type { KubeObject } from "../object";
import type { Objects } from "../objects";
import type { Pod } from "../pods";
import { type Breach, each, type Rule } from "../rule";
import { number, type Tree, text, tree } from "../tree";
import { claimsOf } from "./claims";

/** Updates of workloads can proceed and finish. */
export const WORKLOAD_RULES: readonly Rule[] = [
  each(
    (objects) => objects.pods,
    "update-strategy",
    "An update that can only go on after what it waits for never ends; one that may remove every pod at once is an outage.",
    "Let it add a pod or remove one, but not all: maxSurge or maxUnavailable above 0, podManagementPolicy: Parallel, no partition, not paused, a volume for each pod.",
    function* (pod, objects) {
      const object = pod.owner;
      for (const [field, problem] of obstacles(pod, objects)) yield { object, field, problem };
    },
  ),
];

/** A field of a workload, and its fault. */
type Obstacle = readonly [field: Breach["field"], problem: string];

function obstacles(pod: Pod, objects: Objects): Iterable<Obstacle> {
  switch (pod.owner.kind) {
    case "Deployment":
      return ofDeployment(pod, objects);
    case "StatefulSet":
      return ofStatefulSet(pod, objects);
    case "DaemonSet":
      return ofDaemonSet(pod.owner);
    default:
      return [];
  }
}

const isNothing = (value: unknown) => value === 0 || value === "0%" || value === "0";
const NEITHER = "may neither add nor remove a pod";

function* ofDeployment(pod: Pod, objects: Objects): Iterable<Obstacle> {
  const spec = tree(pod.owner.tree, "spec");
  if (spec.paused === true) yield ["spec.paused", "is true, so that no update begins"];
  const [ready, deadline] = [number(spec, "minReadySeconds") ?? 0, number(spec, "progressDeadlineSeconds") ?? 600];
  if (ready >= deadline) yield ["spec.progressDeadlineSeconds", "is over before a pod counts as ready"];
  const strategy = tree(spec, "strategy");
  const count = pod.fewest ?? 1;
  if (text(strategy, "type") === "Recreate") {
    if (strategy.rollingUpdate)
      yield ["spec.strategy.rollingUpdate", "is set beside Recreate, which the API server refuses"];
    return yield* sharedClaims(pod, objects, count, 0);
  }
  const rolling = tree(strategy, "rollingUpdate");
  if (isNothing(rolling.maxSurge) && isNothing(rolling.maxUnavailable))
    return yield ["spec.strategy.rollingUpdate", NEITHER];
  const { surge, unavailable } = steps(rolling, count);
  if (count > 1 && unavailable >= count)
    yield ["spec.strategy.rollingUpdate.maxUnavailable", `lets all ${count} pods go at once`];
  yield* sharedClaims(pod, objects, count, surge);
  const apart = apartFromItself(pod, objects);
  if (apart !== undefined && count > 0 && unavailable === 0)
    yield ["spec.strategy.rollingUpdate.maxUnavailable", `is 0 of ${count} while no two pods may share a ${apart}`];
}

/** The numbers of pods that an update may add and remove. If rounding makes both zero, one pod may be removed. */
function steps({ maxSurge, maxUnavailable }: Tree, count: number) {
  const surge = share(maxSurge ?? "25%", count, Math.ceil) ?? 0;
  const unavailable = share(maxUnavailable ?? "25%", count, Math.floor) ?? 0;
  const rounded = surge === 0 && unavailable === 0 && !isNothing(maxUnavailable);
  return { surge, unavailable: rounded ? 1 : unavailable };
}

/** Node label of the place that two pods of a workload may not share; undefined if there is none. */
const apartFromItself = (pod: Pod, objects: Objects) =>
  terms(pod.spec, "podAntiAffinity").find((term) => term.required && isAbout(term, pod.owner.namespace, pod, objects))
    ?.topologyKey;

/**
 * Volumes limited to one node or pod although several pods need them. Pods that stay on one node may share its volume.
 */
function* sharedClaims(pod: Pod, objects: Objects, count: number, surge: number): Iterable<Obstacle> {
  for (const { name, holder } of claimsOf(pod, objects)) {
    if (holder === undefined || (holder === "node" && isOnOneNode(pod, objects))) continue;
    if (count > 1) yield ["spec.replicas", `is ${count}, and one ${holder} alone can have the claim ${name}`];
    else if (count + surge > 1)
      yield ["spec.strategy", `starts a new pod beside the old one, which holds the claim ${name} that it needs`];
  }
}

const HOSTNAME = "kubernetes.io/hostname";

const isOnOneNode = (pod: Pod, objects: Objects) =>
  text(pod.spec, "nodeName") !== undefined ||
  text(pod.spec, "nodeSelector", HOSTNAME) !== undefined ||
  terms(pod.spec, "podAffinity").some(
    (term) => term.required && term.topologyKey === HOSTNAME && isAbout(term, pod.owner.namespace, pod, objects),
  );

function* ofStatefulSet(pod: Pod, objects: Objects): Iterable<Obstacle> {
  const spec = tree(pod.owner.tree, "spec");
  if (text(spec, "podManagementPolicy") !== "Parallel")
    yield ["spec.podManagementPolicy", "is OrderedReady: a pod that never gets ready keeps its own correction away"];
  const partition = number(spec, "updateStrategy", "rollingUpdate", "partition") ?? 0;
  if (partition > 0)
    yield [
      "spec.updateStrategy.rollingUpdate.partition",
      `is ${partition}, and pods below that number stay as they are`,
    ];
  yield* sharedClaims(pod, objects, pod.fewest ?? 1, 0);
}

function* ofDaemonSet({ tree: object }: KubeObject): Iterable<Obstacle> {
  const strategy = tree(object, "spec", "updateStrategy");
  if (text(strategy, "type") === "OnDelete") return;
  const { maxSurge, maxUnavailable } = tree(strategy, "rollingUpdate");
  const [adds, removes] = [!isNothing(maxSurge ?? 0), !isNothing(maxUnavailable ?? 1)];
  const field = "spec.updateStrategy.rollingUpdate";
  if (!adds && !removes) yield [field, NEITHER];
  if (adds && removes)
    yield [`${field}.maxUnavailable`, "is not 0, though maxSurge is set, and the API server refuses both"];
}
