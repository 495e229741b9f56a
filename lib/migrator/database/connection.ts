import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, type ClientConfig } from "pg";
import { NameLookups } from "../../common/name-lookups";
import { stopped } from "../base/errors";
import { duration, type Log } from "../base/events";
import { hopeless, isTransient, place, plain, StandbyError, unreachable } from "./connection-errors";
import { isReadOnlyServer, overrideIn, WRITES } from "./read-only";

export { isLostConnection, lostConnection, place } from "./connection-errors";

export interface ConnectOptions {
  readonly connection: ClientConfig;
  /** Purpose of the session, shown in pg_stat_activity, e.g. `migrate up`. */
  readonly purpose: string;
  /** Number of tries while the database is not there yet. Asked again after each failure. */
  readonly tries: () => number | Promise<number>;
  /** Whether a standby counts as not ready, since it may be about to become the primary. @default false */
  readonly primary?: boolean;
  /** Write although the server's configuration makes transactions read-only. @default false */
  readonly overrideReadOnly?: boolean;
  /** Seconds to try a refused password again, since the server may be about to get it. @default 0 */
  readonly passwordWaitSeconds?: number;
  readonly log?: Log;
  readonly signal?: AbortSignal;
}

/**
 * Makes a backslash an ordinary character in '…', as in the standard and the scanner, against any setting of database
 * or role. The server parses a whole message before it runs any of it, so this must be set before the message is sent.
 */
export const STANDARD_STRINGS = "set standard_conforming_strings = on";

/**
 * Has the server raise 42501 where row-level security would hide rows from a statement, the owner's too under FORCE.
 * Otherwise a statement would do less than it says and succeed. Follows `set` or `set local`.
 */
export const EVERY_ROW = "row_security = off";

/** Recognises that refusal by the server's function, because messages may be in any language. */
export function hidesRows(error: unknown): boolean {
  const { code, routine } = error as { code?: string; routine?: string };
  return code === "42501" && routine === "check_enable_rls";
}

/** Keeps a waiting session alive: it may wait for a lock, a person or another database. */
export const STAYS = "set idle_session_timeout = 0";

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;
/** Limit of one attempt, so that a silent host counts as one try. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Connects, and waits for a database that is starting or not there yet.
 * @throws MigrateError `unreachable` after the last try, `usage` at once if waiting cannot help, `signalled`
 */
export async function connect(options: ConnectOptions): Promise<Client> {
  // In seconds. Loading `performance` instead would take a millisecond of every run.
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

/** Makes half of the pause random, so that many pods waiting for one database do not arrive together. */
export function pauseMilliseconds(attempt: number, first = FIRST_PAUSE_MS, longest = LONGEST_PAUSE_MS): number {
  const full = Math.min(longest, first * 2 ** (attempt - 1));
  return full / 2 + (Math.random() * full) / 2;
}

/** Sleeps. Throws `signalled` as soon as the signal asks to stop. */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(milliseconds, undefined, signal ? { signal } : {});
  } catch (error) {
    if (signal?.aborted) throw stopped();
    throw error;
  }
}

async function open(options: ConnectOptions): Promise<Client> {
  const { connection, purpose, signal } = options;
  const client = new Client({
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    // Sends a query at once, even while another one is under way. Code that awaits each answer sees no difference.
    pipeline: true,
    keepAliveInitialDelayMillis: 10_000,
    ...connection,
    // Cuts the end of the host's name: PostgreSQL keeps 63 bytes.
    application_name: `${purpose}@${hostname()}`.slice(0, 63),
  });
  // Ignores the event, which would end the process. A lost connection already fails the current or the next query.
  client.on("error", () => {});
  const explained = new NameLookups().watch(client.connection.stream, client.host);
  const destroy = () => client.connection.stream.destroy();
  signal?.addEventListener("abort", destroy);
  // The server reports some settings by itself at a session's start, so asking would waste a round trip.
  const reported = new Map<string, string>();
  client.connection.on("parameterStatus", ({ parameterName = "", parameterValue = "" }: Record<string, string>) =>
    reported.set(parameterName, parameterValue),
  );
  try {
    await client.connect();
    const corrections: string[] = [];
    if (reported.get("standard_conforming_strings") === "off") corrections.push(STANDARD_STRINGS);
    if (options.primary && reported.get("in_hot_standby") === "on") throw new StandbyError();
    if (reported.get("default_transaction_read_only") === "on" && (await mayOverride(client, options)))
      corrections.push(WRITES);
    if (corrections.length > 0) await client.query(corrections.join("; "));
    return client;
  } catch (error) {
    destroy();
    throw explained(error as Error);
  } finally {
    signal?.removeEventListener("abort", destroy);
  }
}

/** Leaves a session read-only whose server is, see `assertWritable`. */
async function mayOverride(client: Client, { overrideReadOnly }: ConnectOptions): Promise<boolean> {
  const overrides = overrideReadOnly === true || !(await isReadOnlyServer(client));
  if (overrides) overrideIn(client);
  return overrides;
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
