import type { Client, ClientConfig } from "pg";
import type { Settings } from "../base/options";
import { type ConnectOptions, connect } from "../database/connection";
import { assertWritable } from "../database/read-only";
import type { DownSelection, UpSelection } from "../state/preflight";
import type { Status } from "../state/status";

/** The part of a migrator that a scratch database needs. */
export interface ScratchMigrator {
  up(options?: UpSelection): Promise<unknown>;
  down(options: DownSelection): Promise<unknown>;
  baseline(options: { readonly version: number }): Promise<unknown>;
  status(): Promise<Pick<Status, "version" | "dirty" | "migrations">>;
}

/** Makes a silent migrator of the same folder for another database. */
export type MigratorOn = (connection: ClientConfig) => ScratchMigrator;

/** One session for each step, since the server may end an idle one while files run. */
export async function session<Result>(
  options: Omit<ConnectOptions, "purpose">,
  act: (client: Client) => Promise<Result>,
) {
  const client = await connect({ ...options, primary: true, purpose: "migrate scratch" });
  try {
    assertWritable(client, options.connection);
    return await act(client);
  } finally {
    await client.end();
  }
}

export function patient({
  log,
  signal,
  connectTries,
  overrideReadOnly,
}: Settings): Pick<ConnectOptions, "tries" | "overrideReadOnly" | "log" | "signal"> {
  return { tries: () => connectTries, overrideReadOnly, log, ...(signal && { signal }) };
}

/** For cleaning up: tried once, also after a signal, because the server may be gone. It makes room on a full one. */
export const ONCE = { tries: () => 1, overrideReadOnly: true };
