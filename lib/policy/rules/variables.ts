import type { Container } from "../pods";
import { each, type Rule } from "../rule";
import { isSet, type Tree, text, tree, trees } from "../tree";
import { finding } from "./host";

/** Every variable has a value. */
export const VARIABLE_RULES: readonly Rule[] = [
  each(
    (objects) => objects.containers,
    "variable-source",
    "The API server refuses a variable that has a source without its name, none or several; one of a container that is not there never starts.",
    "Give it a value or one source, with the name of its Secret, ConfigMap or container.",
    function* (container) {
      for (const [variable, index] of trees(container.tree, "env"))
        for (const problem of variableProblems(variable, container)) yield finding(container, `env[${index}]`, problem);
      for (const [source, index] of trees(container.tree, "envFrom"))
        for (const problem of sourceProblems(source, LISTS)) yield finding(container, `envFrom[${index}]`, problem);
    },
  ),
];

/** The sources of one variable, each with the kind of object that it must name. */
const SINGLE: ReadonlyMap<string, string | undefined> = new Map([
  ["secretKeyRef", "Secret"],
  ["configMapKeyRef", "ConfigMap"],
  ["fieldRef", undefined],
  ["resourceFieldRef", undefined],
  ["fileKeyRef", undefined],
]);
const LISTS: ReadonlyMap<string, string | undefined> = new Map([
  ["secretRef", "Secret"],
  ["configMapRef", "ConfigMap"],
]);

function variableProblems({ value, valueFrom }: Tree, { pod }: Container): readonly string[] {
  if (!isSet(valueFrom)) return [];
  const problems = sourceProblems(tree(valueFrom), SINGLE);
  const other = text(valueFrom, "resourceFieldRef", "containerName");
  return [
    ...problems,
    ...(isSet(value) && value !== "" ? ["has a value and a source"] : []),
    ...(other && !pod.containers.some(({ name }) => name === other)
      ? [`names container ${other}, which the pod lacks`]
      : []),
  ];
}

function sourceProblems(holder: Tree, kinds: ReadonlyMap<string, string | undefined>): readonly string[] {
  const given = [...kinds].filter(([source]) => isSet(holder[source]));
  if (given.length === 0) return ["has no source"];
  if (given.length > 1) return [`has several sources: ${given.map(([source]) => source).join(", ")}`];
  return given.flatMap(([source, kind]) => (kind && !text(holder, source, "name") ? [`names no ${kind}`] : []));
}
