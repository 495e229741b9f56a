import type { Client } from "pg";
import { LOCK_MODES, type LockMode } from "../../../lib/migrator/analysis/locks";

/** What a statement did to one relation that was there before it. */
export interface Observed {
  readonly kind: string;
  readonly lock: LockMode | undefined;
  readonly work: "rewrite" | "scan" | undefined;
}

interface Row {
  readonly oid: string;
  readonly filenode: string | null;
  readonly scans: string;
  readonly modes: readonly string[] | null;
}

/** The relations that a snapshot finds, by their object ids: renaming or dropping them does not hide them. */
interface Relation {
  readonly name: string;
  readonly kind: string;
  readonly filenode: string | null;
  readonly scans: string;
}

type Before = ReadonlyMap<string, Relation>;

const NAMED = `select c.oid::text as oid, n.nspname || '.' || c.relname as name, c.relfilenode::text as filenode,
    c.relkind::text as kind, pg_stat_get_xact_numscans(c.oid)::text as scans
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1`;

export async function relationsBefore(client: Client, schema = "public"): Promise<Before> {
  const { rows } = await client.query<Relation & { oid: string }>(NAMED, [schema]);
  return new Map(rows.map(({ oid, ...relation }) => [oid, relation]));
}

/** Locks, new files and sequential scans of this session's transaction, by the names from before it. */
export async function observe(client: Client, before: Before): Promise<ReadonlyMap<string, Observed>> {
  const oids = [...before.keys()];
  const { rows } = await client.query<Row>(
    `select o.oid::text as oid, c.relfilenode::text as filenode,
       pg_stat_get_xact_numscans(o.oid)::text as scans,
       (select array_agg(l.mode) from pg_locks l where l.locktype = 'relation' and l.relation = o.oid
         and l.pid = pg_backend_pid() and l.granted) as modes
     from unnest($1::oid[]) as o (oid) left join pg_class c on c.oid = o.oid`,
    [oids],
  );
  return new Map(rows.map((row) => [before.get(row.oid)?.name ?? "", toObserved(row, before.get(row.oid))]));
}

function toObserved({ filenode, scans, modes }: Row, before: Relation | undefined): Observed {
  const rewritten = filenode !== null && filenode !== before?.filenode;
  // What a transaction counted that was rolled back stays counted until the session has told the server.
  const scanned = Number(scans) > Number(before?.scans);
  const held = (modes ?? []).map(modeOf).sort((a, b) => LOCK_MODES.indexOf(b) - LOCK_MODES.indexOf(a));
  return { kind: before?.kind ?? "", lock: held[0], work: rewritten ? "rewrite" : scanned ? "scan" : undefined };
}

/** `ShareRowExclusiveLock` in pg_locks is SHARE ROW EXCLUSIVE in SQL. */
export function modeOf(mode: string): LockMode {
  return mode
    .replace(/Lock$/, "")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toUpperCase() as LockMode;
}
