import type { Client } from "pg";
import { announcedPid } from "../database/pooler";
import { type Modes, type Snapshot, toModes } from "./snapshot";
import type { Sampled } from "./statement";

/** The mode that every command of this kind conflicts with, CREATE INDEX CONCURRENTLY and VACUUM included. */
const GATE = "share update exclusive";

/** Milliseconds that a statement may take to reach its first lock. */
const PATIENCE_MS = 2000;

/**
 * Runs a statement that the server refuses in a transaction, and reads its locks from another session. That session
 * holds the tables at first, so that the first lock is seen while the statement waits for it. Brief ones may be missed
 * after that.
 */
export async function sample(
  client: Client,
  watcher: Client,
  text: string,
  before: Snapshot,
  tables: readonly string[],
): Promise<Sampled> {
  const modes = new Map<string, string[]>();
  let running = true;
  let closed = await close(watcher, before, tables);
  const deadline = performance.now() + PATIENCE_MS;
  const result = client.query(text).finally(() => {
    running = false;
  });
  // Is awaited below.
  result.catch(() => {});
  try {
    while (running) {
      const waits = await look(watcher, announcedPid(client), modes);
      if (closed && (waits || performance.now() > deadline)) closed = await open(watcher);
    }
  } finally {
    if (closed) await open(watcher);
  }
  return { result: await result, modes: new Map([...modes].map(([oid, names]) => [oid, toModes(names)])) as Modes };
}

/** Takes the tables' locks. True if there are any. */
async function close(watcher: Client, before: Snapshot, tables: readonly string[]): Promise<boolean> {
  const names = [...before.values()].filter(({ name, kind }) => /^[rp]$/.test(kind) && tables.includes(name));
  if (names.length === 0) return false;
  const locking = `begin; lock table ${names.map(({ sql }) => sql).join(", ")} in ${GATE} mode`;
  const locked = await watcher.query(locking).then(
    () => true,
    () => false,
  );
  return locked || open(watcher);
}

async function open(watcher: Client): Promise<false> {
  await watcher.query("rollback");
  return false;
}

/** Adds the modes that a session holds or waits for. True if it waits. */
async function look(watcher: Client, pid: number | null, modes: Map<string, string[]>): Promise<boolean> {
  const { rows } = await watcher.query<{ oid: string | null; mode: string; granted: boolean }>(
    `select case locktype when 'relation' then relation::text end as oid, mode, granted from pg_catalog.pg_locks
      where pid = $1 and (not granted or locktype = 'relation' and relation >= 16384)`,
    [pid],
  );
  for (const { oid, mode } of rows) if (oid !== null) modes.set(oid, [...(modes.get(oid) ?? []), mode]);
  return rows.some(({ granted }) => !granted);
}
