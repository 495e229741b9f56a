import type { Client, QueryResult } from "pg";
import { EXIT } from "../contract";
import { recordApplied, recordReverted, setSchemaVersion } from "./database/history";
import { CATALOGUE, type DatabaseState, readState } from "./database/inspect";
import { acquireLock, tryLock } from "./database/lock";
import { isMigrateError, MigrateError } from "./errors";
import { count, duration } from "./events";
import type { Direction, Folder, Migration } from "./folder";
import type { Settings } from "./options";
import type { Checked } from "./preflight";
import { createMissing, reconcile, type Tables } from "./reconcile";
import { type RunnerOptions, run } from "./runner";

/** One migration that was run, up or down. */
export interface Step {
  readonly version: number;
  readonly name: string;
  readonly milliseconds: number;
}

export interface Work {
  readonly client: Client;
  readonly settings: Settings;
  readonly folder: Folder;
  readonly direction: Direction;
  /** Checks a state and says what is to be done in it; called again under the lock. */
  readonly check: (state: DatabaseState) => Checked;
}

export interface Done {
  readonly steps: readonly Step[];
  readonly checked: Checked;
}

/** Takes the lock, looks again, and does what is left to do. The lock ends with the client's session. */
export async function underLock(work: Work, database: string): Promise<Done> {
  const state = await lockAndInspect(work.settings, work.client, database);
  const checked = work.check(state);
  const tables = { ...state.tables };
  const { client, settings, direction } = work;
  const privileges = direction === "up" && checked.selected.length === 0 ? settings.privileges : "";
  await reconcile({ client, plan: checked.plan, state, tables, privileges, log: settings.log });
  return { steps: await runAll(work, state, checked, tables), checked };
}

/** One message takes the lock and reads the catalogue, so that a free lock costs one round trip. */
export async function lockAndInspect(settings: Settings, client: Client, database: string): Promise<DatabaseState> {
  const attempt = async () => {
    const results = (await client.query(`${tryLock(database)};${CATALOGUE}`)) as unknown as QueryResult[];
    return results[0]?.rows[0]?.locked ? results[1] : undefined;
  };
  const catalogue = await acquireLock(client, database, attempt, {
    waitSeconds: settings.lockWaitSeconds,
    log: settings.log,
    ...(settings.signal && { signal: settings.signal }),
  });
  return readState(client, catalogue.rows[0]);
}

/** Umzug chooses, orders and calls; each call is one atomic message, which `logMigration` finds already recorded. */
async function runAll(work: Work, state: DatabaseState, checked: Checked, tables: Tables): Promise<Step[]> {
  const { selected, plan } = checked;
  const last = selected.at(-1);
  if (!last) return [];
  // Loading it takes as long as starting Node: only who has something to run waits for that.
  const { Umzug } = await import("umzug");
  const steps: Step[] = [];
  const applied = new Set(plan.applied.map(({ version }) => version));
  const one = (migration: Migration) => async () => {
    steps.push(await runOne(work, migration, { state, checked, tables, applied }));
    tables.history = true;
    tables.schemaMigrations = true;
  };
  const known = new Map(work.folder.migrations.map((migration) => [migration.version, migration]));
  const confirm = async ({ name }: { name: string }) => {
    const [recorded] = steps.slice(-1);
    if (known.get(recorded?.version ?? 0)?.id !== name) throw new Error(`${name} was called but not recorded.`);
  };
  const umzug = new Umzug({
    migrations: candidates(work, checked).map((migration) => ({
      name: migration.id,
      path: migration.files[work.direction],
      up: one(migration),
      down: one(migration),
    })),
    storage: {
      executed: async () => [...applied].flatMap((version) => known.get(version)?.id ?? []),
      logMigration: confirm,
      unlogMigration: confirm,
    },
    logger: undefined,
  });
  try {
    await (work.direction === "up" ? umzug.up({ to: last.id }) : umzug.down({ to: last.id }));
    return steps;
  } catch (error) {
    throw unwrap(error, steps);
  }
}

/** What Umzug may choose from: everything that is applied, and of what is pending only what was selected. */
function candidates({ folder }: Work, { plan, selected }: Checked): Migration[] {
  const chosen = new Set([...plan.applied.flatMap(({ migration }) => migration ?? []), ...selected]);
  return folder.migrations.filter((migration) => chosen.has(migration));
}

interface Progress {
  readonly state: DatabaseState;
  readonly checked: Checked;
  readonly tables: Tables;
  /** Versions applied so far; kept up to date. */
  readonly applied: Set<number>;
}

async function runOne(work: Work, migration: Migration, progress: Progress): Promise<Step> {
  const { settings, direction } = work;
  const file = migration.files[direction];
  const script = progress.checked.scripts.get(file);
  if (!script) throw new MigrateError(EXIT.failure, `${file} was to be run without having been checked.`);
  const applied = new Set(progress.applied);
  if (direction === "up") applied.add(migration.version);
  else applied.delete(migration.version);
  const milliseconds = await run(
    {
      migration,
      direction,
      script,
      before: createMissing(progress.tables),
      after: record(work, migration, applied, progress),
    },
    runnerOptions(work, progress.state),
  );
  progress.applied.clear();
  for (const version of applied) progress.applied.add(version);
  const width = Math.max(...progress.checked.selected.map(({ id }) => id.length));
  settings.log({
    level: "info",
    event: direction === "up" ? "applied" : "reverted",
    message: `  ${direction === "up" ? "applied" : "reverted"}  ${migration.id.padEnd(width)}  ${duration(milliseconds).padStart(7)}`,
    version: migration.version,
    name: migration.name,
    milliseconds: Math.round(milliseconds * 1000) / 1000,
  });
  return { version: migration.version, name: migration.name, milliseconds };
}

/** The statements that make a migration and its record one. */
function record({ settings, direction }: Work, migration: Migration, applied: ReadonlySet<number>, progress: Progress) {
  const newest = Math.max(0, ...applied, ...(direction === "up" ? [progress.state.schemaVersion?.version ?? 0] : []));
  const history = direction === "up" ? recordApplied(migration) : recordReverted([migration.version]);
  const isLast = progress.checked.selected.at(-1) === migration;
  const privileges = direction === "up" && isLast && settings.privileges ? `${settings.privileges}\n;` : "";
  return history + setSchemaVersion(newest === 0 ? null : newest) + privileges;
}

function runnerOptions({ client, settings }: Work, state: DatabaseState): RunnerOptions {
  return {
    client,
    connection: settings.connection,
    limits: {
      lockTimeoutSeconds: settings.lockTimeoutSeconds,
      statementTimeoutSeconds: settings.statementTimeoutSeconds,
      watchClient: state.watchesClients,
    },
    lockTries: settings.lockTries,
    stopGraceSeconds: settings.stopGraceSeconds,
    log: settings.log,
    ...(settings.signal && { signal: settings.signal }),
  };
}

/** Umzug wraps what a migration throws; the reason is inside. */
function unwrap(error: unknown, steps: readonly Step[]): unknown {
  const cause = error instanceof Error ? error.cause : undefined;
  if (!isMigrateError(cause)) return error;
  if (steps.length === 0) return cause;
  const before = `Before it, ${count(steps.length, "migration")} ran and ${steps.length === 1 ? "is" : "are"} recorded, up to ${steps.at(-1)?.version}.`;
  return new MigrateError(cause.exitCode, `${cause.message}\n${before}`, cause.details, { cause });
}
