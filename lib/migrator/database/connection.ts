import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, type ClientConfig } from "pg";
import { EXIT } from "../../contract";
import { MigrateError } from "../errors";
import { duration, type Log } from "../events";

export interface ConnectOptions {
  readonly connection: ClientConfig;
  /** What the session is for, shown in pg_stat_activity, e.g. `migrate up`. */
  readonly purpose: string;
  /** How often to try while the database is not there yet; asked after each failure. */
  readonly tries: () => number;
  readonly log?: Log;
  readonly signal?: AbortSignal;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;
/** Of one attempt, so that a silent host counts as one try. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Connects, and waits for a database that is starting or not there yet.
 * @throws MigrateError `unreachable` after the last try, `usage` at once for what no waiting mends, `signalled`
 */
export async function connect(options: ConnectOptions): Promise<Client> {
  for (let attempt = 1; ; attempt++) {
    if (options.signal?.aborted) throw stopped();
    try {
      return await open(options);
    } catch (error) {
      if (!isTransient(error)) throw hopeless(error, options.connection);
      const tries = options.tries();
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

export function stopped(detail = "Nothing was changed."): MigrateError {
  return new MigrateError(EXIT.signalled, `Stopped by a signal. ${detail}`);
}

async function open({ connection, purpose, signal }: ConnectOptions): Promise<Client> {
  const client = new Client({
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    ...connection,
    // At most 63 bytes are kept; the host's name is what a person looks for, so it is what is cut.
    application_name: `${purpose}@${hostname()}`.slice(0, 63),
  });
  // A lost connection fails the query under way, or the next one; the event would end the process.
  client.on("error", () => {});
  const destroy = () => client.connection.stream.destroy();
  signal?.addEventListener("abort", destroy);
  try {
    await client.connect();
    return client;
  } catch (error) {
    destroy();
    throw error;
  } finally {
    signal?.removeEventListener("abort", destroy);
  }
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

/** What mends itself: a server that starts, stops, is full, or has no name or address yet. */
const TRANSIENT = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "ETIMEDOUT",
  "EPIPE",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENOENT",
  "57P01",
  "57P02",
  "57P03",
  "53300",
  "08001",
  "08006",
]);

export function isTransient(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  if (code !== undefined) return TRANSIENT.has(code);
  return isLostConnection(error) || message === "timeout expired";
}

/** Messages that node-postgres gives no code. */
export function isLostConnection(error: unknown): boolean {
  const { code, message = "" } = error as { code?: string; message?: string };
  return (
    /^Connection terminated|not queryable|^timeout expired$|Client was closed/.test(message) ||
    (code?.startsWith("E") ?? false) ||
    ["57P01", "57P02", "08006", "08003"].includes(code ?? "")
  );
}

function unreachable(error: unknown, connection: ClientConfig, tries: number): MigrateError {
  return new MigrateError(
    EXIT.unreachable,
    `${place(connection)} was not reachable, tried ${tries === 1 ? "once" : `${tries} times`}; at last: ${plain(error)}. Check that it runs, its host and port, and that the network lets this machine through.`,
    {},
    { cause: error },
  );
}

/** Why it cannot stand and what to do, by SQLSTATE or Node's code. None of the originals holds the password. */
function hopeless(error: unknown, connection: ClientConfig): MigrateError {
  const { code } = error as { code?: string };
  const advice =
    {
      "28P01": `The password of ${connection.user ?? "the user"} is wrong, or there is no such role. If its Secret has been changed, run \`migrate bootstrap\` as the superuser: it sets the password anew.`,
      "28000": "The server lets this role in from here in no way (pg_hba.conf), or it may not log in.",
      "3D000": `There is no database ${connection.database}. Create it, or correct its name in the connection's settings.`,
      "42501": `The role may not connect to this database. Run \`migrate bootstrap\` as the superuser: it grants that.`,
    }[code ?? ""] ?? tlsAdvice(error);
  return new MigrateError(
    EXIT.usage,
    `${place(connection)} refused the connection: ${plain(error)}. ${advice}`,
    {},
    { cause: error },
  );
}

function tlsAdvice(error: unknown): string {
  const { code = "", message = "" } = error as { code?: string; message?: string };
  if (/does not support SSL/.test(message))
    return "Its settings ask for TLS and the server has none: turn TLS on there, or set sslmode to disable.";
  if (/CERT|SIGNATURE|TLS|SSL/.test(code))
    return "The server's certificate was not accepted: set sslrootcert (PGSSLROOTCERT) to the authority that issued it, and use the host name that is in it.";
  return "Check the connection's settings.";
}

/** `diabrisk on postgres:5432`. */
export function place({ database, host, port }: ClientConfig): string {
  return `The database ${database ?? ""} on ${host ?? "localhost"}:${port ?? 5432}`;
}

/** An error's message; of several attempts at one name's addresses, the first one's. */
function plain(error: unknown): string {
  const first = error instanceof AggregateError ? error.errors[0] : error;
  return (first instanceof Error ? first.message : String(first)).replace(/\.$/, "");
}
