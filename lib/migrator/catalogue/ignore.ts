import { type CatalogueEntry, hasMembers, titleOf } from ".";
import { compareCatalogues } from "./compare";

/** Objects that are no drift, such as an operator's publications. */
export interface Ignore {
  /**
   * Glob on an object's title or name as `verify` prints them, e.g. `publication *` or `app.events_p*`. `*` stands for
   * any text, `?` for one character. Parts of a table that it names are ignored, too.
   */
  readonly pattern: string;
  /** @default none is told */
  readonly reason?: string;
}

/** An entry of the list, with the differences that it put aside. */
export interface Ignored extends Ignore {
  readonly differences: readonly string[];
}

export interface Comparison {
  readonly differences: readonly string[];
  readonly ignored: readonly Ignored[];
  /** Patterns that name nothing in either catalogue. */
  readonly useless: readonly string[];
}

/** Compares two catalogues but for what the list names. Of several patterns the first counts. */
export function compareBut(
  list: readonly Ignore[],
  expected: readonly CatalogueEntry[],
  actual: readonly CatalogueEntry[],
): Comparison {
  const all = [...expected, ...actual];
  const named = list.map(({ pattern }) => matcher(pattern, all));
  const within = (entries: readonly CatalogueEntry[], index: number) =>
    entries.filter((entry) => named.findIndex((names) => names(entry)) === index);
  const compare = (index: number) => compareCatalogues(within(expected, index), within(actual, index));
  return {
    differences: compare(-1),
    ignored: list.map((each, index) => ({ ...each, differences: compare(index) })),
    useless: list.flatMap(({ pattern }, index) => (all.some((entry) => named[index]?.(entry)) ? [] : [pattern])),
  };
}

/** Whether an entry is named by a pattern, or is part of something that is. */
function matcher(pattern: string, all: readonly CatalogueEntry[]): (entry: CatalogueEntry) => boolean {
  const glob = toRegExp(pattern);
  const names = (entry: CatalogueEntry) => {
    const title = titleOf(entry);
    return glob.test(title) || glob.test(title.slice(entry.kind.length + 1));
  };
  const owners = new Set(all.filter((entry) => hasMembers(entry) && names(entry)).map(({ name }) => name));
  return (entry) => names(entry) || (entry.parent !== null && owners.has(entry.parent));
}

/** Names in public are printed without it, so a pattern's `public.` is left out, too. */
function toRegExp(pattern: string): RegExp {
  const glob = pattern.trim().replace(/(^| )public\./, "$1");
  const source = glob.replace(/[.*+?^${}()|[\]\\]/g, (special) =>
    special === "*" ? ".*" : special === "?" ? "." : `\\${special}`,
  );
  return new RegExp(`^${source}$`, "s");
}
