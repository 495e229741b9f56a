import type { Client } from "pg";
import { EXIT } from "../../contract";
import { MigrateError } from "../base/errors";
import { duration, type Log } from "../base/events";
import { pause, pauseMilliseconds } from "./connection";
import { isSame, type TableName } from "./found-table";
import { FORMER_RECORD } from "./record-table";

export interface LockOptions {
  /** Seconds to wait while another runner holds the lock. */
  readonly waitSeconds: number;
  readonly log: Log;
  readonly signal?: AbortSignal;
}

interface Holder {
  readonly pid: number;
  readonly application: string;
  readonly user: string;
  /** Start of its session; null if this role may not see it. */
  readonly since: Date | null;
}

/**
 * Computes golang-migrate v4's lock ids for this database and its table, always in this order. Its command keeps the
 * slash of the URL's path, and its library does not. The ids of its usual table come first wherever the record is, so that
 * runners exclude each other that have found different tables.
 */
export function lockIds(database: string, record: TableName = FORMER_RECORD): readonly number[] {
  const tables = isSame(record, FORMER_RECORD) ? [FORMER_RECORD] : [FORMER_RECORD, record];
  return tables.flatMap((table) => [lockId(table, `/${database}`), lockId(table, database)]);
}

function lockId({ schema, name }: TableName, database: string): number {
  return Math.imul(crc32(`${schema}\0${name}\0${database}`), 1486364155) >>> 0;
}

/** Computes CRC-32 (IEEE), since zlib.crc32 needs Node 20.15. */
function crc32(text: string): number {
  let crc = ~0;
  for (const byte of Buffer.from(text, "utf8")) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** Takes all locks or none, so that two runners never wait for each other. */
export function tryLock(ids: readonly number[]): string {
  const taking = (index: number): string => {
    const id = ids[index];
    if (id === undefined) return "true";
    const rest = taking(index + 1);
    return rest === "true"
      ? `pg_try_advisory_lock(${id})`
      : `case when pg_try_advisory_lock(${id}) then case when ${rest} then true else not pg_advisory_unlock(${id}) end else false end`;
  };
  return `select ${taking(0)} as locked`;
}

/**
 * Waits for the lock by trying again, one `attempt` at a time. A session blocked in pg_advisory_lock would hold a
 * snapshot, and CREATE INDEX CONCURRENTLY would wait for that. The lock ends with the session.
 * @throws MigrateError `locked` at the deadline, naming the holder
 */
export async function acquireLock<Answer>(
  client: Client,
  ids: readonly number[],
  attempt: () => Promise<Answer | undefined>,
  { waitSeconds, log, signal }: LockOptions,
): Promise<Answer> {
  const started = Date.now();
  let told = 0;
  for (let tries = 1; ; tries++) {
    const answer = await attempt();
    if (answer !== undefined) return answer;
    const waited = Date.now() - started;
    if (waited >= waitSeconds * 1000) throw stillLocked(await findHolders(client, ids), waitSeconds);
    // Stays silent about a wait of one try, for instance for a session that is just ending.
    if (tries > 1 && (told === 0 || waited - told > 10_000)) {
      tellWaiting(await findHolders(client, ids), waited, log);
      told = waited + 1;
    }
    await pause(Math.min(pauseMilliseconds(tries, 50, 500), waitSeconds * 1000 - waited), signal);
  }
}

function tellWaiting(holders: readonly Holder[], waited: number, log: Log): void {
  log({
    level: "info",
    event: "waiting-for-lock",
    message: `Another runner is at work on this database: ${describe(holders)}. Waiting for it${waited > 1000 ? `, for ${duration(waited)} so far` : ""}.`,
    holders,
  });
}

function stillLocked(holders: readonly Holder[], waitSeconds: number): MigrateError {
  return new MigrateError(
    EXIT.locked,
    `Another runner held the lock for longer than ${waitSeconds} s: ${describe(holders)}. Nothing was changed. ` +
      "Let it finish and run this again; if it hangs, end its session: select pg_terminate_backend(PID).",
  );
}

function describe(holders: readonly Holder[]): string {
  if (holders.length === 0) return "it has just ended";
  return holders
    .map(({ pid, application, user, since }) => {
      const begin = since ? `, connected since ${since.toISOString()}` : "";
      return `pid ${pid}, ${application ? `application ${application}` : "without a name"}, role ${user}${begin}`;
    })
    .join("; ");
}

async function findHolders(client: Client, ids: readonly number[]): Promise<Holder[]> {
  const { rows } = await client.query<Holder>(
    `select distinct l.pid, coalesce(a.application_name, '') as application, coalesce(a.usename::text, '?') as user,
       a.backend_start as since
     from pg_locks l left join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted and l.pid <> pg_backend_pid() and l.objsubid = 1 and l.classid = 0
       and l.objid::bigint in (${ids.join(", ")})
       and l.database = (select oid from pg_database where datname = current_database())`,
  );
  return rows;
}
