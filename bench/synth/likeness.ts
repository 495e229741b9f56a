import { isDeepStrictEqual } from "node:util";
import { isList, isMapping, leaves, type Mapping, type Tree } from "./objects";

/** Whether all are mappings, or lists of one length, so that they can be walked side by side. */
export const sameShape = (present: readonly Tree[]) =>
  present.every(isMapping) || (present.every(isList) && new Set(present.map((list) => list.length)).size === 1);

/** Whether at least half of the leaves are equal, so that one template can serve all stages. */
export function alike(present: readonly Tree[]): boolean {
  const [first = null] = present;
  return present.every((tree) => differing(first, tree) * 2 <= Math.max(leaves(first), leaves(tree)));
}

/** Counts the leaves that differ. */
function differing(a: Tree | undefined, b: Tree | undefined): number {
  if (isDeepStrictEqual(a, b)) return 0;
  const walkable = isMapping(a) ? isMapping(b) : isList(a) && isList(b) && a.length === b.length;
  if (!walkable) return Math.max(leaves(a ?? null), leaves(b ?? null));
  const [before, after] = [a, b] as unknown as readonly [Mapping, Mapping];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].reduce((sum, key) => sum + differing(before[key], after[key]), 0);
}
