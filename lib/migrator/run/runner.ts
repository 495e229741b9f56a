import type { DatabaseError } from "pg";
import { EXIT } from "../../contract";
import { MigrateError, stopped } from "../base/errors";
import { count, duration } from "../base/events";
import { describeBlockers, endBlockers } from "../database/blockers";
import { isLostConnection, pause, pauseMilliseconds, STAYS } from "../database/connection";
import { assertStillWritable } from "../database/read-only";
import type { Direction, Migration } from "../files/folder";
import { buildMessage, type Message, partsOf } from "../sql/message";
import type { Script } from "../sql/script";
import { attempt as attemptOnce, type Failure, type RunnerOptions } from "./attempt";

export type { RunnerOptions } from "./attempt";

export interface Job {
  readonly migration: Migration;
  readonly direction: Direction;
  readonly script: Script;
  readonly before: string;
  readonly after: string;
  /** SQL that fails unless the file's checks hold. @default none */
  readonly checks?: string;
  /** SQL that runs first and fails unless the migration before is recorded. @default none */
  readonly guard?: string;
}

/**
 * Codes after which another try may succeed: a lock that was not free, a deadlock, a serialization failure. The try was
 * rolled back.
 */
export const RETRIED = new Set(["55P03", "40P01", "40001"]);
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/** Builds the message of one migration. */
export function messageOf(
  { script, before, after, guard, checks }: Job,
  { limits }: Pick<RunnerOptions, "limits">,
): Message {
  return buildMessage({
    body: script.text,
    statements: script.statements,
    before: (guard ?? "") + (checks ?? "") + before,
    after,
    limits,
  });
}

/**
 * Runs one migration and its record as one message until it is committed. Resolves with its milliseconds. `failed` is a
 * first try that was already made and rolled back.
 * @throws MigrateError `sql`, `signalled`, or `unreachable` if the connection is lost
 */
export async function run(job: Job, options: RunnerOptions, failed?: Failure): Promise<number> {
  const message = messageOf(job, options);
  const started = performance.now();
  // Blockers of the last try that saw any, because a short try may end before it looks.
  let blockers: Failure["blockers"] = [];
  for (let attempt = 1; ; attempt++) {
    const tried = attempt === 1 ? failed : undefined;
    if (options.signal?.aborted && !tried) throw stopped(`${job.migration.id} was not started.`);
    const found = tried ?? (await attemptOnce(partsOf(message), options));
    if (!found) return performance.now() - started;
    if (found.blockers.length > 0) blockers = found.blockers;
    const failure = { ...found, blockers };
    const { client, connection, lockTries } = options;
    await assertStillWritable(failure.error, client, connection, `${job.migration.id} was rolled back.`);
    if (!RETRIED.has(failure.error.code ?? "") || attempt >= lockTries)
      throw await explain(failure, job, message, options, attempt);
    await pauseBeforeRetry(failure, attempt, job, options);
  }
}

/** Warns who holds the lock, then waits, longer each time. */
export async function pauseBeforeRetry(
  { error, blockers }: Failure,
  attempt: number,
  { migration }: Pick<Job, "migration">,
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
  // The failed message may have reset the session.
  await options.client.query(STAYS);
  await pause(milliseconds, options.signal);
}

async function explain(
  failure: Failure,
  job: Job,
  message: Message,
  options: RunnerOptions,
  attempt: number,
): Promise<MigrateError> {
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
  const { sqlFailure } = require("./failure") as typeof import("./failure");
  const { withholdValues } = options;
  return sqlFailure({ ...job, message, error, completed, withholdValues, ...note(error, blockers, options, attempt) });
}

/** Collects more to tell about the server's error. */
export function note(
  error: DatabaseError,
  blockers: Failure["blockers"],
  { limits }: RunnerOptions,
  attempt: number,
): { note?: string } {
  if (error.code === "55P03") {
    const held =
      blockers.length > 0 ? `held by ${describeBlockers(blockers)}` : "held by a session that was gone when asked for";
    return {
      note: `The lock was not free within ${limits.lockTimeoutSeconds} s in ${count(attempt, "try").replace("trys", "tries")}; it is ${held}. ${endBlockers(blockers)}`,
    };
  }
  if (error.code === "57014" && /statement timeout/.test(error.message)) {
    const waited =
      blockers.length > 0 ? ` It was waiting for ${describeBlockers(blockers)}. ${endBlockers(blockers)}` : "";
    return {
      note: `One statement may take ${limits.statementTimeoutSeconds} s (--statement-timeout).${waited} A large change belongs into steps.`,
    };
  }
  return {};
}
