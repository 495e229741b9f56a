import { isTree, list, type Tree, text, texts, trees } from "../tree";
import type { Labels, LabelValue } from "./labels";

/**
 * Whether a LabelSelector (`matchLabels`, `matchExpressions`) matches. An empty selector matches everything, a missing
 * one nothing. Labels that differ from pod to pod match if those of some pod do.
 */
export function matches(selector: unknown, labels: Labels): boolean {
  return (
    isTree(selector) &&
    texts(selector, "matchLabels").every(([key, value]) => is(labels.get(key), value)) &&
    trees(selector, "matchExpressions").every(([expression]) => holds(expression, labels))
  );
}

const is = (found: LabelValue | undefined, value: string) =>
  typeof found === "string" ? found === value : (found?.has(value) ?? false);

function holds(expression: Tree, labels: Labels): boolean {
  const value = labels.get(text(expression, "key") ?? "");
  const values = list(expression, "values");
  switch (text(expression, "operator")) {
    case "In":
      return values.some((each) => typeof each === "string" && is(value, each));
    case "NotIn":
      return typeof value !== "string" || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return false;
  }
}

/** Whether a LabelSelector has no conditions, and so matches everything. */
export const isEmpty = (selector: Tree) =>
  texts(selector, "matchLabels").length === 0 && list(selector, "matchExpressions").length === 0;

/** Whether a plain map of labels, e.g. a Service's selector, matches. An empty map matches nothing. */
export const matchesAll = (selector: Tree, labels: Labels) => matches(selectorOf(selector), labels);

/** The LabelSelector of a plain map of labels; undefined for an empty map, which matches nothing. */
export const selectorOf = (labels: Tree): Tree | undefined =>
  texts(labels).length > 0 ? { matchLabels: labels } : undefined;

/** Pairs of key and value, one of each list, without which nothing matches. Empty if there is no such condition. */
export const needed = (selector: unknown): readonly (readonly (readonly [key: string, value: string])[])[] => [
  ...texts(selector, "matchLabels").map((pair) => [pair]),
  ...trees(selector, "matchExpressions")
    .filter(([{ operator }]) => operator === "In")
    .map(([expression]) =>
      list(expression, "values").map((value) => [text(expression, "key") ?? "", String(value)] as const),
    ),
];
