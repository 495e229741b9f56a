import { isTree, type Tree, text, tree } from "./tree";

/** One parsed object, with the parts that every rule needs. Missing parts are empty texts. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly tree: Tree;
  /** File and line, e.g. `"dist/dev/0003-database.k8s.yaml:12"`. */
  readonly origin?: string;
}

/** `StatefulSet diabrisk/postgres`. */
export function label({ kind, namespace, name }: KubeObject): string {
  return `${kind || "object"} ${namespace ? `${namespace}/` : ""}${name || "(without a name)"}`;
}

/** The value of one of its labels. */
export const labelOf = ({ tree: object }: KubeObject, key: string) => text(object, "metadata", "labels", key);

/** Reads the object's parts from a document that may be any mapping. */
export function kubeObject(document: Tree, origin?: string): KubeObject {
  const metadata = tree(document, "metadata");
  return {
    apiVersion: text(document, "apiVersion") ?? "",
    kind: text(document, "kind") ?? "",
    name: text(metadata, "name") ?? text(metadata, "generateName") ?? "",
    namespace: text(metadata, "namespace") ?? "",
    tree: document,
    ...(origin !== undefined && { origin }),
  };
}

/** The objects in a document. A List is replaced by its items; items of a typed list take their kind from it. */
export function flatten(document: Tree, origin?: string): KubeObject[] {
  const kind = text(document, "kind") ?? "";
  if (!kind.endsWith("List") || !Array.isArray(document.items)) return [kubeObject(document, origin)];
  const typed = kind === "List" ? {} : { apiVersion: document.apiVersion, kind: kind.slice(0, -"List".length) };
  return document.items.filter(isTree).flatMap((item) => flatten({ ...typed, ...item }, origin));
}
