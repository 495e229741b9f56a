import type { Client } from "pg";
import { LOCK_MODES, type LockMode } from "../analysis/locks";

/** A relation at one moment of a session. */
export interface Seen {
  /** Qualified as the analysis has it, e.g. `public.users`. */
  readonly name: string;
  /** Qualified and quoted. */
  readonly sql: string;
  /** `pg_class.relkind`. */
  readonly kind: string;
  readonly filenode: string | null;
  /** Sequential scans of the transaction so far. */
  readonly scans: number;
  /** Modes that the session holds, the strongest first. */
  readonly modes: readonly LockMode[];
}

/** Relations by object id, so that renaming or dropping one does not hide it. */
export type Snapshot = ReadonlyMap<string, Seen>;

/** Looks at all relations and the session's locks. Locks nothing but the system's catalogues. */
export async function snapshot(client: Client): Promise<Snapshot> {
  const { rows } = await client.query<Omit<Seen, "modes"> & { oid: string; modes: string[] | null }>(RELATIONS);
  return new Map(rows.map(({ oid, modes, ...seen }) => [oid, { ...seen, modes: toModes(modes ?? []) }]));
}

/** Dropped relations have a lock and no name. Scans of other sessions do not count. */
const RELATIONS = `select coalesce(c.oid, l.relation)::text as oid, n.nspname || '.' || c.relname as name,
    quote_ident(n.nspname) || '.' || quote_ident(c.relname) as sql, c.relkind::text as kind, c.relfilenode::text as filenode,
    coalesce(pg_catalog.pg_stat_get_xact_numscans(c.oid), 0)::int as scans, l.modes
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'migrate')
    full join (select relation, array_agg(mode) as modes from pg_catalog.pg_locks
      where locktype = 'relation' and pid = pg_catalog.pg_backend_pid() and granted and relation >= 16384 group by relation) l
    on l.relation = c.oid`;

/** The strongest first. `ShareRowExclusiveLock` in pg_locks is SHARE ROW EXCLUSIVE in SQL. */
export function toModes(modes: readonly string[]): LockMode[] {
  const names = new Set(
    modes.map((mode) =>
      mode
        .replace(/Lock$/, "")
        .replace(/([a-z])([A-Z])/g, "$1 $2")
        .toUpperCase(),
    ),
  );
  return LOCK_MODES.filter((mode) => names.has(mode)).reverse();
}

/** Modes by object id. */
export type Modes = ReadonlyMap<string, readonly LockMode[]>;

/** Adds locks that were seen from another session. A relation that is gone is as it was `before`. */
export function withModes(now: Snapshot, before: Snapshot, modes: Modes): Snapshot {
  const all = new Map(now);
  for (const [oid, found] of modes) {
    const seen = now.get(oid) ?? before.get(oid);
    if (seen) all.set(oid, { ...seen, modes: found });
  }
  return all;
}
