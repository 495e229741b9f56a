import type { Direction } from "../files/folder";

/** First half of an advisory lock's key; the second is the guarded process. No tool here uses two-part keys. */
const KEY = 1835626322;

/** Part of the server's message when `holdBack` makes a guard fail. */
export const HELD_BACK = "asked to stop";

/**
 * SQL that fails unless the version before is recorded and nobody holds this session back. It costs one index look-up,
 * and a failing cast needs no function.
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
 * SQL for another session, which makes every later guard of session `pid` fail until that session ends. It waits for
 * the migration under way, and is served before later tries.
 */
export function holdBack(pid: number): string {
  return `select pg_advisory_lock(${KEY}, ${pid})`;
}
