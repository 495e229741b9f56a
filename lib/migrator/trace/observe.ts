import type { LockMode } from "../analysis/locks";
import type { Snapshot } from "./snapshot";

/** The effect of one statement on one relation, as the server had it. */
export interface Observed {
  /** Qualified, e.g. `public.users`. */
  readonly relation: string;
  /** Made by the same file, so nobody waits for it. */
  readonly isNew: boolean;
  /** The strongest mode that the statement took and that was not held before. Absent if there was none. */
  readonly lock?: LockMode;
  /** The strongest mode that was held before it. Absent if there was none. */
  readonly held?: LockMode;
  /** `rewrite`: it has a new file. `scan`: it was read from beginning to end. */
  readonly work?: "rewrite" | "scan";
  readonly kind: string;
}

/** Finds what happened between two snapshots. `start` is from before the file. */
export function observed(start: Snapshot, before: Snapshot, after: Snapshot): Observed[] {
  return [...after].flatMap(([oid, now]): Observed[] => {
    const then = before.get(oid);
    const { name, kind } = then ?? now;
    // A relation that the statement has made and dropped again is nobody's.
    if (name === null) return [];
    const held = then?.modes[0];
    const lock = now.modes.find((mode) => !then?.modes.includes(mode));
    const work = workOf(then, now);
    const isNew = !start.has(oid);
    if (isNew ? then !== undefined : !lock && !work && !held) return [];
    return [{ relation: name, isNew, kind, ...(lock && { lock }), ...(held && { held }), ...(work && { work }) }];
  });
}

type Seen = Snapshot extends ReadonlyMap<string, infer Value> ? Value : never;

function workOf(then: Seen | undefined, now: Seen): Observed["work"] {
  if (!then) return undefined;
  if (now.filenode !== null && now.filenode !== then.filenode) return "rewrite";
  return now.scans > then.scans ? "scan" : undefined;
}
