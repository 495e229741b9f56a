import { API_VERSION, isBuiltIn, isGroup, isKnown, isNamespaced, versionsOf } from "../kubernetes/api";
import { type Mismatch, mismatches } from "../kubernetes/mismatches";
import { type KubeObject, label } from "../object";
import type { Objects } from "../objects";
import { type Breach, each, type Rule } from "../rule";
import { text } from "../tree";
import { deprecated } from "./deprecated";

const all = (objects: Objects) => objects.all;
const UNKNOWN = "Clients refuse it, or the API server drops it silently and what it was to do is not done.";

/** The API server accepts the objects without a warning. */
export const API_RULES: readonly Rule[] = [
  each(
    all,
    "api-version",
    "The API server refuses a version that it has removed, warns about a deprecated one, and by default serves none that is not final.",
    `Use a version that Kubernetes ${API_VERSION} serves by default.`,
    apiVersion,
  ),
  each(
    all,
    "deprecated-field",
    "It works no longer, or may stop with any later release.",
    "Use what replaced it.",
    deprecated,
  ),
  ofSchema("unknown-field", "unknown", UNKNOWN, "Correct its name or its place, or leave it out."),
  ofSchema(
    "wrong-type",
    "type",
    "The API server refuses the object.",
    "Write it as the API has it; quote text that looks like a number.",
  ),
  ofSchema(
    "required-field",
    "missing",
    "The API requires it: without it the API server refuses the object, or takes 0, false or an empty text for it.",
    "Set it.",
  ),
  ofSchema(
    "quantity",
    "quantity",
    "The API server refuses the object.",
    "Write a number with one of Kubernetes' suffixes, as 500m or 256Mi.",
  ),
  {
    name: "object-unique",
    reason: "Of two objects of one name the second overwrites the first.",
    remedy: "Rename one, or leave it out.",
    *check(objects) {
      const seen = new Set<string>();
      for (const object of objects.all) {
        const key = `${object.apiVersion.replace(/\/.*/, "")} ${label(object)}`;
        if (object.name !== "" && seen.has(key))
          yield { object, field: "metadata.name", problem: "is another object's" };
        seen.add(key);
      }
    },
  },
  each(
    all,
    "namespace-set",
    "Without one the object goes wherever the person who applies it happens to be.",
    "Set metadata.namespace.",
    function* (object) {
      if (isNamespaced(object) && object.namespace === "")
        yield { object, field: "metadata.namespace", problem: "is not set" };
    },
  ),
  {
    name: "namespace-reference",
    reason: "Nothing shows that the namespace is there, nor what it lets its pods do.",
    remedy: "Put the Namespace beside the objects that are in it.",
    *check(objects) {
      const namespaces = objects.ofKind("Namespace");
      const seen = new Set(["", "default", objects.namespace, ...namespaces.map(({ name }) => name)]);
      // A folder without a Namespace is part of a larger whole, so only its pods are checked.
      const asked = namespaces.length > 0 ? objects.all : objects.pods.map(({ owner }) => owner);
      for (const object of asked) {
        if (seen.has(object.namespace)) continue;
        // Reports each namespace once.
        seen.add(object.namespace);
        yield { object, field: "metadata.namespace", problem: `is ${object.namespace}, which is not there` };
      }
    },
  },
  each(
    (objects) => objects.ofKind("Namespace"),
    "namespace-pod-security",
    "The namespace takes any pod, however privileged.",
    "Label it pod-security.kubernetes.io/enforce: restricted.",
    function* (object) {
      const name = "pod-security.kubernetes.io/enforce";
      const level = text(object.tree, "metadata", "labels", name);
      if (level !== "restricted")
        yield { object, field: `metadata.labels["${name}"]`, problem: `is ${level ?? "not set"}` };
    },
  ),
];

function ofSchema(name: string, kind: Mismatch["kind"], reason: string, remedy: string): Rule {
  return each(all, name, reason, remedy, function* (object) {
    for (const found of mismatches(object))
      if (found.kind === kind) yield { object, field: found.field, problem: found.problem };
  });
}

/** Deprecated versions and their replacements. The API server serves them with a warning. */
const DEPRECATED: Readonly<Record<string, string>> = {
  "v1 Endpoints": "discovery.k8s.io/v1 EndpointSlice",
  "v1 ComponentStatus": "the components' own health endpoints",
};

function* apiVersion(object: KubeObject): Iterable<Breach> {
  const field = "apiVersion";
  const { apiVersion: version, kind } = object;
  if (version === "" || kind === "") return yield { object, field: version ? "kind" : field, problem: "is not set" };
  if (!isGroup(object) && !isBuiltIn(object))
    yield { object, field, problem: `${version} is of no group that there is` };
  if (!isBuiltIn(object)) return;
  const replacement = DEPRECATED[`${version} ${kind}`];
  if (replacement) yield { object, field, problem: `${version} ${kind} is deprecated; use ${replacement}` };
  const known = isKnown(object);
  if (known && !/\/v\d+(alpha|beta)\d+$/.test(version)) return;
  const now = versionsOf(kind)[0];
  const instead = now && now !== version ? `; use ${now}` : "";
  const problem = known ? "is not served by default" : `has no ${kind} (removed or misspelt)`;
  yield { object, field, problem: `${version} ${problem}${instead}` };
}
