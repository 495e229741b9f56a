import schema from "../../../imports/k8s-schema.json";
import type { KubeObject } from "../object";

/** The Kubernetes release whose API objects are held against. */
export const API_VERSION = schema.version;

const KINDS: Readonly<Record<string, string>> = schema.kinds;
const CLUSTER_SCOPED = new Set(schema.clusterScoped);
const GROUPS = new Set(Object.keys(KINDS).map((kind) => groupOf(kind.slice(0, kind.indexOf(" ")))));

/** Groups whose last version is gone. */
const GONE = new Set(["extensions"]);

/** `apps` of `apps/v1`, and nothing of `v1`. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? "" : apiVersion.slice(0, slash);
}

const gvk = ({ apiVersion, kind }: KubeObject) => `${apiVersion} ${kind}`;

/** Whether any API can be of this group: an extension's is a domain, and Kubernetes' own are known. */
export const isGroup = ({ apiVersion }: KubeObject) =>
  groupOf(apiVersion).includes(".") || GROUPS.has(groupOf(apiVersion));

/** Whether Kubernetes itself, and no extension, defines or defined the object's kind. */
export function isBuiltIn({ apiVersion }: Pick<KubeObject, "apiVersion">): boolean {
  const group = groupOf(apiVersion);
  return GROUPS.has(group) || GONE.has(group);
}

export const isKnown = (object: KubeObject) => Object.hasOwn(KINDS, gvk(object));

/** The API's type of the object's kind, e.g. `apps.v1.Deployment`. */
export const typeNameOf = (object: KubeObject): string | undefined =>
  isKnown(object) ? KINDS[gvk(object)] : undefined;

/** Of extensions, what this package makes: group and kind. */
const NAMESPACED = new Set([
  "external-secrets.io ExternalSecret",
  "cert-manager.io Certificate",
  "monitoring.coreos.com PodMonitor",
  "monitoring.coreos.com ServiceMonitor",
]);

/** Whether the object is in a namespace; undefined for kinds of which that is not known. */
export function isNamespaced(object: KubeObject): boolean | undefined {
  if (isKnown(object)) return !CLUSTER_SCOPED.has(gvk(object));
  return NAMESPACED.has(`${groupOf(object.apiVersion)} ${object.kind}`) || undefined;
}

/** The versions, the stable one first, in which the API has a kind of this name. */
export function versionsOf(kind: string): readonly string[] {
  const found = Object.keys(KINDS).filter((name) => name.endsWith(` ${kind}`));
  return found.map((name) => name.slice(0, name.indexOf(" "))).sort((a, b) => a.length - b.length);
}
