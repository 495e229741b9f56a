import { quantity } from "../kubernetes/quantity";
import { type KubeObject, label } from "../object";
import type { Objects } from "../objects";
import type { Pod } from "../pods";
import { type Breach, each, type Rule } from "../rule";
import { list, type Tree, text, tree, trees } from "../tree";

/** Claims to persistent volumes, and the pods that need them. */
export const CLAIM_RULES: readonly Rule[] = [
  each(
    claims,
    "claim-complete",
    "The API server refuses the claim, or the StatefulSet that makes it.",
    "Set accessModes and resources.requests.storage.",
    function* ({ object, field, spec }) {
      if (list(spec, "accessModes").length === 0)
        yield { object, field: `${field}.accessModes`, problem: "is not set" };
      const size = tree(spec, "resources", "requests").storage ?? undefined;
      if (size === undefined || quantity(size) === 0n)
        yield {
          object,
          field: `${field}.resources.requests.storage`,
          problem: size === undefined ? "is not set" : "is 0",
        };
    },
  ),
  {
    name: "claim-reference",
    reason: "A pod whose claim is not there, or is held by a pod that shares it with none, stays pending.",
    remedy: "Add the PersistentVolumeClaim, correct the name, or give each workload a claim of its own.",
    check: unavailableClaims,
  },
];

/** Every claim, including the templates of a StatefulSet. */
function claims(objects: Objects) {
  const claim = (object: KubeObject, template: Tree, field: string) => ({
    object,
    field,
    spec: tree(template, "spec"),
  });
  return [
    ...objects.ofKind("PersistentVolumeClaim").map((object) => claim(object, object.tree, "spec")),
    ...objects
      .ofKind("StatefulSet")
      .flatMap((object) =>
        trees(object.tree, "spec", "volumeClaimTemplates").map(([template, index]) =>
          claim(object, template, `spec.volumeClaimTemplates[${index}].spec`),
        ),
      ),
  ];
}

/** A claim that a pod names. */
export interface NamedClaim {
  readonly field: string;
  readonly name: string;
  readonly object: KubeObject | undefined;
  /** Sole user of the volume: one node, or one pod. Undefined if several nodes may use it, or if unknown. */
  readonly holder: "node" | "pod" | undefined;
}

/** A StatefulSet's claim template replaces the volume of the same name. */
export function claimsOf({ owner, path, spec }: Pod, objects: Objects): readonly NamedClaim[] {
  const templates = owner.kind === "StatefulSet" ? trees(owner.tree, "spec", "volumeClaimTemplates") : [];
  const replaced = new Set(templates.map(([template]) => text(template, "metadata", "name")));
  return trees(spec, "volumes").flatMap(([volume, index]) => {
    const name = text(volume, "persistentVolumeClaim", "claimName");
    if (name === undefined || replaced.has(text(volume, "name"))) return [];
    const object = objects.find("PersistentVolumeClaim", owner.namespace, name);
    const field = `${path}spec.volumes[${index}].persistentVolumeClaim.claimName`;
    return [{ field, name, object, holder: object && holderOf(list(object.tree, "spec", "accessModes")) }];
  });
}

function holderOf(modes: readonly unknown[]): NamedClaim["holder"] {
  if (modes.includes("ReadWriteOncePod")) return "pod";
  return modes.length > 0 && modes.every((mode) => mode === "ReadWriteOnce") ? "node" : undefined;
}

function* unavailableClaims(objects: Objects): Iterable<Breach> {
  const held = new Map<KubeObject, KubeObject>();
  for (const pod of objects.pods) {
    for (const { field, name, object, holder } of claimsOf(pod, objects)) {
      if (!objects.has("PersistentVolumeClaim", pod.owner.namespace, name))
        yield { object: pod.owner, field, problem: `names ${name}, which is not there` };
      // Pods that end may use the volume one after another.
      if (!object || holder !== "pod" || !pod.serves) continue;
      const other = held.get(object);
      if (other)
        yield {
          object: pod.owner,
          field,
          problem: `names ${name}, which one pod alone can have, and ${label(other)} has`,
        };
      held.set(object, pod.owner);
    }
  }
}
