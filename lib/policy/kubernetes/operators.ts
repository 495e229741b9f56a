import type { Objects } from "../objects";
import { text, tree, trees } from "../tree";

/**
 * Whether a LabelSelector selects objects that an operator makes, which are in no folder. It does if the domain of a
 * label fits a custom resource in the namespace. For example, `cnpg.io/cluster` fits a `postgresql.cnpg.io` Cluster.
 */
export function isOperators(selector: unknown, namespace: string, objects: Objects): boolean {
  const keys = [
    ...Object.keys(tree(selector, "matchLabels")),
    ...trees(selector, "matchExpressions").map(([expression]) => text(expression, "key") ?? ""),
  ];
  const domains = keys
    .map((key) => key.slice(0, Math.max(0, key.indexOf("/"))))
    .filter((domain) => domain.includes("."));
  const groups = objects.extensionsIn(namespace);
  return domains.some((domain) => [...groups].some((group) => group === domain || group.endsWith(`.${domain}`)));
}
