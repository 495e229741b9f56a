import { groupOf } from "../kubernetes/api";
import { extensionOf, KUBERNETES } from "../kubernetes/groups";
import { type KubeObject, label } from "../object";
import type { Objects } from "../objects";
import type { Breach, Rule } from "../rule";
import { number, text, tree } from "../tree";

/** Autoscalers have a target, and room to scale it. */
export const SCALE_RULES: readonly Rule[] = [
  {
    name: "scale-target",
    reason: "An autoscaler without its target, or whose target another scales, too, does nothing that lasts.",
    remedy: "Name an object that is there, with its apiVersion and kind, once; and a minReplicas up to maxReplicas.",
    *check(objects) {
      const scaled = new Map<string, KubeObject>();
      for (const object of objects.ofKind("HorizontalPodAutoscaler", "VerticalPodAutoscaler")) {
        const field = object.kind === "HorizontalPodAutoscaler" ? "scaleTargetRef" : "targetRef";
        const target = tree(object.tree, "spec", field);
        const problem = targetProblem(object, target, objects);
        if (problem) yield { object, field: `spec.${field}`, problem };
        const key = JSON.stringify([object.kind, object.namespace, target.kind, target.name]);
        const other = scaled.get(key);
        if (other && label(other) !== label(object))
          yield { object, field: `spec.${field}`, problem: `is the target of ${label(other)}, too` };
        scaled.set(key, object);
        yield* limits(object);
      }
    },
  },
];

const REPLICATED = ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"];
/** Kubernetes' own kinds that each autoscaler can scale. Targets of extensions are not judged. */
const SCALABLE: ReadonlyMap<string, readonly string[]> = new Map([
  ["HorizontalPodAutoscaler", REPLICATED],
  ["VerticalPodAutoscaler", [...REPLICATED, "DaemonSet", "Job", "CronJob"]],
]);

function targetProblem({ kind: scaler, namespace }: KubeObject, target: unknown, objects: Objects): string | undefined {
  const version = text(target, "apiVersion") ?? "";
  const [kind, name] = [text(target, "kind") ?? "", text(target, "name") ?? ""];
  const extension = extensionOf(version);
  const found = objects.find(kind, namespace, name, extension);
  if (!found && extension === KUBERNETES && objects.has(kind, namespace, name)) return undefined;
  const named = [version, kind, name].filter(Boolean).join(" ");
  if (!found || groupOf(found.apiVersion) !== groupOf(version)) return `names ${named}, which is not there`;
  const canScale = extension !== KUBERNETES || SCALABLE.get(scaler)?.includes(kind);
  return canScale ? undefined : `names ${named}, which a ${scaler} cannot scale`;
}

function* limits(object: KubeObject): Iterable<Breach> {
  const most = number(object.tree, "spec", "maxReplicas");
  const least = number(object.tree, "spec", "minReplicas") ?? 1;
  if (most !== undefined && least > most)
    yield { object, field: "spec.maxReplicas", problem: `is ${most}, below minReplicas, which is ${least}` };
}
