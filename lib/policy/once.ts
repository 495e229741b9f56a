/**
 * Does the work once for each list and each value of `more`. Thousands of selectors may find the same list, and would
 * otherwise go through it each.
 */
export function once<Item, More extends readonly unknown[], Result>(
  work: (list: readonly Item[], ...more: More) => Result,
): (list: readonly Item[], ...more: More) => Result {
  const known = new WeakMap<readonly Item[], Map<string, Result>>();
  return (list, ...more) => {
    const found = known.get(list) ?? new Map<string, Result>();
    known.set(list, found);
    const key = JSON.stringify(more);
    if (!found.has(key)) found.set(key, work(list, ...more));
    return found.get(key) as Result;
  };
}
