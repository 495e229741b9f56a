import type { Objects } from "../objects";
import type { Pod } from "../pods";
import { isSet, list, type Tree, text, tree, trees } from "../tree";
import { matches } from "./selector";

const [PREFERRED, REQUIRED] = [
  "preferredDuringSchedulingIgnoredDuringExecution",
  "requiredDuringSchedulingIgnoredDuringExecution",
] as const;

/** One term of a pod's affinity or anti-affinity to other pods. */
export interface Term {
  /** Path inside the pod's spec. */
  readonly field: string;
  /** Whether the pod stays pending if the term cannot be met. */
  readonly required: boolean;
  readonly tree: Tree;
  /** Node label whose values tell the places apart. */
  readonly topologyKey: string;
}

/** The terms of a pod's affinity or anti-affinity. */
export function terms(spec: Tree, kind: "podAffinity" | "podAntiAffinity"): readonly Term[] {
  const base = `affinity.${kind}`;
  const rules = tree(spec, "affinity", kind);
  const term = (field: string, required: boolean, found: Tree): Term => ({
    field: `${base}.${field}`,
    required,
    tree: found,
    topologyKey: text(found, "topologyKey") ?? "",
  });
  return [
    ...trees(rules, PREFERRED).map(([item, index]) =>
      term(`${PREFERRED}[${index}].podAffinityTerm`, false, tree(item, "podAffinityTerm")),
    ),
    ...trees(rules, REQUIRED).map(([item, index]) => term(`${REQUIRED}[${index}]`, true, item)),
  ];
}

/** Whether a term of a pod in `home` selects the given pod. Without namespaces a term selects only pods in `home`. */
export function isAbout({ tree: term }: Term, home: string, { owner, labels }: Pod, objects: Objects): boolean {
  const { labelSelector, namespaceSelector } = term;
  const named = list(term, "namespaces");
  const { namespace } = owner;
  const near =
    named.length === 0 && !isSet(namespaceSelector)
      ? namespace === home
      : named.includes(namespace) || matches(namespaceSelector, objects.namespaceLabels(namespace));
  return near && matches(labelSelector, labels);
}
