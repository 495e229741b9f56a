import type { Connection } from "./connections";
import { isNamespaced } from "./kubernetes/api";
import { extensionOf, homeOf } from "./kubernetes/groups";
import { ANY, type Labels, type LabelValue } from "./kubernetes/labels";
import { Labelled } from "./labelled";
import { Made } from "./made";
import { type KubeObject, labelOf } from "./object";
import { Places } from "./places";
import { type Container, type Pod, podOf } from "./pods";
import { texts, tree } from "./tree";

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
  /** Database roles that a program makes, and no operator may. @default none */
  readonly roles?: readonly string[] | undefined;
  /** Namespace of the objects that name none. @default one namespace for all, which may be any */
  readonly namespace?: string | undefined;
  /** Names of the rules to judge by. @default all */
  readonly only?: readonly string[];
  /** Names of rules to leave out. @default none */
  readonly skip?: readonly string[];
}

/** A set of objects that are applied together, indexed once for all rules. */
export class Objects {
  readonly all: readonly KubeObject[];
  /** Every pod that one of the objects starts. */
  readonly pods: readonly Pod[];
  /** Connections that the application needs to work. */
  readonly connections: readonly Connection[];
  /** Database roles that a program makes. */
  readonly roles: readonly string[];
  /** Every container of every pod. */
  readonly containers: readonly Container[];
  /** The namespace of objects that name none; undefined if it is unknown. */
  readonly namespace: string | undefined;
  readonly #byKind = new Map<string, KubeObject[]>();
  readonly #byName = new Places<KubeObject>();
  readonly #pods: ReadonlyMap<KubeObject, Pod>;
  readonly #podsByLabel = new Labelled<Pod>();
  readonly #byLabel = new Map<string, Labelled<KubeObject>>();
  readonly #scalers = new Places<KubeObject>();
  readonly #made: Made;
  readonly #allDev: boolean;
  readonly #dev: ReadonlySet<string>;

  constructor(given: readonly KubeObject[], options: PolicyOptions = {}) {
    const { dev = false, developmentLabel, connections = [], roles = [], namespace } = options;
    this.all = namespace === undefined ? given : given.map((object) => placed(object, namespace));
    this.connections = connections;
    this.roles = roles;
    this.namespace = namespace;
    this.#allDev = dev;
    for (const object of this.all) {
      const kind = `${extensionOf(object.apiVersion)} ${object.kind}`;
      const kinds = this.#byKind.get(kind);
      if (kinds) kinds.push(object);
      else this.#byKind.set(kind, [object]);
      this.#byName.set(object.namespace, `${kind} ${object.name}`, object);
    }
    for (const scaler of this.ofKind("HorizontalPodAutoscaler")) {
      const { kind, name } = tree(scaler.tree, "spec", "scaleTargetRef");
      this.#scalers.set(scaler.namespace, `${kind} ${name}`, scaler);
    }
    this.#made = new Made(this.all);
    this.pods = this.all.flatMap((object) => podOf(object, this.#scalerOf(object)) ?? []);
    this.containers = this.pods.flatMap((pod) => pod.containers);
    this.#pods = new Map(this.pods.map((pod) => [pod.owner, pod]));
    for (const pod of this.pods) this.#podsByLabel.add(pod.owner.namespace, pod.allLabels, pod);
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
    return this.#byName.get(namespace, `${extension} ${kind} ${name}`);
  }

  /** Whether there is such an object: among these, or made by Kubernetes or by an operator. */
  has(kind: string, namespace: string, name: string): boolean {
    return this.find(kind, namespace, name) !== undefined || this.#made.has(kind, namespace, name);
  }

  /** The pods that a LabelSelector in this namespace matches. The same selector gives the same list. */
  podsOf(selector: unknown, namespace: string): readonly Pod[] {
    return this.#podsByLabel.find(selector, namespace);
  }

  /** The same, without namespaces that may or may not be this one. */
  podsExactlyOf(selector: unknown, namespace: string): readonly Pod[] {
    return this.#podsByLabel.exactly(selector, namespace);
  }

  /** The namespaces with pods. */
  podNamespaces(): Iterable<string> {
    return this.#podsByLabel.namespaces();
  }

  /** The objects of a kind that a LabelSelector in this namespace matches by their own labels. */
  labelled(kind: string, selector: unknown, namespace: string): readonly KubeObject[] {
    let found = this.#byLabel.get(kind);
    if (!found) {
      found = new Labelled<KubeObject>();
      for (const object of this.ofKind(kind))
        found.add(object.namespace, new Map(texts(object.tree, "metadata", "labels")), object);
      this.#byLabel.set(kind, found);
    }
    return found.find(selector, namespace);
  }

  /** Whether a LabelSelector may match pods or Services that Kubernetes or an operator makes. */
  mayMatchOthers(selector: unknown, namespace: string): boolean {
    return this.#made.matches(selector, namespace);
  }

  /** The pod that an object is or starts. */
  podOf(object: KubeObject): Pod | undefined {
    return this.#pods.get(object);
  }

  isDev({ namespace }: KubeObject): boolean {
    return this.#allDev || this.#dev.has(namespace);
  }

  /** Known labels of a namespace, with the name label that Kubernetes itself adds. */
  namespaceLabels(name: string): Labels {
    const labels = texts(this.find("Namespace", "", name)?.tree, "metadata", "labels");
    return new Map<string, LabelValue>([...labels, ["kubernetes.io/metadata.name", name === "" ? ANY : name]]);
  }

  #scalerOf({ kind, namespace, name }: KubeObject): KubeObject | undefined {
    return this.#scalers.get(namespace, `${kind} ${name}`);
  }
}

/** Puts an object into the namespace that it does not name, if its kind has namespaces. */
const placed = (object: KubeObject, namespace: string): KubeObject =>
  object.namespace === "" && isNamespaced(object) ? { ...object, namespace } : object;
