import type { KubeObject } from "../object";
import type { Objects } from "../objects";
import { number, tree } from "../tree";

/** Whether an autoscaler scales the workload. */
const scales = (scaler: KubeObject, { namespace, kind, name }: KubeObject) => {
  const target = tree(scaler.tree, "spec", "scaleTargetRef");
  return scaler.namespace === namespace && target.kind === kind && target.name === name;
};

/**
 * The fewest pods that a workload will have: the autoscaler's minimum, or its replicas. Undefined for a DaemonSet,
 * whose count depends on the nodes.
 */
export function fewestPods(workload: KubeObject, objects: Objects): number | undefined {
  if (workload.kind === "DaemonSet") return undefined;
  const scaler = objects.ofKind("HorizontalPodAutoscaler").find((each) => scales(each, workload));
  if (scaler) return number(scaler.tree, "spec", "minReplicas") ?? 1;
  return number(workload.tree, "spec", "replicas") ?? 1;
}
