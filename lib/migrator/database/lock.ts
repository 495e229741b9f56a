import type { Client } from "pg";
import { EXIT } from "../../contract";
import { MigrateError } from "../base/errors";
import { duration, type Log } from "../base/events";
import { pause, pauseMilliseconds } from "./connection";

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
 * Computes both of golang-migrate v4's lock ids for this database, always in this order. Its command keeps the slash of
 * the URL's path, and its library does not.
 */
export function lockIds(database: string): [number, number] {
  return [lockId(`/${database}`), lockId(database)];
}

function lockId(database: string): number {
  return Math.imul(crc32(`public\0schema_migrations\0${database}`), 1486364155) >>> 0;
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

/** Takes both locks or none, so that two runners never wait for each other. */
export function tryLock(database: string): string {
  const [first, second] = lockIds(database);
  return `select case when pg_try_advisory_lock(${first}) then
    case when pg_try_advisory_lock(${second}) then true else not pg_advisory_unlock(${first}) end
    else false end as locked`;
}

/**
 * Waits for the lock by trying again, one `attempt` at a time. A session blocked in pg_advisory_lock would hold a
 * snapshot, and CREATE INDEX CONCURRENTLY would wait for that. The lock ends with the session.
 * @throws MigrateError `locked` at the deadline, naming the holder
 */
export async function acquireLock<Answer>(
  client: Client,
  database: string,
  attempt: () => Promise<Answer | undefined>,
  { waitSeconds, log, signal }: LockOptions,
): Promise<Answer> {
  const started = Date.now();
  let told = 0;
  for (let tries = 1; ; tries++) {
    const answer = await attempt();
    if (answer !== undefined) return answer;
    const waited = Date.now() - started;
    if (waited >= waitSeconds * 1000) throw stillLocked(await findHolders(client, database), waitSeconds);
    // Stays silent about a wait of one try, for instance for a session that is just ending.
    if (tries > 1 && (told === 0 || waited - told > 10_000)) {
      tellWaiting(await findHolders(client, database), waited, log);
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

async function findHolders(client: Client, database: string): Promise<Holder[]> {
  const { rows } = await client.query<Holder>(
    `select distinct l.pid, coalesce(a.application_name, '') as application, coalesce(a.usename::text, '?') as user,
       a.backend_start as since
     from pg_locks l left join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted and l.pid <> pg_backend_pid() and l.objsubid = 1 and l.classid = 0
       and l.objid::bigint in (${lockIds(database).join(", ")})
       and l.database = (select oid from pg_database where datname = current_database())`,
  );
  return rows;
}
