import type { Client } from "pg";
import { EXIT } from "../contract";
import { type ExitCode, MigrateError } from "../migrator/base/errors";
import { pause, pauseMilliseconds } from "../migrator/database/connection";
import type { Ask } from "./tasks";

/**
 * Keeps each wait for a table's lock short, and tries again: all others who want the table queue behind a waiting
 * statement, among them data-svc's requests, which give up after three seconds.
 */
const LIMITS = "set lock_timeout = '1s'; set statement_timeout = '4min'";

/** By which the database counts days and months, too: a time of another zone could be an hour within those that it keeps. */
const ZONE = "set timezone = 'UTC'";

/** A dump of an hour holds its locks as long. The Job's next try, or the next day's run, comes later. */
const TRIES = 12;
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [500, 10_000];

/** Prepares a session, and returns how it is asked. Tries a statement again whose lock others hold. */
export async function patient(client: Client, remark: (text: string) => void): Promise<Ask> {
  await client.query(`${LIMITS}; ${ZONE}`);
  return async (sql, values) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return (await client.query(sql, [...values])).rows;
      } catch (error) {
        const { code, message } = error as { code?: string; message: string };
        if (code !== "55P03") throw explained(error as Error & { code?: string });
        if (attempt >= TRIES)
          throw new MigrateError(EXIT.locked, `${message}, tried ${TRIES} times. Nothing of it was done. ${WHO}`);
        remark(`others hold a lock (${message}); trying again.`);
        await pause(pauseMilliseconds(attempt, FIRST_PAUSE_MS, LONGEST_PAUSE_MS), undefined);
      }
    }
  };
}

const WHO = "Look who holds it: select * from pg_locks where granted and relation = 'audit_logs'::regclass";

/** Tells of a database that this release's migrations or bootstrap have not reached. */
const NOT_THERE_YET = /^(?:42883 function|42501 permission denied for function) /;

function explained(error: Error & { code?: string }): Error {
  if (!NOT_THERE_YET.test(`${error.code} ${error.message}`)) return error;
  const advice = "Deploy this release: its migration Job makes the function and grants it to this role.";
  return new MigrateError(EXIT.failure, `${error.message}. ${advice}`, {}, { cause: error });
}

/** The exit code of several failures: theirs if they agree. */
export function exitCodeOf(failures: readonly unknown[]): ExitCode {
  const codes = failures.map((error) => (error instanceof MigrateError ? error.exitCode : EXIT.failure));
  const [first = EXIT.ok] = codes;
  return codes.every((code) => code === first) ? first : EXIT.failure;
}
