import type { Objects } from "../objects";
import { text, tree, trees } from "../tree";

/**
 * Whether a LabelSelector asks for a label of the domain of a custom resource beside it, as `cnpg.io/cluster` is beside a
 * `postgresql.cnpg.io` Cluster: an operator makes what has the label, and it is in no folder.
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
