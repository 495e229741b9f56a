import type { Client, QueryResult } from "pg";
import { EXIT } from "../../contract";
import { isMigrateError, MigrateError } from "../base/errors";
import { count, duration } from "../base/events";
import type { Settings } from "../base/options";
import { isLostConnection, STAYS } from "../database/connection";
import { isSame } from "../database/found-table";
import { guardAfter } from "../database/guard";
import { CLEAR_PROGRESS, RecordSql } from "../database/history";
import { CATALOGUE, type DatabaseState, readState } from "../database/inspect";
import { acquireLock, lockIds, tryLock } from "../database/lock";
import { overridesReadOnly } from "../database/read-only";
import type { Direction, Folder, Migration } from "../files/folder";
import { checksSql } from "../run/checks";
import { Pipeline } from "../run/pipeline";
import { type Job, type RunnerOptions, run } from "../run/runner";
import type { Script } from "../sql/script";
import type { Checked } from "../state/preflight";
import { ALL_THERE, type KnownTables, reconcile } from "./reconcile";
import { recordEarlier, recordFile } from "./record-files";

/** One migration that was run, up or down. */
export interface CompletedMigration {
  readonly version: number;
  readonly name: string;
  readonly milliseconds: number;
}

export interface Work {
  readonly client: Client;
  readonly settings: Settings;
  readonly folder: Folder;
  readonly direction: Direction;
  /** Checks a state and selects what to do. Called again under the lock. */
  readonly check: (state: DatabaseState) => Promise<Checked>;
}

export interface Done {
  readonly steps: readonly CompletedMigration[];
  readonly checked: Checked;
}

/** Takes the lock, looks again, and does what is left to do. The lock ends with the client's session. */
export async function underLock(work: Work, found: DatabaseState): Promise<Done> {
  const state = await lockAndInspect(work.settings, work.client, found);
  const checked = await work.check(state);
  const tables = { ...state.tables };
  const { client, settings, direction } = work;
  const privileges = direction === "up" && checked.selected.length === 0 ? settings.privileges : "";
  await reconcile({ client, comparison: checked.comparison, state, tables, privileges, log: settings.log });
  return { steps: await runAll(work, state, checked, tables), checked };
}

/**
 * One message takes the lock and reads the catalogue, so that a free lock costs one round trip. `found` is the state
 * before, which says where the record is.
 */
export async function lockAndInspect(settings: Settings, client: Client, found: DatabaseState): Promise<DatabaseState> {
  const ids = lockIds(found.database, found.record);
  const attempt = async () => {
    const results = (await client.query(`${STAYS};${tryLock(ids)};${CATALOGUE}`)) as unknown as QueryResult[];
    return results[1]?.rows[0]?.locked ? results[2] : undefined;
  };
  const catalogue = await acquireLock(client, ids, attempt, {
    waitSeconds: settings.lockWaitSeconds,
    log: settings.log,
    ...(settings.signal && { signal: settings.signal }),
  });
  const state = await readState(client, catalogue.rows[0]);
  // Another tool has made or moved it since; its lock on the new one is not held.
  return isSame(state.record, found.record) ? state : lockAndInspect(settings, client, state);
}

/** Umzug chooses, orders and calls; each call sends one message, which runs and records its migration or neither. */
async function runAll(
  work: Work,
  state: DatabaseState,
  checked: Checked,
  tables: KnownTables,
): Promise<CompletedMigration[]> {
  const { selected, comparison } = checked;
  const last = selected.at(-1);
  if (!last) return [];
  // Loading Umzug takes as long as starting Node, so only a run with work loads it.
  const { Umzug } = await import("umzug");
  const steps: CompletedMigration[] = [];
  // Umzug undoes only migrations that it takes for applied, half applied ones included.
  const halfApplied = work.direction === "down" ? selected : [];
  const applied = new Set([...comparison.applied, ...halfApplied].map(({ version }) => version));
  const width = Math.max(...selected.map(({ id }) => id.length));
  const done = ({ migration }: Job, milliseconds: number) => {
    tell(work, migration, milliseconds, width);
    steps.push({ version: migration.version, name: migration.name, milliseconds });
  };
  const options = runnerOptions(work, state);
  const pipeline = new Pipeline(options, done);
  const progress: Progress = { state, checked, tables, applied, pipeline, options, done, previous: undefined };
  const one = (migration: Migration) => () => runOne(work, migration, progress);
  const known = new Map(work.folder.migrations.map((migration) => [migration.version, migration]));
  const umzug = new Umzug({
    migrations: candidates(work, checked).map((migration) => ({
      name: migration.id,
      path: migration.files[work.direction],
      up: one(migration),
      down: one(migration),
    })),
    storage: {
      executed: async () => [...applied].flatMap((version) => known.get(version)?.id ?? []),
      // The migration's own message records it.
      logMigration: async () => {},
      unlogMigration: async () => {},
    },
    logger: undefined,
  });
  try {
    await (work.direction === "up" ? umzug.up({ to: last.id }) : umzug.down({ to: last.id }));
    await pipeline.finish();
    return steps;
  } catch (error) {
    await pipeline.close();
    throw unwrap(error, steps);
  }
}

/** Migrations for Umzug to choose from: all applied ones, and the selected pending ones. */
function candidates({ folder }: Work, { comparison, selected }: Checked): Migration[] {
  const chosen = new Set([...comparison.applied.flatMap(({ migration }) => migration ?? []), ...selected]);
  return folder.migrations.filter((migration) => chosen.has(migration));
}

interface Progress {
  readonly state: DatabaseState;
  readonly checked: Checked;
  /** Tables of the record that exist once every message so far has run. */
  readonly tables: KnownTables;
  /** Versions applied by then; kept up to date. */
  readonly applied: Set<number>;
  readonly pipeline: Pipeline;
  readonly options: RunnerOptions;
  readonly done: (job: Job, milliseconds: number) => void;
  /** The migration of the last message. */
  previous: Migration | undefined;
}

/** State that `nextJob` reads and updates. */
export type Sequence = Pick<Progress, "state" | "checked" | "tables" | "applied" | "previous">;

/** Builds the message of a migration, given the ones before it. */
export function nextJob(work: Pick<Work, "direction" | "settings">, migration: Migration, sequence: Sequence): Job {
  const { direction, settings } = work;
  const { checked, tables, applied, previous } = sequence;
  const file = migration.files[direction];
  const script = checked.scripts.get(file);
  if (!script) throw new MigrateError(EXIT.failure, `${file} was to be run without having been checked.`);
  if (direction === "up") applied.add(migration.version);
  else applied.delete(migration.version);
  const job = {
    migration,
    direction,
    script,
    before: new RecordSql(sequence.state).create(tables) + (tables.complete ? "" : recordEarlier(checked.comparison)),
    after: record(work, migration, script, applied, sequence),
    ...(previous && { guard: guardAfter(previous.version, direction) }),
    ...(settings.checks && script.checks.length > 0 && { checks: checksSql(script.checks) }),
  };
  Object.assign(tables, ALL_THERE);
  sequence.previous = migration;
  return job;
}

/** Sends one migration. Resolves before it has run; `done` is called when it has. */
async function runOne(work: Work, migration: Migration, progress: Progress): Promise<void> {
  const { checked, pipeline, options } = progress;
  const job = nextJob(work, migration, progress);
  const stepwise = job.script.steps !== undefined || checked.comparison.unfinished?.version === migration.version;
  if (!stepwise) return pipeline.send(job);
  await pipeline.finish();
  progress.done(job, await runSteps(job, options, progress));
}

function tell({ settings, direction }: Work, { id, version, name }: Migration, milliseconds: number, width: number) {
  const verb = direction === "up" ? "applied" : "reverted";
  settings.log({
    level: "info",
    event: verb,
    message: `  ${verb}  ${id.padEnd(width)}  ${duration(milliseconds).padStart(7)}`,
    version,
    name,
    milliseconds: Math.round(milliseconds * 1000) / 1000,
  });
}

/** Runs a file statement by statement, or one that an earlier run left half done. */
async function runSteps(job: Job, options: RunnerOptions, { state, checked, applied }: Progress): Promise<number> {
  const { version } = job.migration;
  const { runStepwise, giveUp } = require("../stepwise") as typeof import("../stepwise");
  const unfinished = checked.comparison.unfinished?.version === version ? checked.comparison.unfinished : undefined;
  const { steps } = job.script;
  const goesOn = unfinished?.direction === job.direction && steps !== undefined;
  if (unfinished && !goesOn) await giveUp(unfinished, options);
  if (!steps) return run(job, options);
  const mark = new RecordSql(state).setVersion(Math.max(version, ...applied), true);
  return runStepwise({ ...job, steps, mark, ...(goesOn && { unfinished }) }, options);
}

/** Builds the statements that record a migration in its own transaction. */
function record(
  { settings, direction }: Pick<Work, "direction" | "settings">,
  migration: Migration,
  { steps, text }: Script,
  applied: ReadonlySet<number>,
  progress: Sequence,
) {
  const { none, current } = progress.checked.comparison;
  const newest = Math.max(none, ...applied, ...(direction === "up" ? [current] : []));
  const sql = new RecordSql(progress.state);
  const applying = () => (steps ? sql.appliedStepwise(migration) : sql.applied(migration));
  const history = direction === "up" ? applying() + recordFile(migration, text) : sql.reverted([migration.version]);
  // A transactional file has rows if it was marked no-transaction when it stopped.
  const clear = steps || progress.state.progress.length > 0 ? CLEAR_PROGRESS : "";
  const isLast = progress.checked.selected.at(-1) === migration;
  const privileges = direction === "up" && isLast && settings.privileges ? `${settings.privileges}\n;` : "";
  return history + clear + sql.setVersion(newest === none ? null : newest) + privileges;
}

function runnerOptions({ client, settings }: Work, state: DatabaseState): RunnerOptions {
  return {
    client,
    connection: settings.connection,
    limits: {
      lockTimeoutSeconds: settings.lockTimeoutSeconds,
      statementTimeoutSeconds: settings.statementTimeoutSeconds,
      watchClient: state.watchesClients,
      readWrite: overridesReadOnly(client),
    },
    lockTries: settings.lockTries,
    stopGraceSeconds: settings.stopGraceSeconds,
    withholdValues: settings.withholdValues,
    log: settings.log,
    ...(settings.signal && { signal: settings.signal }),
  };
}

/** Unwraps the reason from Umzug's error. Another error may have none, and is its own. */
function unwrap(error: unknown, steps: readonly CompletedMigration[]): unknown {
  const cause = isMigrateError(error) || !(error instanceof Error) ? error : (error.cause ?? error);
  if (!isMigrateError(cause)) return isLostConnection(cause) ? cause : error;
  if (steps.length === 0) return cause;
  const before = `Before it, ${count(steps.length, "migration")} ran and ${steps.length === 1 ? "is" : "are"} recorded, up to ${steps.at(-1)?.version}.`;
  return new MigrateError(cause.exitCode, `${cause.message}\n${before}`, cause.details, { cause });
}
