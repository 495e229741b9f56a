import type { Pod } from "../pods";
import type { Breach } from "../rule";
import { at } from "../tree";
import { finding } from "./host";

type Found = (field: string, problem: string) => Breach;

/** The security contexts of a pod and its containers, each with its path and a way to report on it. */
export function* contexts(pod: Pod): Iterable<readonly [string, unknown, Found]> {
  yield ["securityContext", pod.spec.securityContext, ofPod(pod)];
  for (const container of pod.containers)
    yield ["securityContext", container.tree.securityContext, (field, problem) => finding(container, field, problem)];
}

const ofPod =
  ({ owner, path }: Pod): Found =>
  (field, problem) => ({ object: owner, field: `${path}spec.${field}`, problem });

/** The fault of a missing value. */
export const NOWHERE = "set neither here nor for the pod";

/**
 * The effective values in a pod's and its containers' security contexts, each with a way to report on it. Undefined for
 * a container if neither sets one. The pod's value is included even if every container overrides it, because Kubernetes
 * checks it too.
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
