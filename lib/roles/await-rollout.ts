import type { Client, ClientConfig } from "pg";
import { DATA_SVC, EXIT, NEWEST_MIGRATION } from "../contract";
import { connect, count, type Log, MigrateError, pause } from "../migrator";

export interface AwaitRolloutOptions {
  /** Any role that may connect: sessions' roles and names are visible to all. */
  readonly connection: ClientConfig;
  /** Newest migration that a session's release has to know. @default this release's */
  readonly version?: number;
  /** Seconds after which it gives up. @default 1800 */
  readonly timeoutSeconds?: number;
  /** Seconds for which no older session may be seen, since one may be between two connections. @default 30 */
  readonly quietSeconds?: number;
  /** Seconds for which a refused password is tried again. @default 0 */
  readonly passwordWaitSeconds?: number;
  readonly log?: Log;
  readonly signal?: AbortSignal;
}

/** data-svc's sessions by the releases that they belong to. */
export interface Sessions {
  /** Sessions whose release knows the version. */
  readonly current: number;
  /** Names of the others, each once. */
  readonly older: readonly string[];
}

export interface RolledOut {
  readonly sessions: number;
}

const INTERVAL_MS = 1000;

const SESSIONS = `select coalesce(application_name, '') as name, count(*)::int as number from pg_stat_activity
  where backend_type = 'client backend' and usename = 'data_svc' and datname = current_database() group by 1 order by 1`;

/**
 * Waits until data-svc is connected, and only releases that know `version`. Unknown names count as older, so a person
 * with data-svc's login is waited for, too.
 * @throws MigrateError `pending` at the deadline
 */
export async function awaitRollout(options: AwaitRolloutOptions): Promise<RolledOut> {
  const { connection, version = NEWEST_MIGRATION, timeoutSeconds = 1800, quietSeconds = 30, log, signal } = options;
  const deadline = Date.now() + timeoutSeconds * 1000;
  const client = await connect({
    connection,
    purpose: "migrate await-rollout",
    tries: () => (Date.now() < deadline ? Number.POSITIVE_INFINITY : 1),
    passwordWaitSeconds: options.passwordWaitSeconds ?? 0,
    ...(log && { log }),
    ...(signal && { signal }),
  });
  try {
    let quietSince = Number.POSITIVE_INFINITY;
    let said = "";
    for (;;) {
      const sessions = await readSessions(client, version);
      const clear = sessions.older.length === 0 && sessions.current > 0;
      quietSince = clear ? Math.min(quietSince, Date.now()) : Number.POSITIVE_INFINITY;
      if (Date.now() - quietSince >= quietSeconds * 1000) return { sessions: sessions.current };
      const state = describe(sessions, version);
      if (Date.now() >= deadline) throw tooLate(state, timeoutSeconds);
      if (state !== said) log?.({ level: "info", event: "waiting-for-rollout", message: state, ...sessions });
      said = state;
      await pause(Math.min(INTERVAL_MS, Math.max(10, deadline - Date.now())), signal);
    }
  } finally {
    await client.end();
  }
}

async function readSessions(client: Client, version: number): Promise<Sessions> {
  const { rows } = await client.query<{ name: string; number: number }>(SESSIONS);
  const knows = ({ name }: { name: string }) => releaseOf(name) >= version;
  return {
    current: rows.filter(knows).reduce((sum, { number }) => sum + number, 0),
    older: rows.filter((row) => !knows(row)).map(({ name }) => name || "(without a name)"),
  };
}

/** The newest migration that a session's release knows, by its name; -1 if the name does not say. */
function releaseOf(name: string): number {
  const [prefix = "", version = ""] = name.split("/");
  return prefix === DATA_SVC.name && /^\d+$/.test(version) ? Number(version) : -1;
}

function describe({ older, current }: Sessions, version: number): string {
  if (older.length > 0)
    return `An older release is connected (${older.join(", ")}); waiting until every session knows migration ${version}.`;
  if (current === 0) return "data-svc is not connected; waiting for a release that is rolled out.";
  return `${count(current, "session")} of data-svc, all of a release that knows migration ${version}; waiting whether it stays so.`;
}

const tooLate = (state: string, seconds: number) =>
  new MigrateError(
    EXIT.pending,
    `${state} That was not over after ${seconds} s, so nothing was run. See why data-svc has not rolled out (kubectl rollout status deployment/data-svc), then deploy again.`,
  );
