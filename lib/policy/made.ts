import { childrenOf, labelsInside } from "./kubernetes/children";
import { extensionOf, KUBERNETES } from "./kubernetes/groups";
import type { LabelValue } from "./kubernetes/labels";
import { isOwn, isOwnPods } from "./kubernetes/own";
import { needed } from "./kubernetes/selector";
import { Labelled } from "./labelled";
import type { KubeObject } from "./object";
import { Places } from "./places";
import { text, trees } from "./tree";

/**
 * Objects that are in no folder, since Kubernetes or an operator makes them. Of custom resources that are known, these
 * are the documented ones. Any other custom resource may make whatever is named or labelled after it.
 */
export class Made {
  readonly #named = new Places<true>();
  readonly #claims = new Places<true>();
  readonly #labelled = new Labelled<KubeObject>();
  /** Names of custom resources that may make anything, the texts in them, and the domains of their groups. */
  readonly #hints = new Places<true>();

  constructor(all: readonly KubeObject[]) {
    for (const object of all) {
      if (extensionOf(object.apiVersion) !== KUBERNETES) this.#addResource(object);
      else if (object.kind === "StatefulSet")
        for (const [claim] of trees(object.tree, "spec", "volumeClaimTemplates"))
          this.#claims.set(object.namespace, `${text(claim, "metadata", "name")}-${object.name}`, true);
    }
  }

  /** Whether an object of this kind and name is there without being in the folder, as far as known. */
  has(kind: string, namespace: string, name: string): boolean {
    return (
      this.#named.get(namespace, `${kind} ${name}`) === true ||
      (kind === "PersistentVolumeClaim" && this.#isTemplated(namespace, name)) ||
      isOwn(kind, namespace, name) ||
      this.#hints.get(namespace, `text ${name}`) === true ||
      partsOf(name).some((part) => this.#hints.get(namespace, `name ${part}`))
    );
  }

  /** Whether a LabelSelector may match pods or Services that are in no folder. */
  matches(selector: unknown, namespace: string): boolean {
    if (this.#labelled.find(selector, namespace).length > 0 || isOwnPods(selector, namespace)) return true;
    const pairs = needed(selector).flat();
    const keys = [
      ...pairs.map(([key]) => key),
      ...trees(selector, "matchExpressions").map(([each]) => String(each.key)),
    ];
    return (
      pairs.some(([, value]) => partsOf(value).some((part) => this.#hints.get(namespace, `name ${part}`))) ||
      keys.some((key) => key.includes("/") && this.#hints.get(namespace, `domain ${key.slice(0, key.indexOf("/"))}`))
    );
  }

  #addResource(resource: KubeObject): void {
    const { namespace } = resource;
    const children = childrenOf(resource);
    if (!children) {
      this.#addHints(resource);
      return;
    }
    const { labels = [], ...names } = children;
    const more = [{}, ...labelsInside(resource.tree.spec)];
    for (const own of labels) for (const each of more) this.#label(resource, { ...each, ...own });
    for (const [kind, all] of Object.entries(names))
      for (const each of all) this.#named.set(namespace, `${kind} ${each}`, true);
  }

  #label(resource: KubeObject, labels: Readonly<Record<string, LabelValue>>): void {
    this.#labelled.add(resource.namespace, new Map(Object.entries(labels)), resource);
  }

  #addHints(resource: KubeObject): void {
    const { namespace, name, apiVersion } = resource;
    const { spec } = resource.tree;
    for (const found of labelsInside(spec)) this.#label(resource, found);
    this.#hints.set(namespace, `name ${name}`, true);
    for (const found of textsIn(spec)) this.#hints.set(namespace, `text ${found}`, true);
    const labels = extensionOf(apiVersion).split(".");
    // The last label alone is nobody's domain.
    for (let from = 0; from < labels.length - 1; from += 1)
      this.#hints.set(namespace, `domain ${labels.slice(from).join(".")}`, true);
  }

  /** Claims of a StatefulSet stay when it shrinks, so any number counts. */
  #isTemplated(namespace: string, name: string): boolean {
    const [, stem] = /^(.+)-\d+$/.exec(name) ?? [];
    return stem !== undefined && this.#claims.get(namespace, stem) === true;
  }
}

/** The name itself, its beginnings and endings at a hyphen or dot, and what is between two dots. */
function partsOf(name: string): readonly string[] {
  const found = [name, ...name.split(".")];
  for (let end = 1; end < name.length - 1; end += 1)
    if (name[end] === "-" || name[end] === ".") found.push(name.slice(0, end), name.slice(end + 1));
  return found;
}

function* textsIn(value: unknown): Iterable<string> {
  if (typeof value === "string") yield value;
  else if (Array.isArray(value)) for (const item of value) yield* textsIn(item);
  else if (typeof value === "object" && value !== null) for (const item of Object.values(value)) yield* textsIn(item);
}
