/** A mapping of unknown shape, e.g. from a foreign manifest. */
export interface Tree {
  readonly [key: string]: unknown;
}

const EMPTY: Tree = {};
const NONE: readonly never[] = [];

export const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether a value is present. Null counts as absent. */
export const isSet = (value: unknown): boolean => value !== undefined && value !== null;

/** The value at `path`; undefined if a step on the way is missing or not a mapping. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let current = value;
  for (const key of path) {
    if (!isTree(current)) return undefined;
    current = current[key];
  }
  return current;
}

/** The mapping at `path`; empty if there is none. */
export function tree(value: unknown, ...path: readonly string[]): Tree {
  const found = at(value, ...path);
  return isTree(found) ? found : EMPTY;
}

/** The items at `path`; empty if there is no list. */
export function list(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : NONE;
}

/** The items at `path` that are mappings, each with its index in the list. */
export function trees(value: unknown, ...path: readonly string[]): readonly (readonly [Tree, number])[] {
  const items = at(value, ...path);
  if (!Array.isArray(items)) return NONE;
  const found: (readonly [Tree, number])[] = [];
  for (let index = 0; index < items.length; index += 1) {
    const item: unknown = items[index];
    if (isTree(item)) found.push([item, index]);
  }
  return found;
}

/** The text at `path`; undefined if there is none. */
export function text(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === "string" ? found : undefined;
}

/** The number at `path`; undefined if there is none. */
export function number(value: unknown, ...path: readonly string[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === "number" ? found : undefined;
}

/** The keys and texts of the mapping at `path`, leaving out values that are not texts. */
export function texts(value: unknown, ...path: readonly string[]): readonly (readonly [string, string])[] {
  const mapping = at(value, ...path);
  if (!isTree(mapping)) return NONE;
  const found: (readonly [string, string])[] = [];
  for (const key of Object.keys(mapping)) {
    const item = mapping[key];
    if (typeof item === "string") found.push([key, item]);
  }
  return found;
}
