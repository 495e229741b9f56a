import type { ClientConfig } from "pg";
import { EXIT } from "../../contract";
import { MigrateError } from "../base/errors";

/** Codes of states that end by themselves: a server that starts, stops, is full, or has no address yet. */
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
  "57P05",
  "25P03",
  "53300",
  "08001",
  "08006",
]);

/** The failure to connect to a primary where there is a standby. */
export class StandbyError extends Error {
  override readonly name = "StandbyError";

  constructor() {
    super("it is a standby, which only reads");
  }
}

export function isTransient(error: unknown): boolean {
  if (error instanceof StandbyError) return true;
  const { code, message } = error as { code?: string; message?: string };
  if (code !== undefined) return TRANSIENT.has(code);
  return isLostConnection(error) || message === "timeout expired";
}

/** Codes of a session that the server ended: on shutdown, by hand, after a crash, or because it was idle too long. */
const LOST = new Set(["57P01", "57P02", "57P05", "25P03", "08006", "08003"]);

/** Messages of node-postgres that have no code. */
export function isLostConnection(error: unknown): boolean {
  const { code, message = "" } = error as { code?: string; message?: string };
  return (
    /^Connection terminated|not queryable|^timeout expired$|Client was closed/.test(message) ||
    /^E(?!RR_)/.test(code ?? "") ||
    LOST.has(code ?? "")
  );
}

export function unreachable(error: unknown, connection: ClientConfig, tries: number): MigrateError {
  if (error instanceof StandbyError) return stillStandby(connection);
  return new MigrateError(
    EXIT.unreachable,
    `${place(connection)} was not reachable, tried ${tries === 1 ? "once" : `${tries} times`}; at last: ${plain(error)}. ${reachAdvice(error)}`,
    {},
    { cause: error },
  );
}

function reachAdvice(error: unknown): string {
  if ((error as { code?: string }).code !== "EAI_AGAIN")
    return "Check that it runs, its host and port, and that the network lets this machine through.";
  return (
    "The database has not been asked, because its name is not known. Check this machine's name servers (/etc/resolv.conf) and that the network " +
    'lets questions to them through; in a cluster, `network.dns` of the stage: "Host name not found" in docs/operations.md.'
  );
}

/** Its exit code lets a Job try again: a failover takes seconds. */
export function stillStandby(connection: ClientConfig): MigrateError {
  return new MigrateError(
    EXIT.unreachable,
    `${place(connection)} is a standby, which only reads; nothing was written. Connect to the primary. If a failover is under way, run this again when it is over.`,
  );
}

/** Explains a connection that was lost between two messages. A migration under way explains itself. */
export function lostConnection(error: unknown, connection: ClientConfig): MigrateError {
  return new MigrateError(
    EXIT.unreachable,
    `The connection to ${place(connection).replace("The", "the")} was lost: ${plain(error)}. Whatever has run is applied and recorded. Run this again to go on.`,
    {},
    { cause: error },
  );
}

/** Explains errors that waiting cannot mend, by SQLSTATE or Node's code. No message holds the password. */
export function hopeless(error: unknown, connection: ClientConfig): MigrateError {
  const { code } = error as { code?: string };
  const advice =
    {
      "28P01": `The password of ${connection.user ?? "the user"} is wrong, or there is no such role. If its Secret has been changed, run \`migrate bootstrap\` as the superuser: it sets the password anew.`,
      "28000":
        connection.user === undefined
          ? "No user is named: put one into DATABASE_URL, or set PGUSER."
          : "The server lets this role in from here in no way (pg_hba.conf), or it may not log in.",
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

/** An error's message. For a name with several addresses, the first one's. */
export function plain(error: unknown): string {
  const first = error instanceof AggregateError ? error.errors[0] : error;
  return (first instanceof Error ? first.message : String(first)).replace(/\.$/, "");
}
