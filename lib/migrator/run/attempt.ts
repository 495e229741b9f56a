import type { Client, ClientConfig, DatabaseError } from "pg";
import type { Log } from "../base/events";
import { BlockerWatch } from "../database/blockers";
import { connect, isLostConnection } from "../database/connection";
import { printable } from "../sql/cells";
import type { Limits } from "../sql/message";
import { MessageQuery, type Parts } from "./send";

export interface RunnerOptions {
  readonly client: Client;
  /** Settings of a second connection, which names blockers and cancels. */
  readonly connection: ClientConfig;
  readonly limits: Limits;
  /** Tries of a migration whose locks are not free in time. */
  readonly lockTries: number;
  /** Seconds that a migration under way may go on after a signal before it is cancelled. */
  readonly stopGraceSeconds: number;
  /** Whether errors leave out what may quote a row. */
  readonly withholdValues: boolean;
  readonly log: Log;
  readonly signal?: AbortSignal;
}

/** The failure of one try. */
export interface Failure {
  readonly error: DatabaseError;
  /** Statements of the message that the server had completed. */
  readonly completed: number;
  readonly blockers: BlockerWatch["blockers"];
}

/**
 * Sends one message: names who blocks it meanwhile, tells its notices, cancels it near the limit after a signal. Resolves with
 * the failure, if it failed; a transaction that the message left open has been rolled back then.
 */
export async function attempt(parts: Parts, options: RunnerOptions): Promise<Failure | undefined> {
  const { client, log } = options;
  const watch = watchBlockers(options);
  const stopWaiting = cancelAfterSignal(options);
  let completed = 0;
  const countStatement = () => {
    completed++;
  };
  const notice = tellNotice(log);
  client.connection.on("commandComplete", countStatement);
  client.on("notice", notice);
  try {
    await new Promise<void>((resolve, reject) => {
      client.query(new MessageQuery(parts, (error) => (error ? reject(error) : resolve())));
    });
    return undefined;
  } catch (error) {
    client.connection.off("commandComplete", countStatement);
    client.off("notice", notice);
    if (!isLostConnection(error)) await rollBack(client);
    return { error: error as DatabaseError, completed, blockers: watch.blockers };
  } finally {
    client.connection.off("commandComplete", countStatement);
    client.off("notice", notice);
    stopWaiting();
    await watch.stop();
  }
}

/** Names the sessions that block the migration under way. Looks before the lock's own time limit ends the try. */
export function watchBlockers({ client, connection, limits, log, withholdValues }: RunnerOptions): BlockerWatch {
  const lockTimeoutMs = limits.lockTimeoutSeconds * 1000 || Number.POSITIVE_INFINITY;
  return new BlockerWatch(connection, backend(client), Math.min(1000, lockTimeoutMs / 2), log, withholdValues);
}

/** Ends the transaction that a failed message has left open. */
export async function rollBack(client: Client): Promise<void> {
  await client.query("rollback").catch((error: unknown) => {
    // A lost connection has rolled back by itself.
    if (!isLostConnection(error)) throw error;
  });
}

/** Passes on the server's notices, such as a file's RAISE. */
export function tellNotice(log: Log) {
  return ({ severity = "NOTICE", message = "", detail, hint }: Notice) => {
    const lines = [`${severity.toLowerCase()}: ${message}`];
    if (detail) lines.push(`  detail: ${detail}`);
    if (hint) lines.push(`  hint: ${hint}`);
    log({
      level: severity === "WARNING" ? "warn" : "info",
      event: "notice",
      message: `  ${printable(lines.join("\n")).replaceAll("\n", "\n  ")}`,
    });
  };
}

/** A notice as node-postgres delivers it. */
interface Notice {
  readonly severity?: string | undefined;
  readonly message?: string | undefined;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
}

export function backend(client: Client): number {
  return (client as Client & { processID: number }).processID;
}

/** Lets the migration finish for a while after a signal, then has the server cancel it. */
export function cancelAfterSignal(options: RunnerOptions): () => void {
  const { signal, stopGraceSeconds, log } = options;
  if (!signal) return () => {};
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    log({
      level: "warn",
      event: "stopping",
      message: `Asked to stop: the migration under way may finish within ${stopGraceSeconds} s.`,
    });
    timer = setTimeout(() => void cancel(options), stopGraceSeconds * 1000);
  };
  signal.addEventListener("abort", onAbort);
  return () => {
    signal.removeEventListener("abort", onAbort);
    clearTimeout(timer);
  };
}

/** Asks the server to cancel this session's statement. Warns with the reason if that fails. */
async function cancel({ connection, client, log }: RunnerOptions): Promise<void> {
  let other: Client | undefined;
  try {
    other = await connect({ connection, purpose: "migrate cancel", tries: () => 1 });
    await other.query("select pg_cancel_backend($1)", [backend(client)]);
  } catch (error) {
    const message = `The migration under way could not be cancelled: ${String(error)}`;
    log({ level: "warn", event: "cancel-failed", message });
  } finally {
    await other?.end();
  }
}
