import { EXCEPTION_PREFIX } from "../exceptions";
import { literalIn, literalInArguments } from "../kubernetes/literals";
import type { KubeObject } from "../object";
import type { Objects } from "../objects";
import type { Container } from "../pods";
import { type Breach, each, type Rule } from "../rule";
import { list, type Tree, text, texts, trees } from "../tree";
import { finding, handlers } from "./host";

/** Secret values are in Secrets only, never in manifests that people share. */
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

function* passwords(objects: Objects): Iterable<Breach> {
  for (const object of objects.all) yield* inAnnotations(object);
  for (const [kind, ...path] of TEXTS)
    for (const object of objects.ofKind(kind)) yield* inTexts(object, path.join("."), texts(object.tree, ...path));
  for (const object of objects.ofKind("ConfigMap")) yield* inTexts(object, "binaryData", decoded(object));
  for (const { owner, path, annotations, spec } of objects.pods) {
    if (path !== "") yield* inTexts(owner, `${path}metadata.annotations`, [...annotations]);
    for (const [volume, index] of trees(spec, "volumes")) {
      const field = `${path}spec.volumes[${index}].csi.volumeAttributes`;
      yield* inTexts(owner, field, texts(volume, "csi", "volumeAttributes"));
    }
  }
  for (const container of objects.containers) yield* inContainer(container);
}

/** Paths of readable texts, by name, in each kind. */
const TEXTS: readonly (readonly [string, ...string[]])[] = [
  ["ConfigMap", "data"],
  ["ExternalSecret", "spec", "target", "template", "data"],
  ["CronJob", "spec", "jobTemplate", "metadata", "annotations"],
  ["PersistentVolume", "spec", "csi", "volumeAttributes"],
  ["StorageClass", "parameters"],
];

/** The texts among a ConfigMap's binary data. */
const decoded = ({ tree: object }: KubeObject) =>
  texts(object, "binaryData")
    .map(([key, value]) => [key, Buffer.from(value, "base64").toString()] as const)
    .filter(([, value]) => !/[\0\ufffd]/.test(value));

function* inContainer(container: Container): Iterable<Breach> {
  for (const [variable, index] of trees(container.tree, "env")) {
    const problem = literalIn(text(variable, "name") ?? "", text(variable, "value") ?? "");
    if (problem) yield finding(container, `env[${index}].value`, problem);
  }
  // Reads both lists as one: `command` may end with a password's name, and `args` begin with the password.
  const command = list(container.tree, "command");
  for (const [index, problem] of literalInArguments([...command, ...list(container.tree, "args")])) {
    const field = index < command.length ? `command[${index}]` : `args[${index - command.length}]`;
    yield finding(container, field, problem);
  }
  for (const [field, handler] of handlers(container.tree)) yield* inHandler(container, field, handler);
}

function* inHandler(container: Container, field: string, handler: Tree): Iterable<Breach> {
  for (const [index, problem] of literalInArguments(list(handler, "exec", "command")))
    yield finding(container, `${field}.exec.command[${index}]`, problem);
  for (const [header, index] of trees(handler, "httpGet", "httpHeaders")) {
    const [name, value] = [text(header, "name") ?? "", text(header, "value") ?? ""];
    const problem = literalIn(name, value) ?? literalIn("", `${name}: ${value}`);
    if (problem) yield finding(container, `${field}.httpGet.httpHeaders[${index}].value`, problem);
  }
}

/** Skips exceptions: their texts are written by people and may mention passwords. */
function inAnnotations(object: KubeObject): Iterable<Breach> {
  const annotations = texts(object.tree, "metadata", "annotations");
  return inTexts(
    object,
    "metadata.annotations",
    annotations.filter(([name]) => !name.startsWith(EXCEPTION_PREFIX)),
  );
}

function* inTexts(object: KubeObject, field: string, values: Iterable<readonly [string, string]>): Iterable<Breach> {
  for (const [key, value] of values) {
    const problem = literalIn(key, value);
    if (problem) yield { object, field: `${field}["${key}"]`, problem };
  }
}
