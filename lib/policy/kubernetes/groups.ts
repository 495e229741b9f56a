import { groupOf, isBuiltIn } from "./api";

/** Extension kinds that rules know, with their groups. The same kind in another group is a different thing. */
const EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ["Bundle", "trust.cert-manager.io"],
  ["Certificate", "cert-manager.io"],
  ["Cluster", "postgresql.cnpg.io"],
  ["ClusterExternalSecret", "external-secrets.io"],
  ["DatabaseRole", "postgresql.cnpg.io"],
  ["ExternalSecret", "external-secrets.io"],
  ["ObjectStore", "barmancloud.cnpg.io"],
  ["PodMonitor", "monitoring.coreos.com"],
  ["ScheduledBackup", "postgresql.cnpg.io"],
  ["SealedSecret", "bitnami.com"],
  ["SecretProviderClass", "secrets-store.csi.x-k8s.io"],
  ["ServiceMonitor", "monitoring.coreos.com"],
  ["VerticalPodAutoscaler", "autoscaling.k8s.io"],
]);

/** All of Kubernetes' own groups together. No kind that a rule looks for is in two of them. */
export const KUBERNETES = "";

/**
 * The group of an extension's version, or `KUBERNETES`. A group without a dot counts as a misspelt Kubernetes group.
 */
export function extensionOf(apiVersion: string): string {
  const group = groupOf(apiVersion);
  return group.includes(".") && !isBuiltIn({ apiVersion }) ? group : KUBERNETES;
}

/** The group in which rules look for a kind. */
export const homeOf = (kind: string): string => EXTENSIONS.get(kind) ?? KUBERNETES;
