import type { KubeObject, Objects } from "../objects";
import type { Pod } from "../pods";
import { at, list, type Tree, text, tree, trees } from "../tree";
import { isEmpty, matches } from "./selector";

export type Direction = "Ingress" | "Egress";
export const DIRECTIONS: readonly Direction[] = ["Ingress", "Egress"];

/** One end of a connection: labels of a pod and of its namespace. */
export interface End {
  readonly namespace: string;
  readonly labels: ReadonlyMap<string, string>;
}

export interface Port {
  readonly number: number;
  readonly protocol: "TCP" | "UDP";
}

/** The directions that a policy is about: both its rules' and those that it names. */
export function directions(policy: KubeObject): readonly Direction[] {
  const named = list(policy.tree, "spec", "policyTypes");
  if (named.length > 0) return DIRECTIONS.filter((direction) => named.includes(direction));
  return at(policy.tree, "spec", "egress") === undefined ? ["Ingress"] : DIRECTIONS;
}

/** The rules of one direction. */
export const rulesOf = (policy: KubeObject, direction: Direction) =>
  trees(policy.tree, "spec", direction === "Ingress" ? "ingress" : "egress");

/** The peers of a rule; undefined means everybody. */
export function peers(rule: Tree, direction: Direction): readonly (readonly [Tree, number])[] | undefined {
  const found = trees(rule, direction === "Ingress" ? "from" : "to");
  return found.length === 0 ? undefined : found;
}

export const selects = (policy: KubeObject, { namespace, labels }: End) =>
  policy.namespace === namespace && matches(tree(policy.tree, "spec", "podSelector"), labels);

/** Whether a policy names no pods, and so is about all of its namespace. */
export const selectsAll = (policy: KubeObject) => isEmpty(tree(policy.tree, "spec", "podSelector"));

export const endOf = ({ owner, labels }: Pod): End => ({ namespace: owner.namespace, labels });

/** Whether the policies let `pod` accept from, or open to, `peer` at `port`. A pod that no policy is about may do all. */
export function allows(objects: Objects, direction: Direction, pod: End, peer: End, port: Port): boolean {
  const about = objects
    .ofKind("NetworkPolicy")
    .filter((policy) => directions(policy).includes(direction) && selects(policy, pod));
  if (about.length === 0) return true;
  return about.some((policy) =>
    rulesOf(policy, direction).some(
      ([rule]) =>
        allowsPort(rule, port) &&
        (peers(rule, direction)?.some(([each]) => isPeer(objects, policy, each, peer)) ?? true),
    ),
  );
}

/** A port by name is the pod's business, and taken for the right one. */
function allowsPort(rule: Tree, { number, protocol }: Port): boolean {
  const ports = trees(rule, "ports");
  return (
    ports.length === 0 ||
    ports.some(([port]) => {
      if ((text(port, "protocol") ?? "TCP") !== protocol) return false;
      if (typeof port.port !== "number") return true;
      return port.port <= number && number <= (typeof port.endPort === "number" ? port.endPort : port.port);
    })
  );
}

/** An address range may be anybody's, and is not taken for a pod's. */
function isPeer(objects: Objects, policy: KubeObject, peer: Tree, { namespace, labels }: End): boolean {
  if (peer.ipBlock !== undefined) return false;
  const home =
    peer.namespaceSelector === undefined
      ? policy.namespace === namespace
      : matches(tree(peer, "namespaceSelector"), objects.namespaceLabels(namespace));
  return home && (peer.podSelector === undefined || matches(tree(peer, "podSelector"), labels));
}
