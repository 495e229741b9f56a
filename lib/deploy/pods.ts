import { DATABASE } from "../contract";
import { POSTGRES_IDENTITY, POSTGRES_POD } from "../postgres/identity";
import type { Kubectl, KubeObject } from "./kubectl";

/**
 * Finds the pod of the server that takes writes: the StatefulSet's only one, or the primary of a cluster. While the database
 * moves there are both, and the Service knows which one serves.
 */
export async function serverPod(kubectl: Kubectl): Promise<KubeObject | undefined> {
  const pod = await kubectl.get(`pod/${POSTGRES_POD}`);
  if (pod && !(await leadsToCluster(kubectl))) return pod;
  // A server that a drill or a person recovers beside it is a primary, too.
  const labels = `cnpg.io/cluster=${POSTGRES_IDENTITY.name},cnpg.io/instanceRole=primary`;
  return (await kubectl.list("pods", labels))[0];
}

/** Whether the clients' Service leads to a cluster of CloudNativePG. */
export async function leadsToCluster(kubectl: Kubectl): Promise<boolean> {
  const { spec } = (await kubectl.get(`service/${DATABASE.host}`)) ?? {};
  return "cnpg.io/cluster" in ((spec?.selector ?? {}) as object);
}

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
