import type { Kubectl, KubeObject } from "./kubectl";

/** Items whose objects are in one namespace. */
export interface NamespaceGroup<Item> {
  /** Bound to that namespace. */
  readonly there: Kubectl;
  readonly own: readonly Item[];
}

/**
 * Groups by namespace, since kubectl refuses objects of several in one command. Objects that name no namespace, and those that
 * are in none, belong to kubectl's own.
 */
export function byNamespace<Item>(
  items: readonly Item[],
  kubectl: Kubectl,
  objectsOf: (item: Item) => readonly KubeObject[],
): readonly NamespaceGroup<Item>[] {
  const groups = new Map<string | undefined, { there: Kubectl; own: Item[] }>();
  for (const item of items) {
    const there = kubectl.for(objectsOf(item));
    const group = groups.get(there.namespace) ?? { there, own: [] };
    groups.set(there.namespace, group);
    group.own.push(item);
  }
  return [...groups.values()];
}
