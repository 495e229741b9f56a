import type { Connection } from "./connections";
import { extensionOf, homeOf, KUBERNETES } from "./kubernetes/groups";
import { type KubeObject, labelOf } from "./object";
import { type Container, type Pod, podOf } from "./pods";
import { texts } from "./tree";

/** Facts that the objects themselves do not contain. */
export interface PolicyOptions {
  /**
   * Whether all objects are for development, whatever their Namespaces say. Tags may then be mutable, and Secrets may
   * hold values.
   * @default false
   */
  readonly dev?: boolean;
  /** Label, as key and value, that marks a Namespace as one for development. @default no Namespace is */
  readonly developmentLabel?: readonly [key: string, value: string] | undefined;
  /** Connections that the application needs to work. @default none */
  readonly connections?: readonly Connection[];
}

/** A set of objects that are applied together, indexed once for all rules. */
export class Objects {
  readonly all: readonly KubeObject[];
  /** Every pod that one of the objects starts. */
  readonly pods: readonly Pod[];
  /** Connections that the application needs to work. */
  readonly connections: readonly Connection[];
  /** Every container of every pod. */
  readonly containers: readonly Container[];
  readonly #byKind = new Map<string, KubeObject[]>();
  readonly #byName = new Map<string, KubeObject>();
  readonly #extensions = new Map<string, Set<string>>();
  readonly #pods: ReadonlyMap<KubeObject, Pod>;
  readonly #allDev: boolean;
  readonly #dev: ReadonlySet<string>;

  constructor(all: readonly KubeObject[], { dev = false, developmentLabel, connections = [] }: PolicyOptions = {}) {
    this.all = all;
    this.connections = connections;
    this.#allDev = dev;
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
      (each) => developmentLabel && labelOf(each, developmentLabel[0]) === developmentLabel[1],
    );
    this.#dev = new Set(namespaces.map(({ name }) => name));
  }

  /** The objects of these kinds, either Kubernetes' own or of extensions that rules know. */
  ofKind(...kinds: readonly string[]): readonly KubeObject[] {
    const [only = ""] = kinds;
    if (kinds.length === 1) return this.#byKind.get(`${homeOf(only)} ${only}`) ?? [];
    return kinds.flatMap((kind) => this.ofKind(kind));
  }

  /** @param extension group of the kind, needed only for an extension that rules do not know */
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
    return this.#allDev || this.#dev.has(namespace);
  }

  /** Known labels of a namespace, with the name label that Kubernetes itself adds. */
  namespaceLabels(name: string): ReadonlyMap<string, string> {
    const labels = texts(this.find("Namespace", "", name)?.tree, "metadata", "labels");
    return new Map([...labels, ["kubernetes.io/metadata.name", name]]);
  }
}
