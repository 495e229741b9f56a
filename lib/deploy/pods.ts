import type { Kubectl, KubeObject } from "./kubectl";

/** Lists the pods of a workload or of a CloudNativePG cluster, oldest first. */
export async function podsOf(object: KubeObject, kubectl: Kubectl): Promise<readonly KubeObject[]> {
  const matchLabels = labelsOf(object);
  if (matchLabels === undefined) return [];
  const selector = Object.entries(matchLabels).map(([label, value]) => `${label}=${value}`);
  const pods = await kubectl.list("pods", selector.join(","));
  return pods.toSorted((one, other) => created(one).localeCompare(created(other)));
}

function labelsOf({ kind, metadata, spec }: KubeObject): Readonly<Record<string, string>> | undefined {
  if (kind === "Cluster") return { "cnpg.io/cluster": metadata.name };
  return (spec?.selector as { matchLabels?: Readonly<Record<string, string>> } | undefined)?.matchLabels;
}

const created = ({ metadata }: KubeObject) => metadata.creationTimestamp ?? "";
