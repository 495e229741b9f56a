import type { Client } from "pg";
import { EXIT } from "../../contract";
import { MigrateError } from "../base/errors";
import type { Settings } from "../base/options";
import { connect, isLostConnection, pause } from "../database/connection";
import { findSchemaVersion } from "../database/inspect";

export interface WaitOptions {
  /** The version to wait for. */
  readonly version: number;
  /** Seconds after which it gives up. @default 60 */
  readonly timeoutSeconds?: number;
}

export interface WaitResult {
  /** The version that the database has reached. */
  readonly version: number;
}

const INTERVAL_MS = 500;

/** Needs only SELECT on golang-migrate's table, and neither files nor history. */
export async function waitForVersion(
  settings: Settings,
  { version, timeoutSeconds = 60 }: WaitOptions,
): Promise<WaitResult> {
  const deadline = Date.now() + timeoutSeconds * 1000;
  const { connection, passwordWaitSeconds, log, signal } = settings;
  const tries = () => (Date.now() < deadline ? Number.POSITIVE_INFINITY : 1);
  let seen = "";
  for (;;) {
    const client = await connect({
      connection,
      purpose: "migrate wait",
      tries,
      passwordWaitSeconds,
      log,
      ...(signal && { signal }),
    });
    try {
      for (;;) {
        const found = await currentVersion(client);
        // Above the wanted version nothing wanted can be half done. data-svc judges the same.
        if (found.version > version || (found.version === version && !found.dirty)) return { version: found.version };
        const now = describe(found);
        if (Date.now() >= deadline) throw tooLate(now, version, timeoutSeconds);
        if (now !== seen)
          log({
            level: "info",
            event: "waiting-for-version",
            message: `${now}; waiting for ${version}, for at most ${timeoutSeconds} s.`,
            ...found,
          });
        seen = now;
        await pause(Math.min(INTERVAL_MS, Math.max(10, deadline - Date.now())), signal);
      }
    } catch (error) {
      if (!isLostConnection(error)) throw error;
    } finally {
      await client.end();
    }
  }
}

async function currentVersion(client: Client): Promise<{ version: number; dirty: boolean }> {
  const found = await findSchemaVersion(client);
  return { version: Math.max(-1, found?.version ?? -1), dirty: found?.dirty ?? false };
}

function describe({ version, dirty }: { version: number; dirty: boolean }): string {
  if (dirty) return `The database is dirty: migration ${version} stopped half-way (see \`migrate status\`)`;
  return version < 0 ? "No migration has run yet" : `The database is at version ${version}`;
}

function tooLate(now: string, version: number, timeoutSeconds: number): MigrateError {
  return new MigrateError(
    EXIT.pending,
    `${now}, and not at ${version} after ${timeoutSeconds} s. Run \`migrate up\`, or see why the migration Job has not finished.`,
  );
}
