import type { Client, ClientConfig } from "pg";
import { EXIT } from "../contract";
import type { DownOptions, DownResult, Migrator, RepairResult, TestOptions, TestResult, UpResult } from "./api";
import { type CompletedMigration, lockAndInspect, underLock, type Work } from "./apply/apply";
import type { RepairOptions } from "./apply/repair";
import { refusal } from "./base/errors";
import { type MigratorOptions, type Settings, withDefaults } from "./base/options";
import { STAYS } from "./database/connection";
import type { DatabaseState } from "./database/inspect";
import { assertWritable, tellUnwritable } from "./database/read-only";
import type { Direction, Folder, Migration } from "./files/folder";
import type { Loss } from "./losses";
import { reading } from "./reading";
import { compare } from "./state/comparison";
import { type Checked, checkDown, checkUp, type DownSelection, type UpSelection } from "./state/preflight";
import { prepareAhead } from "./state/scripts";
import { makeStatus } from "./state/status";
import { type Verification, type VerifyOptions, verifyComparison } from "./state/verification";
import { waitForVersion } from "./state/wait";
import type { TracedMigration } from "./trace/trace";

/** A migrator for one database and one folder. It holds no connection between calls and no process-wide state. */
export function createMigrator(options: MigratorOptions): Migrator {
  const settings = withDefaults(options);
  return {
    up: (selection = {}) => up(settings, selection),
    plan: (options = {}) =>
      reading(settings, "plan", async (folder, state, client) => {
        tellUnwritable(client, state, settings.log);
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

async function up(settings: Settings, selection: UpSelection): Promise<UpResult> {
  const run = async (folder: Folder, found: DatabaseState, client: Client): Promise<UpResult> => {
    const check = (now: DatabaseState) => checkUp(folder, now, selection);
    const state = await settled(settings, client, found);
    let checked = await check(state);
    for (const warning of checked.comparison.warnings)
      settings.log({ level: "warn", event: "warning", message: warning });
    tellLeft(checked, selection, settings);
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

/** Names the migrations that wait for the end of a rollout. */
function tellLeft({ comparison, selected }: Checked, { beforeContract }: UpSelection, { log }: Settings): void {
  const left = beforeContract ? comparison.pending.filter((each) => each.contract && !selected.includes(each)) : [];
  if (left.length === 0) return;
  const names = left.map(({ id }) => id);
  const message = `Left for a later up: ${names.join(", ")}, which the release before cannot live with (-- contract).`;
  log({ level: "info", event: "contract-left", message, versions: left.map(({ version }) => version) });
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
