import type { Pod } from "../pods";
import type { Breach } from "../rule";
import { at } from "../tree";
import { finding } from "./host";

type Found = (field: string, problem: string) => Breach;

/** The security contexts of a pod and its containers, each with where it is and how to report about it. */
export function* contexts(pod: Pod): Iterable<readonly [string, unknown, Found]> {
  yield ["securityContext", pod.spec.securityContext, ofPod(pod)];
  for (const container of pod.containers)
    yield ["securityContext", container.tree.securityContext, (field, problem) => finding(container, field, problem)];
}

const ofPod =
  ({ owner, path }: Pod): Found =>
  (field, problem) => ({ object: owner, field: `${path}spec.${field}`, problem });

/** What is wrong with a value that is missing. */
export const NOWHERE = "set neither here nor for the pod";

/**
 * The values that the security contexts of a pod and its containers have, each with how to report about it: undefined for a
 * container where neither has one. The pod's comes even where every container has another, as Kubernetes judges it, too.
 */
export function* inherited(
  pod: Pod,
  ...path: readonly string[]
): Iterable<readonly [unknown, (problem: string) => Breach]> {
  const field = ["securityContext", ...path].join(".");
  const value = at(pod.spec, "securityContext", ...path) ?? undefined;
  if (value !== undefined) yield [value, (problem) => ofPod(pod)(field, problem)];
  for (const container of pod.containers) {
    const own = at(container.tree, "securityContext", ...path) ?? undefined;
    if (own !== undefined || value === undefined) yield [own, (problem) => finding(container, field, problem)];
  }
}
