import { readFileSync } from "node:fs";
import * as path from "node:path";
import { lengthOf } from "../common/amounts";
import type { Finding } from "./document";
import { percent, stateAbove } from "./wording";

/** Asks the database as a superuser; returns the only value of the only row, undefined if there is none. */
export type Ask = (sql: string) => Promise<unknown>;

const sql = (name: string) => readFileSync(path.join(__dirname, name), "utf8");

/** The server, as it tells of itself. */
export interface Server {
  readonly version: string;
  readonly startedAt: string;
  readonly inRecovery: boolean;
  readonly readOnly: boolean;
  /** Those that roles without superuser may have. */
  readonly maxConnections: number;
  readonly usedConnections: number;
  /** Roles that have sessions. `most` is -1 for no limit; `client` says that a service of its own logs in as it. */
  readonly roles: readonly {
    readonly role: string;
    readonly used: number;
    readonly most: number;
    readonly client: boolean;
  }[];
  readonly oldestTransaction: { readonly seconds: number; readonly role: string; readonly pid: number } | null;
  readonly standbys: readonly { readonly name: string; readonly lagSeconds: number; readonly synchronous: boolean }[];
}

export const readServer = async (ask: Ask): Promise<Server> => (await ask(sql("server.sql"))) as Server;

/** Says whether the server takes writes. It refuses them while its volume is nearly full. */
export function writesOf({ inRecovery, readOnly }: Server): Finding {
  const values = { inRecovery, readOnly };
  if (inRecovery) return { state: "failed", text: "The server is in recovery and takes no writes.", values };
  if (!readOnly) return { state: "ok", text: "The database takes writes.", values };
  return {
    state: "failed",
    text: "The database is read-only, as it makes itself while its volume is nearly full.",
    values,
  };
}

/** Parts of the connections, as the alert PostgresConnectionsUsed has them. */
const CONNECTIONS = { warning: 0.8, failed: 0.95 } as const;

export function connectionsOf({ usedConnections: used, maxConnections: most, roles }: Server): Finding {
  const full = roles.filter((role) => role.client && role.used >= role.most).map(({ role }) => role);
  const state = stateAbove(used / most, CONNECTIONS);
  return {
    state: state === "ok" && full.length > 0 ? "warning" : state,
    text:
      `${used} of ${most} connections are in use (${percent(used / most)})` +
      `${full.length > 0 ? `, and ${full.join(", ")} can open no more: raise its connections in the stage's clients` : ""}.`,
    details: roles.map((role) => `${role.role}: ${role.used}${role.most < 0 ? "" : ` of ${role.most}`}`),
    values: { used, most },
  };
}

/** Seconds, as the alert PostgresOldTransaction has them. */
const TRANSACTION = { warning: 900, failed: 3600 } as const;

export function transactionsOf({ oldestTransaction: oldest }: Server): Finding {
  if (oldest === null) return { state: "ok", text: "No transaction is open.", values: { oldestSeconds: 0 } };
  const { seconds, role, pid } = oldest;
  return {
    state: stateAbove(seconds, TRANSACTION),
    text: `The oldest transaction is open for ${lengthOf(seconds)}: of ${role}, pid ${pid}.`,
    values: { oldestSeconds: seconds, role, pid },
  };
}

/** Servers beside the primary that a stage has. */
export interface WantedStandbys {
  readonly standbys: number;
  /** Those that must have a commit before it is acknowledged; writes wait without them. */
  readonly synchronous: number;
}

/** Seconds of lag, as the alert PostgresReplicationLag has them. */
const LAG_SECONDS = 60;

export function replicationOf({ standbys }: Server, wanted: WantedStandbys): Finding {
  const lagSeconds = Math.max(0, ...standbys.map((standby) => standby.lagSeconds));
  const values = { wanted: wanted.standbys, streaming: standbys.length, lagSeconds };
  if (wanted.standbys === 0) return { state: "ok", text: "One server, without replicas by design.", values };
  const details = standbys.map(
    ({ name, lagSeconds: lag, synchronous }) => `${name}: ${lag} s behind${synchronous ? ", synchronous" : ""}`,
  );
  const text = `${standbys.length} of ${wanted.standbys} replicas follow the primary, at most ${lagSeconds} s behind.`;
  if (standbys.length < Math.max(1, wanted.synchronous)) return { state: "failed", text, details, values };
  const behind = standbys.length < wanted.standbys || lagSeconds > LAG_SECONDS;
  return { state: behind ? "warning" : "ok", text, details, values };
}

/** The migrations of a release. */
export interface KnownMigrations {
  /** Its source for a person, e.g. `"release 12"`. */
  readonly of: string;
  /** The newest. */
  readonly version: number;
  /** The least that data-svc serves with. */
  readonly required: number;
}

/** The row that migrations keep their version in; undefined before the first one. */
export interface SchemaRow {
  readonly version: number;
  readonly dirty: boolean;
}

/** Reads the schema's version. A database without the table has none. */
export async function readSchemaRow(ask: Ask): Promise<SchemaRow | undefined> {
  try {
    return (await ask(sql("schema.sql"))) as SchemaRow | undefined;
  } catch (error) {
    if (/relation "public\.schema_migrations" does not exist/.test((error as Error).message)) return undefined;
    throw error;
  }
}

export function schemaOf(row: SchemaRow | undefined, { of, version: newest, required }: KnownMigrations): Finding {
  const { version, dirty } = row ?? { version: 0, dirty: false };
  const values = { version, dirty, required, newest };
  const at = `The schema is at version ${version}`;
  if (dirty) return { state: "failed", text: `A migration has stopped half-way, at version ${version}.`, values };
  if (row === undefined) return { state: "failed", text: `No migration has run; ${of} needs ${required}.`, values };
  if (version < required) return { state: "failed", text: `${at}, but ${of} needs ${required}.`, values };
  if (version < newest)
    return { state: "warning", text: `${at}, and ${of} has contract migrations up to ${newest} to run.`, values };
  if (version > newest) return { state: "ok", text: `${at}, ahead of ${of}, which knows ${newest}.`, values };
  return { state: "ok", text: `${at}, the newest of ${of}. Nothing is pending.`, values };
}
