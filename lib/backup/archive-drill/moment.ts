import type { Client, ClientConfig } from "pg";
import { contentsIn, type DatabaseContents, type SequenceContents, SNAPSHOT } from "../contents";
import { BackupError } from "../errors";
import { openSession, rowOf } from "./session";
import { until } from "./until";

/** A database as it is at one place of its write-ahead log, to the row. */
export interface Moment {
  /** The place: all that ends before it is there, and nothing else, e.g. `"0/3000060"`. */
  readonly lsn: string;
  readonly contents: DatabaseContents;
}

/** Seconds for which replay is held at most, also if this program is killed meanwhile. */
const HELD_SECONDS = 5;

/** Holds replay. The server runs it to its end without its client, and so resumes in any case. */
export const HOLD = `do $$ begin
  perform pg_catalog.pg_wal_replay_pause();
  perform pg_catalog.pg_sleep(${HELD_SECONDS});
  perform pg_catalog.pg_wal_replay_resume();
end $$`;

/**
 * Counts and hashes a replica's database, and tells the place in the log at which that is what a recovery finds. On a
 * primary no such place exists: a commit is in the log some time before others see it. A replica sees it when it replays
 * it, so its replay is held while a snapshot is taken and the sequences are read, for milliseconds. Writers notice nothing.
 * @throws BackupError if it is no replica, or if somebody holds its replay
 */
export async function readMoment(replica: ClientConfig): Promise<Moment> {
  const holder = await openSession(replica);
  try {
    const { address, standby, paused } = await rowOf<{ address: string; standby: boolean; paused: boolean }>(
      holder,
      `select host(inet_server_addr()) as address, pg_is_in_recovery() as standby,
        case when pg_is_in_recovery() then pg_is_wal_replay_paused() end as paused`,
    );
    if (!standby)
      throw new BackupError(`The server at ${address} is no replica. Run the drill again when one is there.`);
    if (paused)
      throw new BackupError(
        `Somebody has paused the replay of the replica at ${address}. End that there: select pg_wal_replay_resume().`,
      );
    await holder.query("set client_connection_check_interval = 0");
    const held = holder.query(HOLD);
    // Awaited below, after the failure of the reader if there is one.
    held.catch(() => undefined);
    // The Service may lead another connection to another replica.
    const moment = await readHeld({ ...replica, host: address });
    await held;
    return moment;
  } finally {
    await holder.end();
  }
}

async function readHeld(replica: ClientConfig): Promise<Moment> {
  const reader = await openSession(replica);
  try {
    await until(async () => (await isPaused(reader)) || "not paused", {
      what: "the pause of the replica's replay",
      until: Date.now() + HELD_SECONDS * 1000,
      everyMs: 5,
    });
    await reader.query(SNAPSHOT);
    const { lsn } = await rowOf<{ lsn: string }>(reader, "select pg_catalog.pg_last_wal_replay_lsn()::text as lsn");
    await keepTables(reader);
    const sequences = await readSequences(reader);
    // Last: all of this was read at one place only if replay has been held until now.
    if (!(await isPaused(reader)))
      throw new BackupError(`The replica took more than ${HELD_SECONDS} s to answer. Run the drill again.`);
    await reader.query("select pg_catalog.pg_wal_replay_resume()");
    const contents = await contentsIn(reader);
    await reader.query("commit");
    return { lsn, contents: { ...contents, sequences } };
  } finally {
    await reader.end();
  }
}

const isPaused = async (client: Client) =>
  (await rowOf<{ paused: boolean }>(client, "select pg_catalog.pg_get_wal_replay_pause_state() = 'paused' as paused"))
    .paused;

/** Names of what the statement of the contents reads, quoted where necessary. */
const namesOf = async (client: Client, kind: "r" | "S") =>
  (
    await client.query<{ name: string }>(
      `select format('%I.%I', nspname, relname) as name
      from pg_catalog.pg_class join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
      where relkind = $1 and relpersistence <> 't' and nspname <> 'information_schema' and nspname !~ '^pg_'
      order by nspname || '.' || relname collate "C"`,
      [kind],
    )
  ).rows.map(({ name }) => name);

/** A snapshot does not keep a table from being emptied or dropped, but a lock does: replay waits for it. */
async function keepTables(client: Client): Promise<void> {
  const tables = await namesOf(client, "r");
  if (tables.length > 0)
    await client.query(
      `set local lock_timeout = '${HELD_SECONDS}s'; lock table only ${tables.join(", only ")} in access share mode`,
    );
}

/** No snapshot has a sequence: it is read as it is. */
async function readSequences(client: Client): Promise<SequenceContents[]> {
  const sequences: SequenceContents[] = [];
  for (const name of await namesOf(client, "S")) {
    const sql = `select last_value::text as value, is_called as called from ${name}`;
    sequences.push({ name, ...(await rowOf<Omit<SequenceContents, "name">>(client, sql)) });
  }
  return sequences;
}
