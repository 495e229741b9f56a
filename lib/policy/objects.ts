import type { NetworkStage } from "../stages/stage";
import { extensionOf, homeOf, KUBERNETES } from "./kubernetes/groups";
import type { KubeObject } from "./object";
import { type Container, type Pod, podOf } from "./pods";
import { text, texts } from "./tree";

/** Label of a Namespace with its stage. In `dev` tags may be pushed again and Secrets hold generated values. */
export const STAGE_LABEL = "diabrisk.io/stage";

/** A set of objects that are applied together, indexed once for all rules. */
export class Objects {
  readonly all: readonly KubeObject[];
  /** Every pod that one of the objects starts. */
  readonly pods: readonly Pod[];
  /** Every container of every pod. */
  readonly containers: readonly Container[];
  readonly #byKind = new Map<string, KubeObject[]>();
  readonly #byName = new Map<string, KubeObject>();
  readonly #extensions = new Map<string, Set<string>>();
  readonly #pods: ReadonlyMap<KubeObject, Pod>;
  readonly #dev: ReadonlySet<string>;

  /**
   * @param dev whether all of them are a developer's, whatever their namespaces say
   * @param network what their stage says of it, where the stage itself is at hand
   */
  constructor(
    all: readonly KubeObject[],
    readonly dev = false,
    readonly network?: NetworkStage,
  ) {
    this.all = all;
    for (const object of all) {
      const extension = extensionOf(object.apiVersion);
      const kind = `${extension} ${object.kind}`;
      const kinds = this.#byKind.get(kind);
      if (kinds) kinds.push(object);
      else this.#byKind.set(kind, [object]);
      this.#byName.set(`${kind} ${object.namespace}/${object.name}`, object);
      if (extension !== KUBERNETES)
        this.#extensions.set(object.namespace, (this.#extensions.get(object.namespace) ?? new Set()).add(extension));
    }
    this.pods = all.flatMap((object) => podOf(object) ?? []);
    this.containers = this.pods.flatMap((pod) => pod.containers);
    this.#pods = new Map(this.pods.map((pod) => [pod.owner, pod]));
    const namespaces = this.ofKind("Namespace").filter(
      (each) => text(each.tree, "metadata", "labels", STAGE_LABEL) === "dev",
    );
    this.#dev = new Set(namespaces.map(({ name }) => name));
  }

  /** The objects of Kubernetes' own kinds, or of those of extensions that rules know. */
  ofKind(...kinds: readonly string[]): readonly KubeObject[] {
    const [only = ""] = kinds;
    if (kinds.length === 1) return this.#byKind.get(`${homeOf(only)} ${only}`) ?? [];
    return kinds.flatMap((kind) => this.ofKind(kind));
  }

  /** @param extension group of the kind, where it is not one that rules know */
  find(kind: string, namespace: string, name: string, extension = homeOf(kind)): KubeObject | undefined {
    return this.#byName.get(`${extension} ${kind} ${namespace}/${name}`);
  }

  /** The groups of the custom resources in a namespace. */
  extensionsIn(namespace: string): ReadonlySet<string> {
    return this.#extensions.get(namespace) ?? new Set();
  }

  /** The pod that an object is or starts. */
  podOf(object: KubeObject): Pod | undefined {
    return this.#pods.get(object);
  }

  isDev({ namespace }: KubeObject): boolean {
    return this.dev || this.#dev.has(namespace);
  }

  /** Labels of a namespace, as far as known: Kubernetes itself labels each with its name. */
  namespaceLabels(name: string): ReadonlyMap<string, string> {
    const labels = texts(this.find("Namespace", "", name)?.tree, "metadata", "labels");
    return new Map([...labels, ["kubernetes.io/metadata.name", name]]);
  }
}
