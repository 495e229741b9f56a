import type { Client, ClientConfig } from "pg";
import { EXIT } from "../contract";
import { type CompletedMigration, lockAndInspect, underLock, type Work } from "./apply/apply";
import type { BaselineOptions, BaselineResult } from "./apply/baseline";
import type { RepairDone, RepairOptions } from "./apply/repair";
import { isMigrateError, type MigrateError, refusal } from "./base/errors";
import { type MigratorOptions, type Settings, withDefaults } from "./base/options";
import { connect, isLostConnection, lostConnection, STAYS } from "./database/connection";
import { stillStandby } from "./database/connection-errors";
import { type DatabaseState, inspect } from "./database/inspect";
import { assertStillWritable, assertWritable, readOnlyBy } from "./database/read-only";
import { type Direction, type Folder, type Migration, readFolder } from "./files/folder";
import type { Loss } from "./losses";
import type { Preview, PreviewOptions } from "./plan/preview";
import type { TrialResult } from "./scratch/trial";
import { compare } from "./state/comparison";
import { type Checked, checkDown, checkUp, type DownSelection, type UpSelection } from "./state/preflight";
import { prepareAhead } from "./state/scripts";
import { makeStatus, type Status } from "./state/status";
import { type Verification, type VerifyOptions, verifyComparison } from "./state/verification";
import { type WaitOptions, type WaitResult, waitForVersion } from "./state/wait";
import type { TracedMigration } from "./trace/trace";

export interface UpResult {
  readonly database: string;
  /** The version that the database is at now; 0 for none, or -1 where a migration has the number 0. */
  readonly version: number;
  readonly applied: readonly CompletedMigration[];
  /** Versions that golang-migrate had applied and that are recorded now. */
  readonly adopted: readonly number[];
  /** Whether the database is ahead of the folder, and so nothing was done. */
  readonly ahead: boolean;
}

export interface DownResult {
  readonly database: string;
  readonly version: number;
  readonly reverted: readonly CompletedMigration[];
}

export interface RepairResult extends RepairDone {
  /** Comparison of the database with the files afterwards. Absent if nothing was written after a question. */
  readonly verification?: Verification;
}

export type DownOptions = DownSelection & {
  /**
   * Asked before anything is undone, with the migrations, newest first, and the losses; false cancels.
   * @default yes, without counting losses
   */
  readonly confirm?: (migrations: readonly Migration[], losses: readonly Loss[]) => Promise<boolean>;
};

export interface TestOptions {
  /** An empty database, emptied again afterwards. @default one that is created on the same server and dropped */
  readonly scratch?: ClientConfig;
  /** The first version to try. Files below it run up once. @default all are tried */
  readonly from?: number;
  /** Also report what each statement of the up files locks, reads and rewrites. @default false */
  readonly trace?: boolean;
}

export interface TestResult extends TrialResult {
  /** One for each file that was tried. Absent unless it was asked for. */
  readonly trace?: readonly TracedMigration[];
}

export interface Migrator {
  /** Runs what is pending. @throws MigrateError */
  up(options?: UpSelection): Promise<UpResult>;
  /**
   * Tells what `up` would do, after the same checks; writes nothing.
   * @throws MigrateError for what `up` would refuse
   */
  plan(options?: UpSelection & PreviewOptions): Promise<Preview>;
  /** Undoes the newest migrations, or all above a version. @throws MigrateError */
  down(options: DownOptions): Promise<DownResult>;
  /** Reads and compares; writes and locks nothing. */
  status(): Promise<Status>;
  /** Resolves when the database is at a version or above, and clean. @throws MigrateError `pending` at the deadline */
  wait(options: WaitOptions): Promise<WaitResult>;
  /**
   * Compares files, history and golang-migrate's table; with `drift` also the database with a fresh one. Writes to and locks
   * nothing in the database itself.
   */
  verify(options?: VerifyOptions): Promise<Verification>;
  /** Records a version and all below it as applied, without running them. @throws MigrateError where the history says otherwise */
  baseline(options: BaselineOptions): Promise<BaselineResult>;
  /**
   * Brings the history in line with files that were changed on purpose, and verifies the outcome.
   * @throws MigrateError `refused` where it cannot
   */
  repair(options?: RepairOptions & VerifyOptions): Promise<RepairResult>;
  /** Proves on a scratch database that each down file undoes its up file. @throws MigrateError `refused` if there is none */
  test(options?: TestOptions): Promise<TestResult>;
}

/** A migrator for one database and one folder. It holds no connection between calls and no process-wide state. */
export function createMigrator(options: MigratorOptions): Migrator {
  const settings = withDefaults(options);
  return {
    up: (selection = {}) => up(settings, selection),
    plan: (options = {}) =>
      reading(settings, "plan", async (folder, state, client) => {
        tellUnwritable(settings, state, client);
        const { preview } = require("./plan/preview") as typeof import("./plan/preview");
        return preview(settings, client, state, await checkUp(folder, state, options), options);
      }),
    down: (selection) => down(settings, selection),
    status: () =>
      reading(settings, "status", async (folder, state) => makeStatus(folder, state, compare(folder, state))),
    wait: (wait) => waitForVersion(settings, wait),
    verify: (options = {}) => verify(settings, options),
    baseline: (options) =>
      reading(settings, "baseline", async (folder, state, client) => {
        assertWritable(client, settings.connection);
        const { baseline } = require("./apply/baseline") as typeof import("./apply/baseline");
        return baseline(settings, { folder, state, client }, options);
      }),
    repair: (options = {}) => repair(settings, options),
    test: (options = {}) => test(settings, options),
  };
}

/** A plan for a server that `up` would not write to as it is. */
function tellUnwritable({ log }: Settings, { standby }: DatabaseState, client: Client): void {
  const origin = readOnlyBy(client);
  if (!standby && origin === undefined) return;
  const why = standby ? "it is a standby" : `default_transaction_read_only is on by ${origin}`;
  log({
    level: "warn",
    event: "takes-no-writes",
    message: `The server takes no writes at present (${why}), so up would not run.`,
  });
}

async function up(settings: Settings, selection: UpSelection): Promise<UpResult> {
  const run = async (folder: Folder, found: DatabaseState, client: Client): Promise<UpResult> => {
    const check = (now: DatabaseState) => checkUp(folder, now, selection);
    const state = await settled(settings, client, found);
    let checked = await check(state);
    for (const warning of checked.comparison.warnings)
      settings.log({ level: "warn", event: "warning", message: warning });
    let steps: readonly CompletedMigration[] = [];
    if (hasWork(checked)) {
      assertWritable(client, settings.connection);
      // Loads while the server answers. A failure to load shows where Umzug is used.
      if (checked.selected.length > 0) setImmediate(() => import("umzug").catch(() => {}));
      ({ steps, checked } = await underLock(work(settings, client, folder, "up", check), state));
    }
    return {
      database: state.database,
      version: Math.max(checked.comparison.current, ...steps.map(({ version }) => version)),
      applied: steps,
      adopted: checked.comparison.reconciliation.adopt.map(({ version }) => version),
      ahead: checked.comparison.ahead,
    };
  };
  return reading(settings, "up", run, prepareAhead);
}

async function down(settings: Settings, { confirm, ...selection }: DownOptions): Promise<DownResult> {
  return reading(settings, "down", async (folder, found, client) => {
    const check = (now: DatabaseState) => checkDown(folder, now, selection as DownSelection);
    const state = await settled(settings, client, found);
    const first = await check(state);
    const unchanged = { database: state.database, version: first.comparison.current, reverted: [] };
    if (first.selected.length === 0) return unchanged;
    assertWritable(client, settings.connection);
    await client.query(STAYS);
    if (confirm && !(await confirm(first.selected, await losses(client, first)))) return unchanged;
    const agreed = sameAs(first, check);
    const { steps, checked } = await underLock(work(settings, client, folder, "down", agreed), state);
    const undone = new Set(steps.map(({ version }) => version));
    const left = checked.comparison.applied.map(({ version }) => version).filter((version) => !undone.has(version));
    return { database: state.database, version: Math.max(checked.comparison.none, ...left), reverted: steps };
  });
}

async function repair(
  settings: Settings,
  { drift, scratch, ...options }: RepairOptions & VerifyOptions,
): Promise<RepairResult> {
  const done = await reading(settings, "repair", async (folder, state, client) => {
    const { repair: make } = require("./apply/repair") as typeof import("./apply/repair");
    return make(settings, { folder, state, client }, options);
  });
  const declined = done.repairs.length > 0 && !done.changed;
  if (declined) return done;
  return { ...done, verification: await verify(settings, { ...(drift && { drift }), ...(scratch && { scratch }) }) };
}

async function losses(client: Client, { selected, scripts }: Checked): Promise<Loss[]> {
  const { findLosses } = require("./losses") as typeof import("./losses");
  return findLosses(client, selected, scripts);
}

async function verify(settings: Settings, { drift, scratch, ignore = [] }: VerifyOptions): Promise<Verification> {
  if (ignore.some(({ pattern }) => pattern.trim() === ""))
    throw refusal("The arguments or settings cannot stand:", [EMPTY_PATTERN], EXIT.usage);
  return reading(settings, "verify", async (folder, state, client) => {
    const comparison = compare(folder, state);
    const verification = verifyComparison(folder, state, comparison);
    if (!drift) return verification;
    await client.query(STAYS);
    const { findDrift } = require("./scratch/drift") as typeof import("./scratch/drift");
    return {
      ...verification,
      drift: await findDrift({
        settings,
        migratorOn: migratorOn(settings),
        client,
        folder,
        comparison,
        standby: state.standby,
        ignore,
        ...(scratch && { scratch }),
      }),
    };
  });
}

const EMPTY_PATTERN =
  "A pattern of objects to ignore is empty. Name what is no drift, e.g. `publication *` or `app.events_p*`.";

async function test(settings: Settings, { trace, ...options }: TestOptions): Promise<TestResult> {
  const { tryAll } = require("./scratch/trial") as typeof import("./scratch/trial");
  if (!trace) return tryAll(settings, migratorOn(settings), options);
  const { traceUp } = require("./trace/trace") as typeof import("./trace/trace");
  const traced: TracedMigration[] = [];
  const tracing = async (connection: ClientConfig, migration: Migration) => {
    traced.push(await traceUp(connection, migration, settings));
  };
  return { ...(await tryAll(settings, migratorOn(settings), { ...options, trace: tracing })), trace: traced };
}

/** A silent migrator of a scratch database: without privileges, which belong to no migration, and without rows to check. */
function migratorOn(settings: Settings) {
  return (connection: ClientConfig) =>
    createMigrator({ ...settings, connection, privileges: "", checks: false, log: () => {} });
}

/** golang-migrate's row is dirty during its own run too, so it counts only when nobody holds the lock. */
async function settled(settings: Settings, client: Client, found: DatabaseState): Promise<DatabaseState> {
  return found.schemaVersion?.dirty ? lockAndInspect(settings, client, found) : found;
}

/** Refuses to undo anything else than what was agreed to before the lock. */
function sameAs(first: Checked, check: Work["check"]): Work["check"] {
  const names = ({ selected }: Checked) => selected.map(({ id }) => id).join(", ");
  return async (state) => {
    const again = await check(state);
    if (names(again) === names(first)) return again;
    throw refusal("Refused, and nothing was written:", [
      `Another runner has changed the database meanwhile: ${names(first)} would have been undone, now it is ${names(again) || "nothing"}. Run this again.`,
    ]);
  };
}

function hasWork({ selected, comparison }: Checked): boolean {
  return (
    selected.length > 0 || comparison.reconciliation.adopt.length > 0 || comparison.reconciliation.revert.length > 0
  );
}

function work(settings: Settings, client: Client, folder: Folder, direction: Direction, check: Work["check"]): Work {
  return { settings, client, folder, direction, check };
}

/** Purposes for which a standby will do. */
const READING: ReadonlySet<string> = new Set(["plan", "status", "verify"]);

/** Reads the folder while the database is inspected, calls `use` with both, and closes the connection. */
async function reading<Result>(
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
