import { literalIn, literalInArguments } from "../kubernetes/literals";
import type { KubeObject, Objects } from "../objects";
import { each, type Finding, type Rule } from "../rule";
import { list, text, texts, trees } from "../tree";
import { finding } from "./host";

/** Secrets are in Secrets, and their values nowhere in manifests that people share. */
export const LITERAL_RULES: readonly Rule[] = [
  {
    name: "password-literal",
    reason: "Who may read the manifest, the object or the process list reads the password.",
    remedy: "Put it into a Secret and mount that, or refer to it.",
    check: passwords,
  },
  each(
    (objects) => objects.ofKind("Secret"),
    "secret-in-manifest",
    "Base64 is no encryption: whoever reads the manifest has the secret, and so has its history.",
    "Outside dev refer to a store, by an ExternalSecret for instance.",
    function* (object, objects) {
      if (objects.isDev(object)) return;
      for (const field of ["data", "stringData"])
        for (const [key, value] of texts(object.tree, field))
          if (value !== "") yield { object, field: `${field}["${key}"]`, problem: "is a value" };
    },
  ),
  each(
    (objects) => objects.containers,
    "env-unique",
    "Of two variables of one name one is ignored, and which one is easily misread.",
    "Leave one out.",
    function* (container) {
      const names = trees(container.tree, "env").map(([variable]) => text(variable, "name"));
      for (const [index, name] of names.entries())
        if (name !== undefined && names.indexOf(name) < index)
          yield finding(container, `env[${index}].name`, `is ${name}, as an earlier one`);
    },
  ),
];

function* passwords(objects: Objects): Iterable<Finding> {
  for (const object of objects.all) yield* inAnnotations(object);
  for (const object of objects.ofKind("ConfigMap")) yield* inTexts(object, "data", texts(object.tree, "data"));
  for (const object of objects.ofKind("ExternalSecret")) {
    const path = ["spec", "target", "template", "data"];
    yield* inTexts(object, path.join("."), texts(object.tree, ...path));
  }
  for (const { owner, path, annotations } of objects.pods)
    if (path !== "") yield* inTexts(owner, `${path}metadata.annotations`, [...annotations]);
  for (const container of objects.containers) {
    for (const [variable, index] of trees(container.tree, "env")) {
      const problem = literalIn(text(variable, "name") ?? "", text(variable, "value") ?? "");
      if (problem) yield finding(container, `env[${index}].value`, problem);
    }
    for (const field of ["command", "args"])
      for (const [index, problem] of literalInArguments(list(container.tree, field)))
        yield finding(container, `${field}[${index}]`, problem);
  }
}

/** An exception's text is a person's, and says what it is about. */
function inAnnotations(object: KubeObject): Iterable<Finding> {
  const annotations = texts(object.tree, "metadata", "annotations");
  return inTexts(
    object,
    "metadata.annotations",
    annotations.filter(([name]) => !name.startsWith("policy.diabrisk.io/except-")),
  );
}

function* inTexts(object: KubeObject, field: string, values: Iterable<readonly [string, string]>): Iterable<Finding> {
  for (const [key, value] of values) {
    const problem = literalIn(key, value);
    if (problem) yield { object, field: `${field}["${key}"]`, problem };
  }
}
