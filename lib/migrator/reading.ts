import type { Client } from "pg";
import { EXIT } from "../contract";
import { isMigrateError, type MigrateError, refusal } from "./base/errors";
import type { Settings } from "./base/options";
import { connect, isLostConnection, lostConnection } from "./database/connection";
import { stillStandby } from "./database/connection-errors";
import { type DatabaseState, inspect } from "./database/inspect";
import { assertStillWritable } from "./database/read-only";
import { type Folder, readFolder } from "./files/folder";

/** Purposes for which a standby will do. */
const READING: ReadonlySet<string> = new Set(["plan", "status", "verify"]);

/** Reads the folder while the database is inspected, calls `use` with both, and closes the connection. */
export async function reading<Result>(
  settings: Settings,
  purpose: string,
  use: (folder: Folder, state: DatabaseState, client: Client) => Promise<Result>,
  whileConnecting: (folder: Folder, idle: () => boolean) => Promise<void> = async () => {},
): Promise<Result> {
  const { connection, connectTries, passwordWaitSeconds, overrideReadOnly, log, signal } = settings;
  const primary = !READING.has(purpose);
  // Sends the first message before reading files, so that the server works at the same time.
  const read = new Promise(setImmediate).then(() => readFolder(settings.directory));
  // A broken folder is not worth waiting for a database.
  const tries = async () => ((await read).problems.length > 0 ? 1 : connectTries);
  const connecting = connect({
    connection,
    purpose: `migrate ${purpose}`,
    tries,
    primary,
    overrideReadOnly,
    passwordWaitSeconds,
    log,
    ...(signal && { signal }),
  });
  const inspecting = connecting.then((client) => inspect(client, connection));
  let pending = true;
  const over = () => {
    pending = false;
  };
  inspecting.then(over, over);
  const folder = await read;
  await whileConnecting(folder, () => pending);
  const client = await connecting.catch((error: unknown) => {
    throw folder.problems.length > 0 ? alsoBroken(folder, error) : error;
  });
  try {
    const state = await inspecting;
    // Some poolers do not pass on that the server is a standby.
    if (primary && state.standby) throw stillStandby(connection);
    return await use(folder, state, client);
  } catch (error) {
    await assertStillWritable(error, client, connection);
    throw isMigrateError(error) || !isLostConnection(error) ? error : lostConnection(error, connection);
  } finally {
    // The server cleans up by itself; nobody has to wait.
    void client.end();
  }
}

function alsoBroken({ directory, problems }: Folder, error: unknown): MigrateError {
  const message = error instanceof Error ? error.message : String(error);
  return refusal(`Refused, and nothing was written. ${directory}:`, [...problems, message], EXIT.refused);
}
