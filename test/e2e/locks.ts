import type { E2e } from "./case";
import { query } from "./database";

/**
 * Runs statements, rolls them back, and returns the strongest lock that the server took on each table that was there before,
 * e.g. `public.users: SHARE`.
 */
export async function locksTaken(sql: string, e2e: E2e): Promise<readonly string[]> {
  const rows = await query(
    e2e,
    `create temporary table before as select oid from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace;
     begin; ${sql}
     select 'public.' || relation::regclass, mode from pg_locks join before on oid = relation
     where locktype = 'relation' and pid = pg_backend_pid() and mode <> 'AccessShareLock';
     rollback;`,
  );
  const modes = new Map<string, string>();
  for (const [table = "", mode = ""] of rows)
    if (!modes.has(table) || mode === "AccessExclusiveLock") modes.set(table, mode);
  return [...modes].map(([table, mode]) => `${table}: ${spelt(mode)}`).sort();
}

/** PostgreSQL's name of a mode in its manual, e.g. `ACCESS EXCLUSIVE` for `AccessExclusiveLock`. */
const spelt = (mode: string) =>
  mode
    .replace(/Lock$/, "")
    .replace(/(?<=[a-z])(?=[A-Z])/g, " ")
    .toUpperCase();
