import type { Labels } from "./kubernetes/labels";
import { matches, needed } from "./kubernetes/selector";

/** A thing that selectors look for. */
interface Found<Thing> {
  readonly labels: Labels;
  readonly thing: Thing;
}

const NONE: readonly never[] = [];

/**
 * Things with labels, found by selectors. A selector is compared only with the things that have one of its labels, so
 * thousands of selectors and things cost little. The same selector gives the same list.
 */
export class Labelled<Thing> {
  readonly #places = new Map<string, Place<Thing>>();

  add(namespace: string, labels: Labels, thing: Thing): void {
    const place = this.#places.get(namespace) ?? new Place();
    this.#places.set(namespace, place);
    place.add({ labels, thing });
  }

  /** The things in exactly this namespace that a LabelSelector matches. */
  exactly(selector: unknown, namespace: string): readonly Thing[] {
    return this.#places.get(namespace)?.find(selector) ?? NONE;
  }

  /**
   * The things that a LabelSelector in this namespace matches. If there are none, those in one namespace that may be
   * the same: an unwritten namespace may be any that is written.
   */
  find(selector: unknown, namespace: string): readonly Thing[] {
    for (const name of [namespace, ...(namespace === "" ? this.#places.keys() : [""])]) {
      const found = this.exactly(selector, name);
      if (found.length > 0) return found;
    }
    return NONE;
  }

  /** The namespaces of the things. */
  namespaces(): Iterable<string> {
    return this.#places.keys();
  }
}

/** The things of one namespace. */
class Place<Thing> {
  readonly #all: Found<Thing>[] = [];
  readonly #byLabel = new Map<string, Found<Thing>[]>();
  readonly #known = new Map<string, readonly Thing[]>();

  add(found: Found<Thing>): void {
    this.#all.push(found);
    for (const [key, value] of found.labels) {
      const name = typeof value === "string" ? pair(key, value) : varying(key);
      const same = this.#byLabel.get(name);
      if (same) same.push(found);
      else this.#byLabel.set(name, [found]);
    }
  }

  find(selector: unknown): readonly Thing[] {
    const name = JSON.stringify(selector) ?? "";
    const known = this.#known.get(name);
    if (known) return known;
    const found = [...this.#candidates(selector)].filter(({ labels }) => matches(selector, labels));
    const things = found.map(({ thing }) => thing);
    this.#known.set(name, things);
    return things;
  }

  /** All things that meet one condition of the selector: the condition that the fewest may meet. */
  #candidates(selector: unknown): Iterable<Found<Thing>> {
    let fewest = [this.#all];
    for (const pairs of needed(selector)) {
      const lists = pairs.flatMap(([key, value]) => [this.#with(pair(key, value)), this.#with(varying(key))]);
      if (total(lists) < total(fewest)) fewest = lists;
    }
    return new Set(fewest.flat());
  }

  #with(name: string): Found<Thing>[] {
    return this.#byLabel.get(name) ?? [];
  }
}

const total = (lists: readonly (readonly unknown[])[]) => lists.reduce((sum, { length }) => sum + length, 0);
const pair = (key: string, value: string) => `${key}=${value}`;
const varying = (key: string) => `${key}?`;
