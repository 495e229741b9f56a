import { isTree, list, type Tree, text, texts, trees } from "../tree";

type Labels = ReadonlyMap<string, string>;

/**
 * Whether a LabelSelector (`matchLabels`, `matchExpressions`) matches. An empty selector matches everything, a missing
 * one nothing.
 */
export function matches(selector: unknown, labels: Labels): boolean {
  return (
    isTree(selector) &&
    texts(selector, "matchLabels").every(([key, value]) => labels.get(key) === value) &&
    trees(selector, "matchExpressions").every(([expression]) => holds(expression, labels))
  );
}

function holds(expression: Tree, labels: Labels): boolean {
  const value = labels.get(text(expression, "key") ?? "");
  const values = list(expression, "values");
  switch (text(expression, "operator")) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
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
export function matchesAll(selector: Tree, labels: Labels): boolean {
  const wanted = texts(selector);
  return wanted.length > 0 && wanted.every(([key, value]) => labels.get(key) === value);
}
