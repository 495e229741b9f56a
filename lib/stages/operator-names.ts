/**
 * Names of objects that CloudNativePG makes for a Cluster of this name, or looks for under its default settings, by kind. Another
 * object of such a name would be taken for its own, or overwritten.
 */
export const operatorNames = (cluster: string) => ({
  Secret: ["ca", "server", "replication", "superuser", "app", "pull-secret"].map((part) => `${cluster}-${part}`),
  Service: ["rw", "ro", "r", "any"].map((part) => `${cluster}-${part}`),
  ConfigMap: ["cnpg-default-monitoring"],
  PodDisruptionBudget: [cluster, `${cluster}-primary`],
  ServiceAccount: [cluster],
  Role: [cluster],
  RoleBinding: [cluster],
});
