/** PostgreSQL's table-level locks from the weakest to the strongest (https://www.postgresql.org/docs/16/explicit-locking.html). */
export const LOCK_MODES = [
  "ACCESS SHARE",
  "ROW SHARE",
  "ROW EXCLUSIVE",
  "SHARE UPDATE EXCLUSIVE",
  "SHARE",
  "SHARE ROW EXCLUSIVE",
  "EXCLUSIVE",
  "ACCESS EXCLUSIVE",
] as const;

export type LockMode = (typeof LOCK_MODES)[number];

/** Operations of other sessions that a lock on a table prevents. */
export type Blocked = "reads and writes" | "writes" | "schema changes" | "nothing";

export function stronger(a: LockMode, b: LockMode): LockMode {
  return LOCK_MODES.indexOf(a) >= LOCK_MODES.indexOf(b) ? a : b;
}

/** Says in a user's words what waits behind a lock. ACCESS SHARE blocks only drops and rewrites. */
export function blocks(mode: LockMode): Blocked {
  if (mode === "ACCESS EXCLUSIVE") return "reads and writes";
  if (blocksWrites(mode)) return "writes";
  return mode === "SHARE UPDATE EXCLUSIVE" ? "schema changes" : "nothing";
}

/** SHARE and all stronger modes conflict with ROW EXCLUSIVE, which every INSERT, UPDATE and DELETE takes. */
export function blocksWrites(mode: LockMode): boolean {
  return LOCK_MODES.indexOf(mode) >= LOCK_MODES.indexOf("SHARE");
}
