import type { Client, ClientConfig } from "pg";
import { EXIT } from "../../contract";
import { MigrateError } from "../base/errors";
import type { Log } from "../base/events";
import { place } from "./connection-errors";

/**
 * Overrides a read-only default of the database or role, which is meant for other sessions: a migrator writes. One of the
 * server's configuration is meant for every session.
 */
export const WRITES = "set default_transaction_read_only = off";

/** Sources of a setting that somebody chose for a role, a database or this session, in the server's words. */
const CHOSEN = new Set(["database", "user", "database user", "global", "client", "session"]);

interface Origin {
  readonly source: string;
  /** Null unless this role may see it, which takes pg_read_all_settings. */
  readonly sourcefile: string | null;
  readonly sourceline: number | null;
}

/** Sessions that their server's configuration makes read-only, with where it does. */
const ORIGINS = new WeakMap<Client, string>();

/** Finds out whether the server's configuration makes this session read-only, and not only a role or database. */
export async function isReadOnlyServer(client: Client): Promise<boolean> {
  const { rows } = await client.query<Origin>(
    "select source, sourcefile, sourceline from pg_settings where name = 'default_transaction_read_only' and setting = 'on'",
  );
  if (!rows[0] || CHOSEN.has(rows[0].source)) return false;
  ORIGINS.set(client, describe(rows[0]));
  return true;
}

function describe({ source, sourcefile, sourceline }: Origin): string {
  if (source !== "configuration file") return `the server's ${source}`;
  if (sourcefile === null)
    return "a configuration file of the server (a member of pg_read_all_settings sees which one in pg_settings)";
  const how = sourcefile.endsWith("postgresql.auto.conf") ? " (ALTER SYSTEM)" : "";
  return `line ${sourceline} of ${sourcefile}${how}`;
}

/** Says where the server's configuration makes this session read-only; undefined if it does not. */
export function readOnlyBy(client: Client): string | undefined {
  return ORIGINS.get(client);
}

/** Sessions that write although their transactions are read-only by default. */
const OVERRIDING = new WeakSet<Client>();

export function overrideIn(client: Client): void {
  OVERRIDING.add(client);
}

export function overridesReadOnly(client: Client): boolean {
  return OVERRIDING.has(client);
}

/**
 * Refuses to write where the server's configuration forbids it.
 * @throws MigrateError `unreachable`, so that a Job tries again: a full volume gets room without another release
 */
export function assertWritable(client: Client, connection: ClientConfig, outcome = "Nothing was written."): void {
  const origin = readOnlyBy(client);
  if (origin === undefined) return;
  throw new MigrateError(
    EXIT.unreachable,
    `${place(connection)} takes no writes: default_transaction_read_only is on by ${origin}. ${outcome} ` +
      "That setting protects a server whose volume is nearly full, or that is being moved. Make room, or end what it is for; then run this again. " +
      "To write nevertheless: --override-read-only.",
  );
}

/** Explains an error of a server that has become read-only meanwhile. @throws MigrateError as `assertWritable` */
export async function assertStillWritable(
  error: unknown,
  client: Client,
  connection: ClientConfig,
  outcome?: string,
): Promise<void> {
  if ((error as { code?: string }).code !== "25006") return;
  await client.query("rollback");
  if (await isReadOnlyServer(client)) assertWritable(client, connection, outcome);
}

/**
 * Refuses to go on in a session whose own setting hides that the server has become read-only meanwhile.
 * @throws MigrateError as `assertWritable`
 */
export async function assertServerWritable(client: Client, connection: ClientConfig, outcome: string): Promise<void> {
  const { rows } = await client.query(
    "select from pg_settings where name = 'default_transaction_read_only' and reset_val = 'on'",
  );
  if (rows.length === 0 || overridesReadOnly(client)) return;
  await client.query("reset default_transaction_read_only");
  if (await isReadOnlyServer(client)) assertWritable(client, connection, outcome);
  await client.query(WRITES);
}

/** Warns that a server would not take what is planned for it. */
export function tellUnwritable(client: Client, { standby }: { readonly standby: boolean }, log: Log): void {
  const origin = readOnlyBy(client);
  if (!standby && origin === undefined) return;
  const why = standby ? "it is a standby" : `default_transaction_read_only is on by ${origin}`;
  log({
    level: "warn",
    event: "takes-no-writes",
    message: `The server takes no writes at present (${why}), so up would not run.`,
  });
}
