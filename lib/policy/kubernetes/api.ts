import schema from "../../../imports/k8s-schema.json";
import type { KubeObject } from "../object";

/** The Kubernetes release whose API definitions are used. */
export const API_VERSION = schema.version;

const KINDS: Readonly<Record<string, string>> = schema.kinds;
const CLUSTER_SCOPED = new Set(schema.clusterScoped);
const GROUPS = new Set(Object.keys(KINDS).map((kind) => groupOf(kind.slice(0, kind.indexOf(" ")))));

/** Groups that Kubernetes no longer serves in any version. */
const GONE = new Set(["extensions"]);

/** The group of an apiVersion: `apps` for `apps/v1`, empty for `v1`. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? "" : apiVersion.slice(0, slash);
}

const gvk = ({ apiVersion, kind }: KubeObject) => `${apiVersion} ${kind}`;

/** Whether the group can exist. Kubernetes' own groups are known, and an extension's group contains a dot. */
export const isGroup = ({ apiVersion }: KubeObject) =>
  groupOf(apiVersion).includes(".") || GROUPS.has(groupOf(apiVersion));

/** Whether Kubernetes itself, not an extension, defines or once defined the object's kind. */
export function isBuiltIn({ apiVersion }: Pick<KubeObject, "apiVersion">): boolean {
  const group = groupOf(apiVersion);
  return GROUPS.has(group) || GONE.has(group);
}

/** Whether it is kustomize's own file, which no cluster knows. */
export const isKustomize = ({ apiVersion }: Pick<KubeObject, "apiVersion">) =>
  groupOf(apiVersion) === "kustomize.config.k8s.io";

export const isKnown = (object: KubeObject) => Object.hasOwn(KINDS, gvk(object));

/** The API's type of the object's kind, e.g. `apps.v1.Deployment`. */
export const typeNameOf = (object: KubeObject): string | undefined =>
  isKnown(object) ? KINDS[gvk(object)] : undefined;

/** Group and kind of the namespaced extensions that this package makes. */
const NAMESPACED = new Set([
  "external-secrets.io ExternalSecret",
  "cert-manager.io Certificate",
  "monitoring.coreos.com PodMonitor",
  "postgresql.cnpg.io Cluster",
  "postgresql.cnpg.io ScheduledBackup",
  "barmancloud.cnpg.io ObjectStore",
  "monitoring.coreos.com ServiceMonitor",
]);

/** Whether the object belongs in a namespace; undefined if its kind is unknown. */
export function isNamespaced(object: KubeObject): boolean | undefined {
  if (isKnown(object)) return !CLUSTER_SCOPED.has(gvk(object));
  return NAMESPACED.has(`${groupOf(object.apiVersion)} ${object.kind}`) || undefined;
}

/** The API versions that have a kind of this name, the stable one first. */
export function versionsOf(kind: string): readonly string[] {
  const found = Object.keys(KINDS).filter((name) => name.endsWith(` ${kind}`));
  return found.map((name) => name.slice(0, name.indexOf(" "))).sort((a, b) => a.length - b.length);
}
