import type { KubeObject } from "./object";
import type { Objects } from "./objects";

/** Something that a rule refuses. */
export interface Breach {
  readonly object: KubeObject;
  /** Path inside the object, e.g. `"spec.template.spec.containers[0].image"`. */
  readonly field: string;
  /** What is there, and so cannot stand, e.g. `"names no digest"`. */
  readonly problem: string;
}

/** What objects have to be like, checked when they are finished. */
export interface Rule {
  /** How exceptions and reports call it, e.g. `"image-pinned"`. Never renamed: exceptions name it. */
  readonly name: string;
  /** What goes wrong without it. */
  readonly reason: string;
  /** What to do about a finding. */
  readonly remedy: string;
  check(objects: Objects): Iterable<Breach>;
}

/** A rule that looks at one kind of thing at a time, so that it can be written as what is wrong with one of them. */
export function each<Thing>(
  things: (objects: Objects) => Iterable<Thing>,
  name: string,
  reason: string,
  remedy: string,
  check: (thing: Thing, objects: Objects) => Iterable<Breach>,
): Rule {
  return {
    name,
    reason,
    remedy,
    *check(objects) {
      for (const thing of things(objects)) yield* check(thing, objects);
    },
  };
}
