import type { KubeObject } from "../object";
import type { Objects } from "../objects";
import type { Pod } from "../pods";
import { at, isTree, type Tree, text, trees } from "../tree";

/** A place that names a Secret or ConfigMap, and possibly some of its keys. */
export interface Reference {
  readonly object: KubeObject;
  readonly field: string;
  readonly kind: "Secret" | "ConfigMap";
  readonly name: string;
  readonly keys: readonly string[];
}

/** Every reference to a Secret or ConfigMap that must exist. Optional references are left out. */
export function* references(objects: Objects): Iterable<Reference> {
  for (const pod of objects.pods) yield* ofPod(pod);
  for (const object of objects.ofKind("ServiceAccount"))
    for (const list of ["imagePullSecrets", "secrets"]) yield* named(object, object.tree, list, "Secret");
  for (const object of objects.ofKind("Ingress"))
    for (const [item, index] of trees(object.tree, "spec", "tls"))
      yield* one(object, `spec.tls[${index}].secretName`, "Secret", text(item, "secretName"), item);
  for (const object of objects.ofKind("Cluster")) yield* ofCluster(object);
  for (const object of objects.ofKind("ObjectStore")) yield* ofObjectStore(object);
}

/** Secrets that CloudNativePG waits for before it makes an instance. */
function* ofCluster(object: KubeObject): Iterable<Reference> {
  const certificates = at(object.tree, "spec", "certificates");
  const keys = { serverTLSSecret: ["tls.crt", "tls.key"], serverCASecret: ["ca.crt"] };
  for (const [field, wanted] of Object.entries(keys))
    yield* one(object, `spec.certificates.${field}`, "Secret", text(certificates, field), {}, wanted);
  const initdb = at(object.tree, "spec", "bootstrap", "initdb", "secret");
  const field = "spec.bootstrap.initdb.secret";
  yield* one(object, field, "Secret", text(initdb, "name"), {}, ["username", "password"]);
}

function* ofObjectStore(object: KubeObject): Iterable<Reference> {
  const path = ["spec", "configuration", "s3Credentials"] as const;
  for (const part of ["accessKeyId", "secretAccessKey", "region"]) {
    const secret = at(object.tree, ...path, part);
    const key = text(secret, "key");
    const field = `${path.join(".")}.${part}`;
    yield* one(object, field, "Secret", text(secret, "name"), {}, key === undefined ? [] : [key]);
  }
}

function* ofPod(pod: Pod): Iterable<Reference> {
  const { owner, path, spec } = pod;
  yield* named(owner, spec, "imagePullSecrets", "Secret", `${path}spec.`);
  for (const [volume, index] of trees(spec, "volumes")) yield* ofVolume(owner, `${path}spec.volumes[${index}]`, volume);
  for (const container of pod.containers) {
    for (const [variable, index] of trees(container.tree, "env"))
      yield* ofVariable(owner, `${container.path}.env[${index}].valueFrom`, variable.valueFrom);
    for (const [from, index] of trees(container.tree, "envFrom")) {
      const field = `${container.path}.envFrom[${index}]`;
      yield* one(owner, `${field}.secretRef`, "Secret", text(from, "secretRef", "name"), from.secretRef);
      yield* one(owner, `${field}.configMapRef`, "ConfigMap", text(from, "configMapRef", "name"), from.configMapRef);
    }
  }
}

function* ofVariable(owner: KubeObject, field: string, from: unknown): Iterable<Reference> {
  for (const [key, kind] of [
    ["secretKeyRef", "Secret"],
    ["configMapKeyRef", "ConfigMap"],
  ] as const) {
    const reference = at(from, key);
    const wanted = text(reference, "key");
    yield* one(
      owner,
      `${field}.${key}`,
      kind,
      text(reference, "name"),
      reference,
      wanted === undefined ? [] : [wanted],
    );
  }
}

function* ofVolume(owner: KubeObject, field: string, volume: Tree): Iterable<Reference> {
  const { secret, configMap } = volume;
  yield* one(owner, `${field}.secret`, "Secret", text(secret, "secretName"), secret, itemKeys(secret));
  yield* one(owner, `${field}.configMap`, "ConfigMap", text(configMap, "name"), configMap, itemKeys(configMap));
  const published = at(volume, "csi", "nodePublishSecretRef");
  yield* one(owner, `${field}.csi.nodePublishSecretRef`, "Secret", text(published, "name"), published);
  for (const [source, index] of trees(volume, "projected", "sources")) {
    const part = `${field}.projected.sources[${index}]`;
    yield* one(owner, `${part}.secret`, "Secret", text(source.secret, "name"), source.secret, itemKeys(source.secret));
    const map = source.configMap;
    yield* one(owner, `${part}.configMap`, "ConfigMap", text(map, "name"), map, itemKeys(map));
  }
}

const itemKeys = (source: unknown) => trees(source, "items").map(([item]) => text(item, "key") ?? "");

function* named(
  object: KubeObject,
  holder: unknown,
  list: string,
  kind: Reference["kind"],
  prefix = "",
): Iterable<Reference> {
  for (const [item, index] of trees(holder, list))
    yield* one(object, `${prefix}${list}[${index}].name`, kind, text(item, "name"), item);
}

function* one(
  object: KubeObject,
  field: string,
  kind: Reference["kind"],
  name: string | undefined,
  source: unknown,
  keys: readonly string[] = [],
): Iterable<Reference> {
  if (name === undefined || (isTree(source) && source.optional === true)) return;
  yield { object, field, kind, name, keys };
}
