import { refusal } from "../base/errors";
import type { DatabaseState } from "../database/inspect";
import type { Direction, Folder, Migration } from "../files/folder";
import { type Applied, type Comparison, compare, lateMigrations } from "./comparison";
import { tooLarge } from "./memory";
import { loadScripts, noWayBack, type Scripts } from "./scripts";
import { resumeProblems } from "./unfinished";

export type { Scripts } from "./scripts";

export interface Checked {
  readonly comparison: Comparison;
  /** In the order in which they run. */
  readonly selected: readonly Migration[];
  readonly scripts: Scripts;
}

export interface UpSelection {
  readonly to?: number;
  readonly allowOutOfOrder?: boolean;
  /** Leave the `-- contract` migrations above the newest other one for a later run. @default false */
  readonly beforeContract?: boolean;
  /** Run on a database whose record does not say what has run. @default false */
  readonly allowExisting?: boolean;
}

/** `to` is the version that stays; 0 is none unless a migration has the number 0, and -1 is always none. */
export type DownSelection = { readonly to: number } | { readonly steps: number };

/**
 * Selects what `up` runs, after every check.
 * @throws MigrateError with all problems at once; nothing has been written then
 */
export async function checkUp(
  folder: Folder,
  state: DatabaseState,
  { to, allowOutOfOrder, allowExisting, beforeContract = false }: UpSelection,
): Promise<Checked> {
  const comparison = compare(folder, state);
  const last = Math.min(
    to ?? Number.POSITIVE_INFINITY,
    beforeContract ? newestCompatible(folder) : Number.POSITIVE_INFINITY,
  );
  const selected = comparison.pending.filter(({ version }) => version <= last);
  const problems = [...folder.problems, ...comparison.problems];
  if (beforeContract) problems.push(...contractsOfEarlier(comparison, selected));
  if (!allowExisting) problems.push(...comparison.unrecorded);
  if (to !== undefined) problems.push(...checkTarget(folder, comparison, to));
  if (!allowOutOfOrder) problems.push(...late(comparison, selected));
  problems.push(...unfinishedFirst(comparison, selected, "up"));
  const back = selected.filter(({ hasDown }) => hasDown);
  const large = [...tooLarge(selected, "up"), ...tooLarge(back, "down")];
  // Reading them would end the process.
  if (large.length > 0) throw refused(folder, [...problems, ...large]);
  const up = await loadScripts(selected, "up", problems);
  // The way back, where there is one, is checked before the way there is taken.
  await loadScripts(back, "back", problems);
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
  problems.push(...selected.filter(({ hasDown }) => !hasDown).map(noWayBack));
  const undoable = selected.filter(({ hasDown }) => hasDown);
  const large = tooLarge(undoable, "down");
  // Reading them would end the process.
  if (large.length > 0) throw refused(folder, [...problems, ...large]);
  const scripts = await loadScripts(undoable, "down", problems);
  problems.push(...goingOn(comparison, selected, "down", scripts));
  if (problems.length > 0) throw refused(folder, problems);
  return { comparison, selected, scripts };
}

/** The newest version that the release before can live with. */
function newestCompatible({ migrations }: Pick<Folder, "migrations">): number {
  return Math.max(-1, ...migrations.filter(({ contract }) => !contract).map(({ version }) => version));
}

/** A new database has no release before; in any other an earlier release's contract migrations come first. */
function contractsOfEarlier({ applied }: Comparison, selected: readonly Migration[]): string[] {
  if (applied.length === 0) return [];
  return selected
    .filter(({ contract }) => contract)
    .map(
      ({ files, version }) =>
        `${files.up} says \`-- contract\` and has not run, although a later migration needs it: it breaks the releases before its own. Deploy the release that brought it and let its second Job finish. If no older release runs any more, run migrate up --to ${version}.`,
    );
}

function refused(folder: Folder, problems: readonly string[]) {
  return refusal(`Refused, and nothing was written. ${folder.directory}:`, problems);
}

function checkTarget({ migrations }: Folder, { current, none }: Comparison, to: number): string[] {
  const newest = migrations.at(-1)?.version ?? 0;
  if (to < current)
    return [`The target is version ${to}, but the database is at ${current}. To go back, use down --to ${to}.`];
  if (migrations.length === 0 || (to === current && to !== none) || migrations.some(({ version }) => version === to))
    return [];
  return [`The target is version ${to}, which no file has; the newest is ${newest}.`];
}

function checkDownTarget({ applied, current, none }: Comparison, to: number): string[] {
  if (to <= none) return [];
  if (to > current)
    return [`The target is version ${to}, but the database is at ${current}. To go forward, use up --to ${to}.`];
  if (applied.some(({ version }) => version === to)) return [];
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
