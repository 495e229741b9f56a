import type * as pg from "pg";
import { type Client, EXIT } from "../contract";
import type { Log } from "../migrator";
import { assertWritable, connect, MigrateError, pause, pauseMilliseconds } from "../migrator";
import { convergeDatabase } from "./converge-database";
import { convergeRoles } from "./converge-roles";
import { removeFormerClients } from "./former-clients";
import { convergeKeeps, type Keeps } from "./keeps";
import { checkPasswords, type Passwords } from "./passwords";
import { checkServer } from "./server";
import { Session } from "./session";

export interface BootstrapOptions {
  /** The database to bootstrap, as a superuser that is none of the roles. */
  readonly connection: pg.ClientConfig;
  /**
   * Passwords of login roles. A role without one here keeps its password; a new one cannot log in until a later run
   * brings it.
   */
  readonly passwords: Passwords;
  /**
   * Services that run their own SQL. A role of one that is no longer among them loses its login and privileges, and is dropped.
   * @default the clients stay as they are
   */
  readonly clients?: readonly Client[] | undefined;
  /** Whether the seeds bring the test users, which belong to development alone. @default true */
  readonly testUsers?: boolean;
  /** How long the retention leaves what it deletes. @default stays as it is; unset, as long as any stage may ask for */
  readonly keeps?: Partial<Keeps>;
  readonly log?: Log;
  /** Tries while the server is not reachable yet. @default 30 */
  readonly connectTries?: number;
  /** Seconds for which a refused password is tried again, in case a new one is on its way to the server. @default 0 */
  readonly passwordWaitSeconds?: number;
  /** Write although the server's configuration makes transactions read-only. @default false: it is refused */
  readonly overrideReadOnly?: boolean;
  readonly signal?: AbortSignal;
}

export interface BootstrapResult {
  /** Changes, for a person; empty if there were none. Holds no secret. */
  readonly changed: string[];
}

/**
 * Brings roles, passwords, ownership and privileges to this package's state, in one transaction. Safe at any time and
 * in parallel, on one database or several.
 * @throws MigrateError `usage` for impossible settings, `refused` for a wrong server, `locked` if others keep changing
 * roles, `unreachable`
 */
export async function bootstrap(options: BootstrapOptions): Promise<BootstrapResult> {
  checkPasswords(options.passwords, options.clients);
  const { connection, connectTries = 30, passwordWaitSeconds = 0, overrideReadOnly = false, log, signal } = options;
  const tries = () => connectTries;
  const purpose = "migrate bootstrap";
  const client = await connect({
    connection,
    purpose,
    tries,
    primary: true,
    overrideReadOnly,
    passwordWaitSeconds,
    log,
    signal,
  });
  try {
    await checkServer(client, connection);
    assertWritable(client, connection);
    const changed = await convergeWithRetries(client, options);
    for (const message of changed) log?.({ level: "info", event: "changed", message });
    return { changed };
  } finally {
    await client.end();
  }
}

const TRIES = 5;

/** Retries, because a person or a migration that grants may be in the way for a moment. */
async function convergeWithRetries(client: pg.Client, options: BootstrapOptions): Promise<string[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await converge(client, options);
    } catch (error) {
      if (!isCollision(error)) throw error;
      await client.query("rollback");
      if (attempt >= TRIES) throw collided(error);
      await pause(pauseMilliseconds(attempt), options.signal);
    }
  }
}

async function converge(
  client: pg.Client,
  { passwords, clients, testUsers = true, keeps = {} }: BootstrapOptions,
): Promise<string[]> {
  await client.query(BEGIN);
  const session = new Session(client);
  await convergeRoles(session, passwords, clients);
  await convergeDatabase(session, testUsers, clients);
  await convergeKeeps(session, keeps);
  // Last, since until then it owns what somebody gave it.
  if (clients) await removeFormerClients(session, clients);
  await client.query("commit");
  return session.changed;
}

/**
 * Roles belong to the whole server, but an advisory lock to one database. A lock on pg_authid makes bootstraps of all
 * databases take turns, and logins go on. The log must not even hold a password's verifier.
 */
const BEGIN = `begin;
set local search_path = pg_catalog, pg_temp;
set local log_statement = 'none';
set local log_min_duration_statement = -1;
set local log_min_error_statement = 'panic';
set local lock_timeout = '10s';
lock table pg_authid in share row exclusive mode`;

/** deadlock_detected, serialization_failure, lock_not_available, duplicate_object, unique_violation */
const COLLISIONS = new Set(["40P01", "40001", "55P03", "42710", "23505"]);

function isCollision(error: unknown): boolean {
  const { code = "", message = "" } = error as { code?: string; message?: string };
  return COLLISIONS.has(code) || /^tuple (concurrently|already) (updated|deleted)/.test(message);
}

function collided(error: unknown): MigrateError {
  const message = (error as Error).message;
  return new MigrateError(
    EXIT.locked,
    `Roles and privileges could not be changed in ${TRIES} tries, since another session kept changing or locking them: ${message}. ` +
      "Nothing was changed. Find it with: select pid, application_name, query from pg_stat_activity where state <> 'idle'",
    {},
    { cause: error },
  );
}
