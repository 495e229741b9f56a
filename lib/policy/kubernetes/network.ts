import type { Port } from "../connections";
import type { KubeObject } from "../object";
import type { Objects } from "../objects";
import { mayBeSame } from "../places";
import type { Container, Pod } from "../pods";
import { at, isTree, list, type Tree, tree, trees } from "../tree";
import type { Labels } from "./labels";
import { listens, protocolOf } from "./ports";
import { isEmpty, matches } from "./selector";

export type Direction = "Ingress" | "Egress";
export const DIRECTIONS: readonly Direction[] = ["Ingress", "Egress"];

/** One end of a connection: a pod, as far as it is known. */
export interface End {
  readonly namespace: string;
  readonly labels: Labels;
  /** Containers that declare its named ports; undefined for pods that are not among the objects. */
  readonly containers?: readonly Container[];
}

/** The directions that a policy restricts. By default these are Ingress, and Egress if it has egress rules. */
export function directions(policy: KubeObject): readonly Direction[] {
  const named = list(policy.tree, "spec", "policyTypes");
  if (named.length > 0) return DIRECTIONS.filter((direction) => named.includes(direction));
  return at(policy.tree, "spec", "egress") === undefined ? ["Ingress"] : DIRECTIONS;
}

export const rulesOf = (policy: KubeObject, direction: Direction) =>
  trees(policy.tree, "spec", direction === "Ingress" ? "ingress" : "egress");

/** The peers of a rule; undefined means everybody. */
export function peers(rule: Tree, direction: Direction): readonly (readonly [Tree, number])[] | undefined {
  const found = trees(rule, direction === "Ingress" ? "from" : "to");
  return found.length === 0 ? undefined : found;
}

const selects = (policy: KubeObject, { namespace, labels }: End) =>
  mayBeSame(policy.namespace, namespace) && matches(tree(policy.tree, "spec", "podSelector"), labels);

/** Whether a policy selects every pod of its namespace. */
export const selectsAll = (policy: KubeObject) => isEmpty(tree(policy.tree, "spec", "podSelector"));

export const endOf = ({ owner, allLabels, containers }: Pod): End => ({
  namespace: owner.namespace,
  labels: allLabels,
  containers,
});

/**
 * Whether the policies let `pod` accept from, or open to, `peer` at `port`. A pod that no policy selects may do
 * everything.
 */
export function allows(objects: Objects, direction: Direction, pod: End, peer: End, port: Port): boolean {
  const about = objects
    .ofKind("NetworkPolicy")
    .filter((policy) => directions(policy).includes(direction) && selects(policy, pod));
  if (about.length === 0) return true;
  const target = direction === "Ingress" ? pod : peer;
  return about.some((policy) =>
    rulesOf(policy, direction).some(
      ([rule]) =>
        allowsPort(rule, port, target) &&
        (peers(rule, direction)?.some(([each]) => isPeer(objects, policy, each, peer)) ?? true),
    ),
  );
}

/** A named port is looked up in the pods that accept the connection. */
function allowsPort(rule: Tree, port: Port, target: End): boolean {
  const ports = trees(rule, "ports");
  return (
    ports.length === 0 ||
    ports.some(([allowed]) => {
      const { port: from, endPort } = allowed;
      if (protocolOf(allowed) !== port.protocol) return false;
      if (typeof from === "string") return hasPort(target, from, port);
      return typeof from !== "number" || (from <= port.number && port.number <= Number(endPort ?? from));
    })
  );
}

/** Whether the pods declare the port under this name. If their containers are unknown, the answer is yes. */
function hasPort({ containers }: End, name: string, { number, protocol }: Port): boolean {
  const named = ([port]: readonly [Tree, number]) =>
    port.name === name && port.containerPort === number && protocolOf(port) === protocol;
  return containers?.filter(listens).some((container) => trees(container.tree, "ports").some(named)) ?? true;
}

/** Address ranges do not count, because they say nothing about pods. */
function isPeer(objects: Objects, policy: KubeObject, peer: Tree, { namespace, labels }: End): boolean {
  if (isTree(peer.ipBlock)) return false;
  const home = isTree(peer.namespaceSelector)
    ? matches(peer.namespaceSelector, objects.namespaceLabels(namespace))
    : mayBeSame(policy.namespace, namespace);
  return home && matches(tree(peer, "podSelector"), labels);
}
