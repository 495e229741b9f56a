import type { KubeObject } from "../object";
import type { Objects } from "../objects";
import { Places } from "../places";
import { at, isSet, list, text, texts, tree, trees } from "../tree";

/** The keys of a Secret or ConfigMap; undefined if they are unknown until it is made. */
export type Keys = ReadonlySet<string> | undefined;

/** The Secrets or ConfigMaps that the objects create, by namespace and name. */
export class Sources {
  readonly #keys = new Places<{ readonly keys: Keys }>();
  /** Names that every namespace has. */
  readonly #everywhere = new Set<string>();

  add({ namespace }: Pick<KubeObject, "namespace">, name: string, keys: Keys): void {
    this.#keys.set(namespace, name, { keys });
  }

  addEverywhere(name: string): void {
    this.#everywhere.add(name);
  }

  has(namespace: string, name: string): boolean {
    return this.#keys.get(namespace, name) !== undefined || this.#everywhere.has(name);
  }

  /** Whether it has the key. Unknown keys count as present. */
  hasKey(namespace: string, name: string, key: string): boolean {
    return this.#keys.get(namespace, name)?.keys?.has(key) ?? true;
  }
}

/** The keys in a manifest. One without any data is filled by somebody at run time. */
function keysOf(object: KubeObject, ...fields: readonly string[]): Keys {
  if (fields.every((field) => !isSet(object.tree[field]))) return undefined;
  return new Set(fields.flatMap((field) => Object.keys(tree(object.tree, field))));
}

const CERTIFICATE = new Set(["tls.crt", "tls.key", "ca.crt"]);
/** Annotations that ask for a certificate of an Ingress. */
const ISSUERS = new Set(["cert-manager.io/cluster-issuer", "cert-manager.io/issuer", "kubernetes.io/tls-acme"]);
/** Annotations of a Service that name the Secret for which OpenShift makes a certificate. */
const SERVING_CERT = [
  "service.beta.openshift.io/serving-cert-secret-name",
  "service.alpha.openshift.io/serving-cert-secret-name",
];

/** The objects' own Secrets, and those that External Secrets, cert-manager and Sealed Secrets make. */
export function secretSources(objects: Objects): Sources {
  const sources = new Sources();
  for (const ingress of objects.ofKind("Ingress")) addIssued(sources, ingress);
  for (const secret of objects.ofKind("Secret")) sources.add(secret, secret.name, keysOf(secret, "data", "stringData"));
  for (const external of objects.ofKind("ExternalSecret")) addExternal(sources, external);
  for (const certificate of objects.ofKind("Certificate")) {
    const name = text(certificate.tree, "spec", "secretName");
    // Keystores and combined files add further keys.
    const more = ["keystores", "additionalOutputFormats"].some((field) => tree(certificate.tree, "spec")[field]);
    if (name) sources.add(certificate, name, more ? undefined : CERTIFICATE);
  }
  for (const sealed of objects.ofKind("SealedSecret")) sources.add(sealed, sealed.name, undefined);
  for (const bundle of objects.ofKind("Bundle"))
    if (isSet(at(bundle.tree, "spec", "target", "secret"))) sources.addEverywhere(bundle.name);
  for (const external of objects.ofKind("ClusterExternalSecret")) {
    const [own, target] = [["externalSecretName"], ["externalSecretSpec", "target", "name"]];
    sources.addEverywhere(
      text(external.tree, "spec", ...target) ?? text(external.tree, "spec", ...own) ?? external.name,
    );
  }
  for (const provider of objects.ofKind("SecretProviderClass"))
    for (const [made] of trees(provider.tree, "spec", "secretObjects"))
      sources.add(provider, text(made, "secretName") ?? "", undefined);
  for (const service of objects.ofKind("Service"))
    for (const annotation of SERVING_CERT) {
      const name = text(service.tree, "metadata", "annotations", annotation);
      if (name) sources.add(service, name, SERVED);
    }
  addAtRunTime(sources, objects);
  return sources;
}

/** An option of a program about a Secret, e.g. `--secret-name=admission` of a Job that makes certificates. */
const SECRET_OPTION = /^--?[\w.-]*secret[\w.-]*$/i;

/** Adds the Secrets that a program of the objects is told to make, or looks for by itself. */
function addAtRunTime(sources: Sources, objects: Objects): void {
  for (const { owner, tree: container } of objects.containers) {
    const words = [...list(container, "command"), ...list(container, "args")].flatMap((word) =>
      String(word).split("="),
    );
    for (const [index, word] of words.entries()) {
      const name = words[index + 1]?.replace(/^.*\//, "");
      if (SECRET_OPTION.test(word) && name && !sources.has(owner.namespace, name)) sources.add(owner, name, undefined);
    }
  }
}

const SERVED = new Set(["tls.crt", "tls.key"]);

/**
 * Adds the Secrets that cert-manager makes for an Ingress with an issuer. A later source of the same Secret replaces
 * these keys.
 */
function addIssued(sources: Sources, ingress: KubeObject): void {
  if (!texts(ingress.tree, "metadata", "annotations").some(([name]) => ISSUERS.has(name))) return;
  for (const [tls] of trees(ingress.tree, "spec", "tls")) {
    const name = text(tls, "secretName");
    if (name) sources.add(ingress, name, CERTIFICATE);
  }
}

/** An ExternalSecret that merges only adds keys to another source's Secret. */
function addExternal(sources: Sources, external: KubeObject): void {
  const target = tree(external.tree, "spec", "target");
  const name = text(target, "name") ?? external.name;
  const policy = text(target, "creationPolicy");
  if (policy === "None") return;
  if (policy !== "Merge") sources.add(external, name, externalKeys(external));
  else if (sources.has(external.namespace, name)) sources.add(external, name, undefined);
}

/** The keys of the template, or the fetched keys if there is none. Undefined if they come from elsewhere. */
function externalKeys({ tree: external }: KubeObject): Keys {
  const target = tree(external, "spec", "target", "template");
  if (target.templateFrom !== undefined) return undefined;
  const template = Object.keys(tree(target, "data"));
  if (template.length > 0 && target.mergePolicy !== "Merge") return new Set(template);
  if (trees(external, "spec", "dataFrom").length > 0) return undefined;
  const fetched = trees(external, "spec", "data").map(([item]) => text(item, "secretKey") ?? "");
  return new Set([...fetched, ...template]);
}

/** The objects' own ConfigMaps, and those of trust-manager in each namespace. */
export function configMapSources(objects: Objects): Sources {
  const sources = new Sources();
  for (const map of objects.ofKind("ConfigMap")) sources.add(map, map.name, keysOf(map, "data", "binaryData"));
  for (const bundle of objects.ofKind("Bundle")) sources.addEverywhere(bundle.name);
  return sources;
}
