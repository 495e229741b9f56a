import type { KubeObject, Objects } from "../objects";
import type { Pod } from "../pods";
import { each, type Finding, type Rule } from "../rule";
import { type Tree, text, texts, tree, trees } from "../tree";

const pods = (objects: Objects) => objects.pods;

/** Names and labels are what the API server takes, and no two things of a pod share one. */
export const NAME_RULES: readonly Rule[] = [
  each(
    (objects) => objects.all,
    "object-name",
    "The API server refuses the object.",
    "Use lower-case letters, digits and hyphens, with a letter or digit at either end.",
    function* (object) {
      const problem = nameProblem(object);
      if (problem) yield { object, field: "metadata.name", problem };
    },
  ),
  each(
    (objects) => objects.all,
    "label-value",
    "The API server refuses the object, or every pod of it.",
    "Use at most 63 letters, digits, dots, underscores and hyphens, with a letter or digit at either end; quote what looks like a number or true.",
    function* (object, objects) {
      yield* labels(object, "metadata.labels", tree(object.tree, "metadata", "labels"));
      const pod = objects.podOf(object);
      if (!pod?.path) return;
      const field = `${pod.path}metadata.labels`;
      yield* labels(object, field, tree(object.tree, ...field.split(".")));
    },
  ),
  each(pods, "name-unique", "The API server refuses the pod.", "Rename one, or leave it out.", function* (pod) {
    yield* twice(pod, CONTAINERS);
    yield* twice(pod, ["volumes"]);
  }),
];

const SUBDOMAIN = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
/** Names that are part of a host name, and so have no dot. */
const LABELS: ReadonlyMap<string, RegExp> = new Map([
  ["Service", /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/],
  ["Namespace", /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/],
]);
/** May hold colons and capitals, as `system:node`. */
const PATH_SEGMENT = /^(?!\.{1,2}$)[^/%]+$/;

function nameProblem({ apiVersion, kind, name, tree: object }: KubeObject): string | undefined {
  if (!text(object, "metadata", "name")) {
    return text(object, "metadata", "generateName") || kind === "" ? undefined : "is not set";
  }
  const pattern = apiVersion.startsWith("rbac.authorization.k8s.io/") ? PATH_SEGMENT : (LABELS.get(kind) ?? SUBDOMAIN);
  return pattern.test(name) ? undefined : `is "${name}"`;
}

const VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

function* labels(object: KubeObject, field: string, all: Tree): Iterable<Finding> {
  for (const [key, value] of texts(all)) {
    if (!VALUE.test(value)) yield { object, field: `${field}["${key}"]`, problem: `is "${value}"` };
  }
}

const CONTAINERS = ["initContainers", "containers", "ephemeralContainers"];

/** What has the name of an earlier item of the same lists. */
function* twice({ owner, path, spec }: Pod, lists: readonly string[]): Iterable<Finding> {
  const seen = new Set<string>();
  for (const list of lists) {
    for (const [item, index] of trees(spec, list)) {
      const name = text(item, "name") ?? "";
      if (seen.has(name))
        yield { object: owner, field: `${path}spec.${list}[${index}].name`, problem: `is ${name}, as another's` };
      seen.add(name);
    }
  }
}
