import type { KubeObject } from "./object";
import type { Objects } from "./objects";

/** A finding of a rule. */
export interface Breach {
  readonly object: KubeObject;
  /** Path inside the object, e.g. `"spec.template.spec.containers[0].image"`. */
  readonly field: string;
  /** The fault, e.g. `"names no digest"`. */
  readonly problem: string;
}

/** A requirement on finished objects. */
export interface Rule {
  /** Name in exceptions and reports, e.g. `"image-pinned"`. Never rename it: exceptions refer to it. */
  readonly name: string;
  /** The damage that the rule prevents. */
  readonly reason: string;
  /** The correction of a finding. */
  readonly remedy: string;
  check(objects: Objects): Iterable<Breach>;
}

/** Makes a rule that checks one thing at a time, from a function that finds the faults of one thing. */
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
