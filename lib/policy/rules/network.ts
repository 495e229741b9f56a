import { DIRECTIONS, type Direction, directions, peers, rulesOf, selectsAll } from "../kubernetes/network";
import { matches } from "../kubernetes/selector";
import type { KubeObject } from "../object";
import type { Objects } from "../objects";
import { Places } from "../places";
import type { Pod } from "../pods";
import { type Breach, each, type Rule } from "../rule";
import { isTree, type Tree, text, tree } from "../tree";
import { NETWORK_PATH_RULE } from "./network-path";

const policies = (objects: Objects) => objects.ofKind("NetworkPolicy");
const pods = (objects: Objects) => objects.pods;

/** Network policies deny by default, and allow the connections that are needed. */
export const NETWORK_RULES: readonly Rule[] = [
  {
    name: "default-deny",
    reason: "A pod that no policy names may talk to everybody, and everybody to it.",
    remedy: "Add a NetworkPolicy with podSelector: {} and both policyTypes and no rules to the namespace.",
    check: defaultDeny,
  },
  each(
    policies,
    "network-policy-open",
    "A rule for everybody is no rule: policies add up, so it undoes every other one.",
    "Name the pods, the namespace or the address range.",
    openRules,
  ),
  {
    name: "network-policy-covers",
    reason: "What a pod may receive and send is said nowhere.",
    remedy: "Add a NetworkPolicy that selects its labels, with both policyTypes.",
    *check(objects) {
      const [ingress, egress] = DIRECTIONS.map((direction) => coveredPods(direction, objects));
      for (const pod of pods(objects)) {
        const missing = [...(ingress?.has(pod) ? [] : ["Ingress"]), ...(egress?.has(pod) ? [] : ["Egress"])];
        const field = `${pod.path}metadata.labels`;
        if (missing.length > 0)
          yield { object: pod.owner, field, problem: `are in no ${missing.join(" and no ")} policy of their own` };
      }
    },
  },
  each(
    policies,
    "network-policy-selects",
    "A policy of nobody protects nobody: the pods that it was written for have another label.",
    "Select labels that a pod has, or leave the policy out.",
    function* (object, objects) {
      const selector = tree(object.tree, "spec", "podSelector");
      if (selectsAll(object) || podsOf(object, objects).length > 0) return;
      if (!objects.mayMatchOthers(selector, object.namespace))
        yield { object, field: "spec.podSelector", problem: "matches no pod" };
    },
  ),
  NETWORK_PATH_RULE,
];

const podsOf = (policy: KubeObject, objects: Objects) =>
  objects.podsOf(tree(policy.tree, "spec", "podSelector"), policy.namespace);

/** The pods that a policy for this direction selects, other than one for all pods. */
function coveredPods(direction: Direction, objects: Objects): ReadonlySet<Pod> {
  const own = policies(objects).filter((policy) => !selectsAll(policy) && directions(policy).includes(direction));
  return new Set([...new Set(own.map((policy) => podsOf(policy, objects)))].flat());
}

function* defaultDeny(objects: Objects): Iterable<Breach> {
  const denied = new Places<true>();
  for (const policy of policies(objects)) {
    if (!selectsAll(policy)) continue;
    for (const direction of directions(policy))
      if (rulesOf(policy, direction).length === 0) denied.set(policy.namespace, direction, true);
  }
  const homes = new Map(pods(objects).map(({ owner }) => [owner.namespace, owner]));
  // A Namespace among the objects must be closed even if no object starts a pod in it.
  for (const namespace of objects.ofKind("Namespace")) homes.set(namespace.name, namespace);
  for (const [name, object] of homes) {
    const open = DIRECTIONS.filter((direction) => denied.get(name, direction) === undefined);
    if (open.length === 0) continue;
    const place = name === "" ? "the namespace that it is applied to" : `namespace "${name}"`;
    const problem = `nothing denies ${open.join(" and ")} by default in ${place}`;
    yield { object, field: "metadata.namespace", problem };
  }
}

function* openRules(object: KubeObject): Iterable<Breach> {
  for (const direction of directions(object)) {
    for (const [rule, index] of rulesOf(object, direction)) {
      const field = `spec.${direction.toLowerCase()}[${index}]`;
      const named = peers(rule, direction);
      if (!named) yield { object, field, problem: "names nobody, and so is for everybody" };
      for (const [peer, at] of named ?? [])
        if (isEverybody(peer))
          yield {
            object,
            field: `${field}.${direction === "Ingress" ? "from" : "to"}[${at}]`,
            problem: "is everybody",
          };
    }
  }
}

/**
 * Whether a peer is all pods of all namespaces, or a large part of all addresses. An empty peer is invalid, but means
 * everybody.
 */
function isEverybody(peer: Tree): boolean {
  if (isTree(peer.ipBlock)) return LARGE_RANGE.test(text(peer, "ipBlock", "cidr") ?? "");
  if (!isTree(peer.namespaceSelector)) return !isTree(peer.podSelector);
  const pods = tree(peer, "podSelector");
  return matches(peer.namespaceSelector, STRANGE_NAMESPACE) && STRANGERS.some((labels) => matches(pods, labels));
}

/** Labels that no policy names on purpose. A selector that matches them is open to everybody. */
const STRANGE_NAMESPACE = new Map([["kubernetes.io/metadata.name", "somebody-elses"]]);
const STRANGERS = [
  new Map<string, string>(),
  new Map(["app", "app.kubernetes.io/name"].map((key) => [key, "strange"])),
];

/**
 * At least an eighth of IPv6, which is all its global addresses. For IPv4, more than a /8, the most that one owner has.
 */
const LARGE_RANGE = /^[^:]*\/[0-7]$|:.*\/[0-3]$/;
