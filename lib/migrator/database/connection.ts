import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, type ClientConfig } from "pg";
import { stopped } from "../base/errors";
import { duration, type Log } from "../base/events";
import { hopeless, isTransient, place, plain, unreachable } from "./connection-errors";

export { isLostConnection, lostConnection, place } from "./connection-errors";

export interface ConnectOptions {
  readonly connection: ClientConfig;
  /** What the session is for, shown in pg_stat_activity, e.g. `migrate up`. */
  readonly purpose: string;
  /** How often to try while the database is not there yet; asked after each failure. */
  readonly tries: () => number | Promise<number>;
  /** Seconds for which a refused password is tried again, since the server may be about to get it. @default 0 */
  readonly passwordWaitSeconds?: number;
  readonly log?: Log;
  readonly signal?: AbortSignal;
}

/**
 * A backslash is an ordinary character in '…', as the standard and the scanner have it, whatever the database or role says.
 * A message is read as a whole before any of it runs, so this has to hold before it is sent.
 */
export const STANDARD_STRINGS = "set standard_conforming_strings = on";

/** What is meant for other sessions of a database or role: a migrator writes. */
export const WRITES = "set default_transaction_read_only = off";

/** For a session that waits: for a lock, for a person, for another database. */
export const STAYS = "set idle_session_timeout = 0";

/** By a setting's value, as the server reports it by itself when a session begins; asking would take a round trip. */
const CORRECTIONS: Readonly<Record<string, string>> = {
  "standard_conforming_strings off": STANDARD_STRINGS,
  "default_transaction_read_only on": WRITES,
};

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;
/** Of one attempt, so that a silent host counts as one try. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Connects, and waits for a database that is starting or not there yet.
 * @throws MigrateError `unreachable` after the last try, `usage` at once for what no waiting mends, `signalled`
 */
export async function connect(options: ConnectOptions): Promise<Client> {
  // In seconds. To load `performance` would take a millisecond of every run.
  const deadline = process.uptime() + (options.passwordWaitSeconds ?? 0);
  for (let attempt = 1; ; attempt++) {
    if (options.signal?.aborted) throw stopped();
    try {
      return await open(options);
    } catch (error) {
      if (isRefusedPassword(error) && process.uptime() < deadline) {
        await pauseForPassword((deadline - process.uptime()) * 1000, options);
        continue;
      }
      if (!isTransient(error)) throw hopeless(error, options.connection);
      const tries = await options.tries();
      if (attempt >= tries) throw unreachable(error, options.connection, attempt);
      await pauseBefore(attempt, tries, error, options);
    }
  }
}

/** Half of the pause is random, so that many pods that wait for one database do not arrive together. */
export function pauseMilliseconds(attempt: number, first = FIRST_PAUSE_MS, longest = LONGEST_PAUSE_MS): number {
  const full = Math.min(longest, first * 2 ** (attempt - 1));
  return full / 2 + (Math.random() * full) / 2;
}

/** Sleeps, or throws `signalled` as soon as the signal asks to stop. */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(milliseconds, undefined, signal ? { signal } : {});
  } catch (error) {
    if (signal?.aborted) throw stopped();
    throw error;
  }
}

async function open({ connection, purpose, signal }: ConnectOptions): Promise<Client> {
  const client = new Client({
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    // A query is sent at once, also while another one is under way; who waits for each answer notices nothing.
    pipeline: true,
    keepAliveInitialDelayMillis: 10_000,
    ...connection,
    // At most 63 bytes are kept; the host's name is what a person looks for, so it is what is cut.
    application_name: `${purpose}@${hostname()}`.slice(0, 63),
  });
  // A lost connection fails the query under way, or the next one; the event would end the process.
  client.on("error", () => {});
  const destroy = () => client.connection.stream.destroy();
  signal?.addEventListener("abort", destroy);
  const corrections = new Set<string>();
  client.connection.on("parameterStatus", ({ parameterName, parameterValue }: Record<string, string>) => {
    const correction = CORRECTIONS[`${parameterName} ${parameterValue}`];
    if (correction) corrections.add(correction);
  });
  try {
    await client.connect();
    if (corrections.size > 0) await client.query([...corrections].join("; "));
    return client;
  } catch (error) {
    destroy();
    throw error;
  } finally {
    signal?.removeEventListener("abort", destroy);
  }
}

const isRefusedPassword = (error: unknown) => (error as { code?: string }).code === "28P01";

async function pauseForPassword(left: number, { log, signal, connection }: ConnectOptions): Promise<void> {
  log?.({
    level: "warn",
    event: "waiting-for-password",
    message: `${place(connection)} refuses the password of ${connection.user ?? "the user"}; trying again for ${duration(left)}, in case it was changed a moment ago.`,
  });
  await pause(Math.min(LONGEST_PAUSE_MS, left), signal);
}

async function pauseBefore(
  attempt: number,
  tries: number,
  error: unknown,
  { log, signal, connection }: ConnectOptions,
) {
  const milliseconds = pauseMilliseconds(attempt);
  log?.({
    level: "warn",
    event: "waiting-for-database",
    message: `${place(connection)} is not ready (${plain(error)}); try ${attempt + 1}${Number.isFinite(tries) ? ` of ${tries}` : ""} in ${duration(milliseconds)}.`,
    attempt,
  });
  await pause(milliseconds, signal);
}
