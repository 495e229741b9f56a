import { count } from "../base/events";
import { tableSql } from "../database/found-table";
import type { DatabaseState } from "../database/inspect";
import type { Folder, Migration } from "../files/folder";
import { type Applied, noVersion } from "./applied";
import { findDisagreements } from "./disagreements";
import { recordProblems, unrecorded } from "./record-problems";
import type { Renumbered } from "./renumbered";
import { describeUnfinished, readProgress, type Unfinished } from "./unfinished";

export type { Applied } from "./applied";

/** Changes that bring the history in line with golang-migrate's row. */
export interface Reconciliation {
  /** Versions to record as baseline, since golang-migrate applied them. */
  readonly adopt: readonly Migration[];
  /** Versions to mark as reverted, since golang-migrate undid them. */
  readonly revert: readonly number[];
}

/** A database and a folder of migrations, compared. */
export interface Comparison {
  /** The version that the database is at; `none` for none. */
  readonly current: number;
  /** The number that stands for no version: 0, or -1 as for golang-migrate where a migration has the number 0. */
  readonly none: number;
  readonly applied: readonly Applied[];
  readonly pending: readonly Migration[];
  readonly reconciliation: Reconciliation;
  /** Whether the database is at a version that this folder does not know yet. */
  readonly ahead: boolean;
  /** The migration that stopped between its statements, if any. */
  readonly unfinished?: Unfinished;
  /** Whether `migrate.progress` holds rows that mean nothing any more. */
  readonly staleProgress: boolean;
  /** Applied migrations whose files have another number now; `problems` tells of them, too. */
  readonly renumbered: readonly Renumbered[];
  readonly problems: readonly string[];
  /** Problems of a database whose record does not say what has run. Whoever knows better may go on. */
  readonly unrecorded: readonly string[];
  readonly warnings: readonly string[];
}

/** Compares a folder with a database. Pure: writes nothing, asks nothing. */
export function compare(folder: Folder, found: DatabaseState): Comparison {
  const progress = readProgress(found);
  const state = progress.unfinished ? withoutMark(found) : found;
  const reconciliation = findReconciliation(folder, state);
  const applied = appliedMigrations(folder, state, reconciliation);
  const none = noVersion(folder, state);
  const current = Math.max(none, state.schemaVersion?.version ?? none);
  const newest = folder.migrations.at(-1)?.version ?? none;
  const { renumbered, problems } = findDisagreements(folder, { applied, current, none });
  const moved = renumbered.some(({ row }) => row.version === current);
  // A file with a problem may be the newest.
  const ahead = current > newest && folder.problems.length === 0 && !moved;
  return {
    current,
    none,
    applied,
    pending: pendingMigrations(folder, applied, renumbered),
    reconciliation,
    ahead,
    ...(progress.unfinished && { unfinished: progress.unfinished }),
    staleProgress: progress.stale,
    renumbered,
    problems: [...recordProblems(folder, state, none), ...progress.problems, ...problems],
    unrecorded: unrecorded(state),
    warnings: [
      ...folder.warnings,
      ...interventions(state, reconciliation),
      ...halfDone(folder, progress.unfinished),
      ...(ahead ? [aheadWarning(current, newest)] : []),
    ],
  };
}

/** The mark of a migration that is half done is ours: without it the history says what golang-migrate's row did. */
function withoutMark(state: DatabaseState): DatabaseState {
  const newest = state.history.at(-1);
  return { ...state, schemaVersion: newest ? { version: newest.version, dirty: false } : null };
}

function halfDone({ migrations }: Folder, unfinished: Unfinished | undefined): string[] {
  if (!unfinished) return [];
  const known = migrations.find(({ version }) => version === unfinished.version);
  return [describeUnfinished(unfinished, known)];
}

/**
 * golang-migrate knows one number. Where it is not the newest of our history, golang-migrate has run since: what is
 * above it has been undone, what is between has been applied. (A late file below it is pending, as ever.)
 */
function findReconciliation({ migrations }: Folder, { schemaVersion, history }: DatabaseState): Reconciliation {
  const now = schemaVersion?.version ?? -1;
  const revert = history.map(({ version }) => version).filter((version) => version > now);
  const left = history.filter(({ version }) => version <= now).at(-1)?.version ?? -1;
  return { adopt: migrations.filter(({ version }) => version > left && version <= now), revert };
}

function appliedMigrations(folder: Folder, { history }: DatabaseState, { adopt, revert }: Reconciliation): Applied[] {
  const files = new Map(folder.migrations.map((migration) => [migration.version, migration]));
  const recorded = history
    .filter(({ version }) => !revert.includes(version))
    .map((row) => ({ version: row.version, name: row.name, row, ...optional(files.get(row.version)) }));
  const adopted = adopt.map((migration) => ({ version: migration.version, name: migration.name, migration }));
  return [...recorded, ...adopted].sort((a, b) => a.version - b.version);
}

/** A renumbered file has run under its new number, so another file with the old one has not. */
function pendingMigrations({ migrations }: Folder, applied: readonly Applied[], renumbered: readonly Renumbered[]) {
  const moved = new Map(renumbered.map(({ row, to }) => [row.version, to.version]));
  const ran = new Set(applied.map(({ version }) => moved.get(version) ?? version));
  return migrations.filter(({ version }) => !ran.has(version));
}

function optional(migration: Migration | undefined): { migration?: Migration } {
  return migration ? { migration } : {};
}

function interventions({ schemaVersion, history, record }: DatabaseState, { adopt, revert }: Reconciliation): string[] {
  const version = schemaVersion?.version ?? "none";
  const warnings: string[] = [];
  if (revert.length > 0) {
    warnings.push(
      `${tableSql(record)} says version ${version}, below the history: golang-migrate has undone ${revert.join(", ")} since. The history will say so.`,
    );
  }
  if (adopt.length > 0) {
    const by = history.length > 0 ? " since" : "";
    warnings.push(
      `golang-migrate has applied ${count(adopt.length, "migration")}${by} (up to version ${version}); recorded as baseline, not run again.`,
    );
  }
  return warnings;
}

function aheadWarning(current: number, newest: number): string {
  return `The database is at version ${current}, ahead of the newest file here, ${newest}. That is usual after a release was rolled back; nothing is undone.`;
}

/** Pending migrations below the newest that is applied, or half applied. */
export function lateMigrations({ pending, applied, current, unfinished }: Comparison): Migration[] {
  const newest = Math.max(current, applied.at(-1)?.version ?? 0, unfinished?.version ?? 0);
  return pending.filter(({ version }) => version < newest);
}
