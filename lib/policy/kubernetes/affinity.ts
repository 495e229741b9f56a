import type { Objects } from "../objects";
import { mayBeSame } from "../places";
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
export const isAbout = ({ tree: term }: Term, home: string, { owner, allLabels }: Pod, objects: Objects): boolean =>
  isNear(term, home, owner.namespace, objects) && matches(term.labelSelector, allLabels);

/** Whether a term of a pod in `home` selects any pod, an operator's included. */
export function isAboutAny({ tree: term }: Term, home: string, objects: Objects): boolean {
  const { labelSelector } = term;
  if (objects.podsOf(labelSelector, home).some(({ owner }) => isNear(term, home, owner.namespace, objects)))
    return true;
  const isElsewhere = isSet(term.namespaceSelector) || list(term, "namespaces").length > 0;
  const places = isElsewhere ? objects.podNamespaces() : [home];
  return [...places].some(
    (place) =>
      isNear(term, home, place, objects) &&
      (objects.podsExactlyOf(labelSelector, place).length > 0 || objects.mayMatchOthers(labelSelector, place)),
  );
}

function isNear(term: Tree, home: string, namespace: string, objects: Objects): boolean {
  const { namespaceSelector } = term;
  const named = list(term, "namespaces");
  if (named.length === 0 && !isSet(namespaceSelector)) return mayBeSame(namespace, home);
  return (
    named.some((name) => mayBeSame(String(name), namespace)) ||
    matches(namespaceSelector, objects.namespaceLabels(namespace))
  );
}
