import type { Direction } from "../files/folder";

/** Half of an advisory lock's key; the other is the process that the guard is for. No tool here uses keys of two halves. */
const KEY = 1835626322;

/** In the server's message when a guard has failed because of `holdBack`. */
export const HELD_BACK = "asked to stop";

/**
 * SQL that fails unless the version before is recorded, and nobody holds this session back. One look into an index, and
 * a cast that fails, which needs no function of ours.
 */
export function guardAfter(version: number, direction: Direction): string {
  const row = (text: string) =>
    `(select '${text}' from migrate.history where version = ${version} and reverted_at is null)`;
  const proof =
    direction === "up"
      ? `coalesce(${row("1")}, 'version ${version} is not recorded')`
      : `coalesce(${row(`version ${version} is still recorded`)}, '1')`;
  const free = `pg_catalog.pg_try_advisory_xact_lock_shared(${KEY}, pg_catalog.pg_backend_pid())`;
  return `select (case when ${free} then ${proof} else '${HELD_BACK}' end)::int;\n`;
}

/**
 * SQL for another session, from which on no guard of session `pid` succeeds until that other session ends. It waits for the
 * migration under way; who tries a lock does not get it before one that waits.
 */
export function holdBack(pid: number): string {
  return `select pg_advisory_lock(${KEY}, ${pid})`;
}
