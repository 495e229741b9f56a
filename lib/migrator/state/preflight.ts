import { refusal } from "../base/errors";
import { checksum, readText } from "../base/text";
import type { DatabaseState } from "../database/inspect";
import type { Direction, Folder, Migration } from "../files/folder";
import { type Draft, draft, prepare, type Script } from "../sql/script";
import { type Applied, type Comparison, compare, lateMigrations } from "./comparison";
import { resumeProblems } from "./unfinished";

/** Files that have passed every check, by their paths. */
export type Scripts = ReadonlyMap<string, Script>;

export interface Checked {
  readonly comparison: Comparison;
  /** In the order in which they run. */
  readonly selected: readonly Migration[];
  readonly scripts: Scripts;
}

export interface UpSelection {
  readonly to?: number;
  readonly allowOutOfOrder?: boolean;
  /** Run on a database whose record does not say what has run. @default false */
  readonly allowExisting?: boolean;
}

export type DownSelection = { readonly to: number } | { readonly steps: number };

/**
 * Selects what `up` runs, after every check.
 * @throws MigrateError with all problems at once; nothing has been written then
 */
export async function checkUp(
  folder: Folder,
  state: DatabaseState,
  { to, allowOutOfOrder, allowExisting }: UpSelection,
): Promise<Checked> {
  const comparison = compare(folder, state);
  const selected = comparison.pending.filter(({ version }) => to === undefined || version <= to);
  const problems = [...folder.problems, ...comparison.problems];
  if (!allowExisting) problems.push(...comparison.unrecorded);
  if (to !== undefined) problems.push(...checkTarget(folder, comparison, to));
  if (!allowOutOfOrder) problems.push(...late(comparison, selected));
  problems.push(...unfinishedFirst(comparison, selected, "up"));
  const up = await loadScripts(selected, "up", problems);
  // The way back is checked before the way there is taken.
  await loadScripts(selected, "down", problems);
  problems.push(...goingOn(comparison, selected, "up", up));
  if (problems.length > 0) throw refused(folder, problems);
  return { comparison, selected, scripts: up };
}

/** Selects what `down` undoes, newest first, after every check. @throws MigrateError with all problems at once */
export async function checkDown(folder: Folder, state: DatabaseState, selection: DownSelection): Promise<Checked> {
  const comparison = compare(folder, state);
  const newestFirst = [...halfApplied(folder, comparison), ...[...comparison.applied].reverse()];
  const undone =
    "to" in selection
      ? newestFirst.filter(({ version }) => version > selection.to)
      : newestFirst.slice(0, selection.steps);
  const problems = [...folder.problems, ...comparison.problems, ...comparison.unrecorded];
  if ("to" in selection) problems.push(...checkDownTarget(comparison, selection.to));
  if (comparison.ahead) {
    problems.push(
      `The database is at version ${comparison.current}, which this folder cannot undo: it has no file for it. Use the release that brought it.`,
    );
  }
  const selected = undone.flatMap(({ migration }) => migration ?? []);
  problems.push(...unfinishedFirst(comparison, selected, "down"));
  const scripts = await loadScripts(selected, "down", problems);
  problems.push(...goingOn(comparison, selected, "down", scripts));
  if (problems.length > 0) throw refused(folder, problems);
  return { comparison, selected, scripts };
}

function refused(folder: Folder, problems: readonly string[]) {
  return refusal(`Refused, and nothing was written. ${folder.directory}:`, problems);
}

function checkTarget({ migrations }: Folder, { current }: Comparison, to: number): string[] {
  const newest = migrations.at(-1)?.version ?? 0;
  if (to < current)
    return [`The target is version ${to}, but the database is at ${current}. To go back, use down --to ${to}.`];
  if (migrations.length === 0 || to === current || migrations.some(({ version }) => version === to)) return [];
  return [`The target is version ${to}, which no file has; the newest is ${newest}.`];
}

function checkDownTarget({ applied, current }: Comparison, to: number): string[] {
  if (to > current)
    return [`The target is version ${to}, but the database is at ${current}. To go forward, use up --to ${to}.`];
  if (to === 0 || applied.some(({ version }) => version === to)) return [];
  return [
    `The target is version ${to}, which is not applied. Applied are ${applied.map(({ version }) => version).join(", ") || "none"}.`,
  ];
}

function late(comparison: Comparison, selected: readonly Migration[]): string[] {
  return lateMigrations(comparison)
    .filter((migration) => selected.includes(migration))
    .map(
      ({ files }) =>
        `${files.up} is late: it has not run, but version ${comparison.current} has. Databases would differ in the order of their changes. Give it a number above ${comparison.current}, or run up --allow-out-of-order if the order does not matter.`,
    );
}

/** Returns the migration that stopped on its way up; it is undone before all others. */
function halfApplied({ migrations }: Folder, { unfinished }: Comparison): Pick<Applied, "version" | "migration">[] {
  if (unfinished?.direction !== "up") return [];
  const { version } = unfinished;
  const migration = migrations.find((candidate) => candidate.version === version);
  return [{ version, ...(migration && { migration }) }];
}

/** Refuses other migrations until the half done one is completed or undone. */
function unfinishedFirst(
  { unfinished, pending, applied }: Comparison,
  selected: readonly Migration[],
  direction: Direction,
): string[] {
  if (!unfinished || selected[0]?.version === unfinished.version) {
    const turns = unfinished?.direction === "down" && direction === "up";
    return turns ? [finishDown(selected[0]?.id ?? "")] : [];
  }
  const { version } = unfinished;
  const known = [...pending, ...applied.flatMap(({ migration }) => migration ?? [])].find(
    (migration) => migration.version === version,
  );
  // A release that does not know it has nothing to run, and is not stopped by it.
  if (!known && selected.length === 0) return [];
  if (known && unfinished.direction === "down" && direction === "up") return [finishDown(known.id)];
  return [
    `${known?.id ?? `Version ${version}`} is half done, and nothing else runs before it is complete or undone. ` +
      (known ? "Complete it with up, or undo it with down --steps 1." : "Use the release that brought it."),
  ];
}

function finishDown(id: string): string {
  return `The undoing of ${id} is half done. Complete it with down --steps 1; then up runs it again.`;
}

function goingOn(
  { unfinished }: Comparison,
  selected: readonly Migration[],
  direction: Direction,
  scripts: Scripts,
): string[] {
  const migration = selected.find(({ version }) => version === unfinished?.version);
  if (!unfinished || !migration || unfinished.direction !== direction) return [];
  const file = migration.files[direction];
  const script = scripts.get(file);
  return script ? resumeProblems(file, script, unfinished) : [];
}

async function loadScripts(
  migrations: readonly Migration[],
  direction: Direction,
  problems: string[],
): Promise<Scripts> {
  const scripts = new Map<string, Script>();
  for (const migration of migrations) {
    const file = migration.files[direction];
    const text = readText(file, problems);
    if (text === undefined) continue;
    if (direction === "up" && checksum(text) !== migration.checksum) {
      problems.push(
        `${file} was changed while it was being checked. Run this again when nothing writes to the folder.`,
      );
    }
    const script = await prepare(file, text, draftOnce(migration, file, text));
    problems.push(...script.problems);
    scripts.set(file, script.transactional ? script : await withSteps(file, script, problems));
  }
  return scripts;
}

/** Drafts by text. Files are checked before the lock is taken and again under it. */
const drafts = new WeakMap<Migration, Map<string, { readonly text: string; readonly drafted: Draft }>>();

/** Longer texts are checked again, to save memory. */
const LONGEST_KEPT = 100_000;

function draftOnce(migration: Migration, file: string, text: string): Draft {
  const known = drafts.get(migration) ?? new Map();
  const before = known.get(file);
  if (before?.text === text) return before.drafted;
  const drafted = draft(text);
  if (text.length <= LONGEST_KEPT) drafts.set(migration, known.set(file, { text, drafted }));
  return drafted;
}

/** Newest files to split ahead; enough for what is usually pending. */
const MOST_AHEAD = 10;

/** Splits files, newest first, for as long as there is nothing better to do; `checkUp` then finds it done. */
export async function prepareAhead({ migrations }: Folder, idle: () => boolean): Promise<void> {
  for (const migration of migrations.slice(-MOST_AHEAD).reverse()) {
    for (const file of Object.values(migration.files)) {
      await new Promise(setImmediate);
      if (!idle()) return;
      const text = readText(file, []);
      if (text !== undefined) draftOnce(migration, file, text);
    }
  }
}

/** PostgreSQL's parser is loaded for files that need it only. */
async function withSteps(file: string, script: Script, problems: string[]): Promise<Script> {
  if (script.problems.length > 0) return script;
  const { splitSteps } = require("../sql/steps") as typeof import("../sql/steps");
  return { ...script, steps: await splitSteps(file, script.text, problems) };
}
