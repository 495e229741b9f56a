import type { Client, ClientConfig, DatabaseError } from "pg";
import { EXIT } from "../contract";
import { BlockerWatch, describeBlockers } from "./database/blockers";
import { connect, isLostConnection, pause, pauseMilliseconds } from "./database/connection";
import { MigrateError, stopped } from "./errors";
import { count, duration, type Log } from "./events";
import type { Direction, Migration } from "./folder";
import type { Script } from "./sql/checks";
import { sqlFailure } from "./sql/failure";
import { buildMessage, type Limits, type Message } from "./sql/message";

export interface RunnerOptions {
  readonly client: Client;
  /** For the second connection, which names blockers and cancels. */
  readonly connection: ClientConfig;
  readonly limits: Limits;
  /** How often a migration is tried whose locks are not free in time. */
  readonly lockTries: number;
  /** Seconds that a migration under way may go on after a signal before it is cancelled. */
  readonly stopGraceSeconds: number;
  readonly log: Log;
  readonly signal?: AbortSignal;
}

export interface Job {
  readonly migration: Migration;
  readonly direction: Direction;
  readonly script: Script;
  readonly before: string;
  readonly after: string;
}

/** Another try may succeed: the lock was not free, or this transaction lost a conflict. It has left nothing behind. */
const RETRIED = new Set(["55P03", "40P01", "40001"]);
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Runs one migration with its record, as one message, until it is committed. Resolves with the milliseconds it took.
 * @throws MigrateError `sql`, `signalled`, or `unreachable` for a connection lost on the way
 */
export async function run(job: Job, options: RunnerOptions): Promise<number> {
  const message = buildMessage({
    body: job.script.text,
    statements: job.script.statements.length,
    before: job.before,
    after: job.after,
    limits: options.limits,
  });
  const started = performance.now();
  for (let attempt = 1; ; attempt++) {
    if (options.signal?.aborted) throw stopped(`${job.migration.id} was not started.`);
    const failure = await attemptOnce(message, options);
    if (!failure) return performance.now() - started;
    if (!RETRIED.has(failure.error.code ?? "") || attempt >= options.lockTries)
      throw explain(failure, job, message, options, attempt);
    await pauseBeforeRetry(failure, attempt, job, options);
  }
}

interface Failure {
  readonly error: DatabaseError;
  readonly completed: number;
  readonly blockers: BlockerWatch["blockers"];
}

async function attemptOnce(message: Message, options: RunnerOptions): Promise<Failure | undefined> {
  const { client, connection, limits, log } = options;
  const lockTimeoutMs = limits.lockTimeoutSeconds * 1000 || Number.POSITIVE_INFINITY;
  const watch = new BlockerWatch(connection, backend(client), Math.min(1000, lockTimeoutMs / 2), log);
  const stopWaiting = cancelAfterSignal(options);
  let completed = 0;
  const countStatement = () => {
    completed++;
  };
  const notice = tellNotice(log);
  client.connection.on("commandComplete", countStatement);
  client.on("notice", notice);
  try {
    await client.query(message.text);
    return undefined;
  } catch (error) {
    client.connection.off("commandComplete", countStatement);
    if (!isLostConnection(error)) await client.query("rollback");
    return { error: error as DatabaseError, completed, blockers: watch.blockers };
  } finally {
    client.connection.off("commandComplete", countStatement);
    client.off("notice", notice);
    stopWaiting();
    await watch.stop();
  }
}

/** What a file says with RAISE, or the server about a file. */
function tellNotice(log: Log) {
  return ({ severity = "NOTICE", message = "" }: { severity?: string | undefined; message?: string | undefined }) =>
    log({
      level: severity === "WARNING" ? "warn" : "info",
      event: "notice",
      message: `  ${severity.toLowerCase()}: ${message}`,
    });
}

function backend(client: Client): number {
  return (client as Client & { processID: number }).processID;
}

/** Lets the migration finish for a while after a signal, then has the server cancel it. */
function cancelAfterSignal({ signal, stopGraceSeconds, connection, client, log }: RunnerOptions): () => void {
  if (!signal) return () => {};
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    log({
      level: "warn",
      event: "stopping",
      message: `Asked to stop: the migration under way may finish within ${stopGraceSeconds} s.`,
    });
    timer = setTimeout(() => {
      cancel(connection, backend(client)).catch((error: unknown) =>
        log({
          level: "warn",
          event: "cancel-failed",
          message: `The migration under way could not be cancelled: ${String(error)}`,
        }),
      );
    }, stopGraceSeconds * 1000);
  };
  signal.addEventListener("abort", onAbort);
  return () => {
    signal.removeEventListener("abort", onAbort);
    clearTimeout(timer);
  };
}

async function cancel(connection: ClientConfig, pid: number): Promise<void> {
  const client = await connect({ connection, purpose: "migrate cancel", tries: () => 1 });
  try {
    await client.query("select pg_cancel_backend($1)", [pid]);
  } finally {
    await client.end();
  }
}

async function pauseBeforeRetry(
  { error, blockers }: Failure,
  attempt: number,
  { migration }: Job,
  options: RunnerOptions,
) {
  const milliseconds = pauseMilliseconds(attempt, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
  const held = blockers.length > 0 ? ` It is held by ${describeBlockers(blockers)}.` : "";
  options.log({
    level: "warn",
    event: "retry",
    message: `${migration.id}: ${error.message}.${held} Rolled back; try ${attempt + 1} of ${options.lockTries} in ${duration(milliseconds)}.`,
    version: migration.version,
    sqlstate: error.code,
    blockers,
    attempt,
  });
  await pause(milliseconds, options.signal);
}

function explain(failure: Failure, job: Job, message: Message, options: RunnerOptions, attempt: number): MigrateError {
  const { error, blockers, completed } = failure;
  if (isLostConnection(error)) {
    return new MigrateError(
      EXIT.unreachable,
      `The connection was lost while ${job.migration.id} ran: ${error.message}. It is applied and recorded, or nothing of it is. Run this again to go on.`,
      { version: job.migration.version },
      { cause: error },
    );
  }
  if (error.code === "57014" && options.signal?.aborted) {
    return stopped(`${job.migration.id} was cancelled and rolled back; what ran before it is applied and recorded.`);
  }
  return sqlFailure({ ...job, message, error, completed, ...note(error, blockers, options, attempt) });
}

function note(
  error: DatabaseError,
  blockers: Failure["blockers"],
  { limits }: RunnerOptions,
  attempt: number,
): { note?: string } {
  if (error.code === "55P03") {
    const held =
      blockers.length > 0 ? `held by ${describeBlockers(blockers)}` : "held by a session that was gone when asked for";
    return {
      note: `The lock was not free within ${limits.lockTimeoutSeconds} s in ${count(attempt, "try").replace("trys", "tries")}; it is ${held}. End that session, or run this when it has ended.`,
    };
  }
  if (error.code === "57014" && /statement timeout/.test(error.message)) {
    return {
      note: `One statement may take ${limits.statementTimeoutSeconds} s (--statement-timeout). A large change belongs into steps.`,
    };
  }
  return {};
}
