import { isKustomize } from "../kubernetes/api";
import type { KubeObject } from "../object";
import type { Objects } from "../objects";
import type { Container, Pod } from "../pods";
import { type Breach, each, type Rule } from "../rule";
import { type Tree, text, texts, tree, trees } from "../tree";
import { finding } from "./host";

const pods = (objects: Objects) => objects.pods;

/** The API server accepts all names and labels, and names inside a pod are unique. */
export const NAME_RULES: readonly Rule[] = [
  each(
    (objects) => objects.all,
    "object-name",
    "The API server refuses the object.",
    "Use lower-case letters, digits and hyphens, with a letter or digit at either end; a port has at most 15 of them.",
    function* (object, objects) {
      const problem = nameProblem(object);
      if (problem) yield { object, field: "metadata.name", problem };
      const pod = objects.podOf(object);
      if (pod) yield* namesInside(pod);
    },
  ),
  each(
    (objects) => objects.all,
    "label-value",
    "The API server refuses the object.",
    "Use at most 63 letters, digits, dots, underscores and hyphens, with a letter or digit at either end; quote what looks like a number or true.",
    function* (object, objects) {
      yield* labels(object, "metadata.labels", tree(object.tree, "metadata", "labels"));
      const pod = objects.podOf(object);
      if (!pod?.path) return;
      const field = `${pod.path}metadata.labels`;
      yield* labels(object, field, tree(object.tree, ...field.split(".")));
    },
  ),
  each(pods, "name-unique", "The API server refuses the object.", "Rename one, or leave it out.", function* (pod) {
    yield* twice(pod, inPod(pod, CONTAINERS));
    yield* twice(pod, inPod(pod, ["volumes"]));
    for (const container of pod.containers) yield* twice(pod, portsIn(container));
  }),
  each(
    (objects) => objects.containers,
    "port-number",
    "The API server refuses the object.",
    "Use a number from 1 to 65535.",
    function* (container) {
      for (const [{ containerPort: port }, index] of trees(container.tree, "ports"))
        if (typeof port === "number" && (port < 1 || port > 65_535))
          yield finding(container, `ports[${index}].containerPort`, `is ${port}`);
    },
  ),
];

const SUBDOMAIN = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** Kinds whose names become part of a host name, and so have no dot. */
const LABELS: ReadonlyMap<string, RegExp> = new Map([
  ["Service", /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/],
  ["Namespace", LABEL],
]);
/** At most 15 characters, at least one letter, and no two hyphens together. */
const PORT = /^(?=.{1,15}$)(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
/** May hold colons and capitals, as `system:node`. */
const PATH_SEGMENT = /^(?!\.{1,2}$)[^/%]+$/;

function nameProblem(named: KubeObject): string | undefined {
  const { apiVersion, kind, name, tree: object } = named;
  if (isKustomize(named)) return undefined;
  if (!text(object, "metadata", "name")) {
    return text(object, "metadata", "generateName") || kind === "" ? undefined : "is not set";
  }
  const pattern = apiVersion.startsWith("rbac.authorization.k8s.io/") ? PATH_SEGMENT : (LABELS.get(kind) ?? SUBDOMAIN);
  return pattern.test(name) ? undefined : `is "${name}"`;
}

const VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

function* labels(object: KubeObject, field: string, all: Tree): Iterable<Breach> {
  for (const [key, value] of texts(all)) {
    if (!VALUE.test(value)) yield { object, field: `${field}["${key}"]`, problem: `is "${value}"` };
  }
}

const CONTAINERS = ["initContainers", "containers", "ephemeralContainers"];

/** A name inside a pod, with its path. */
type Named = readonly [field: string, name: string];

/** The items of lists in a pod's spec. */
const inPod = ({ path, spec }: Pod, lists: readonly string[]) =>
  lists.flatMap((list) => named(`${path}spec.${list}`, trees(spec, list)));

const portsIn = ({ path, tree: container }: Container) => named(`${path}.ports`, trees(container, "ports"));

const named = (path: string, items: readonly (readonly [Tree, number])[]): readonly Named[] =>
  items.flatMap(([item, index]) => {
    const name = text(item, "name");
    return name === undefined ? [] : [[`${path}[${index}].name`, name] as const];
  });

function* namesInside(pod: Pod): Iterable<Breach> {
  const ports = pod.containers.flatMap(portsIn).map((each) => [PORT, each] as const);
  const others = inPod(pod, [...CONTAINERS, "volumes"]).map((each) => [LABEL, each] as const);
  for (const [pattern, [field, name]] of [...others, ...ports])
    if (!pattern.test(name)) yield { object: pod.owner, field, problem: `is "${name}"` };
}

/** Reports each name that is already taken. */
function* twice({ owner }: Pod, all: readonly Named[]): Iterable<Breach> {
  const seen = new Set<string>();
  for (const [field, name] of all) {
    if (seen.has(name)) yield { object: owner, field, problem: `is ${name}, as another's` };
    seen.add(name);
  }
}
