import { groupOf, isBuiltIn } from "./api";

/** Kinds of extensions that rules know, and the group of each: a kind of that name in another group is something else. */
const EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ["Bundle", "trust.cert-manager.io"],
  ["Certificate", "cert-manager.io"],
  ["ExternalSecret", "external-secrets.io"],
  ["PodMonitor", "monitoring.coreos.com"],
  ["SealedSecret", "bitnami.com"],
  ["ServiceMonitor", "monitoring.coreos.com"],
  ["VerticalPodAutoscaler", "autoscaling.k8s.io"],
]);

/** Kubernetes' own groups taken together, since none of their kinds that a rule asks for is in two. */
export const KUBERNETES = "";

/**
 * The group of the extension that a version is of; `KUBERNETES` for its own. An extension's group has a dot, so that one
 * without is Kubernetes' own, misspelt.
 */
export function extensionOf(apiVersion: string): string {
  const group = groupOf(apiVersion);
  return group.includes(".") && !isBuiltIn({ apiVersion }) ? group : KUBERNETES;
}

/** Where rules look for a kind. */
export const homeOf = (kind: string): string => EXTENSIONS.get(kind) ?? KUBERNETES;
