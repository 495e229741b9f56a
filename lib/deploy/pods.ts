import type { Kubectl, KubeObject } from "./kubectl";

/** Lists the pods that a workload's labels select, oldest first. */
export async function podsOf({ spec }: KubeObject, kubectl: Kubectl): Promise<readonly KubeObject[]> {
  const { matchLabels } = (spec?.selector ?? {}) as { matchLabels?: Readonly<Record<string, string>> };
  if (matchLabels === undefined) return [];
  const selector = Object.entries(matchLabels).map(([label, value]) => `${label}=${value}`);
  const pods = await kubectl.list("pods", selector.join(","));
  return pods.toSorted((one, other) => created(one).localeCompare(created(other)));
}

const created = ({ metadata }: KubeObject) => metadata.creationTimestamp ?? "";
