import type { DatabaseState } from "./database/inspect";
import { refusal } from "./errors";
import type { Direction, Folder, Migration } from "./folder";
import { lateMigrations, makePlan, type Plan } from "./plan";
import { prepare, type Script } from "./sql/checks";
import { checksum, readText } from "./text";

/** Files that have passed every check, by their paths. */
export type Scripts = ReadonlyMap<string, Script>;

export interface Checked {
  readonly plan: Plan;
  /** In the order in which they run. */
  readonly selected: readonly Migration[];
  readonly scripts: Scripts;
}

export interface UpSelection {
  readonly to?: number;
  readonly allowOutOfOrder?: boolean;
}

export type DownSelection = { readonly to: number } | { readonly steps: number };

/** What `up` runs, after every check. @throws MigrateError with all problems at once; nothing has been written then */
export function checkUp(folder: Folder, state: DatabaseState, { to, allowOutOfOrder }: UpSelection): Checked {
  const plan = makePlan(folder, state);
  const selected = plan.pending.filter(({ version }) => to === undefined || version <= to);
  const problems = [...folder.problems, ...plan.problems];
  if (to !== undefined) problems.push(...checkTarget(folder, plan, to));
  if (!allowOutOfOrder) problems.push(...late(plan, selected));
  const up = loadScripts(selected, "up", problems);
  // The way back is checked before the way there is taken.
  loadScripts(selected, "down", problems);
  if (problems.length > 0) throw refused(folder, problems);
  return { plan, selected, scripts: up };
}

/** What `down` undoes, newest first, after every check. @throws MigrateError with all problems at once */
export function checkDown(folder: Folder, state: DatabaseState, selection: DownSelection): Checked {
  const plan = makePlan(folder, state);
  const newestFirst = [...plan.applied].reverse();
  const undone =
    "to" in selection
      ? newestFirst.filter(({ version }) => version > selection.to)
      : newestFirst.slice(0, selection.steps);
  const problems = [...folder.problems, ...plan.problems];
  if ("to" in selection) problems.push(...checkDownTarget(plan, selection.to));
  if (plan.ahead) {
    problems.push(
      `The database is at version ${plan.current}, which this folder cannot undo: it has no file for it. Use the release that brought it.`,
    );
  }
  const selected = undone.flatMap(({ migration }) => migration ?? []);
  const scripts = loadScripts(selected, "down", problems);
  if (problems.length > 0) throw refused(folder, problems);
  return { plan, selected, scripts };
}

function refused(folder: Folder, problems: readonly string[]) {
  return refusal(`Refused, and nothing was written. ${folder.directory}:`, problems);
}

function checkTarget({ migrations }: Folder, { current }: Plan, to: number): string[] {
  const newest = migrations.at(-1)?.version ?? 0;
  if (to < current)
    return [`The target is version ${to}, but the database is at ${current}. To go back, use down --to ${to}.`];
  if (migrations.length === 0 || to === current || migrations.some(({ version }) => version === to)) return [];
  return [`The target is version ${to}, which no file has; the newest is ${newest}.`];
}

function checkDownTarget({ applied, current }: Plan, to: number): string[] {
  if (to > current)
    return [`The target is version ${to}, but the database is at ${current}. To go forward, use up --to ${to}.`];
  if (to === 0 || applied.some(({ version }) => version === to)) return [];
  return [
    `The target is version ${to}, which is not applied. Applied are ${applied.map(({ version }) => version).join(", ") || "none"}.`,
  ];
}

function late(plan: Plan, selected: readonly Migration[]): string[] {
  return lateMigrations(plan)
    .filter((migration) => selected.includes(migration))
    .map(
      ({ files }) =>
        `${files.up} is late: it has not run, but version ${plan.current} has. Databases would differ in the order of their changes. Give it a number above ${plan.current}, or run up --allow-out-of-order if the order does not matter.`,
    );
}

function loadScripts(migrations: readonly Migration[], direction: Direction, problems: string[]): Scripts {
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
    const script = prepare(file, text);
    problems.push(...script.problems);
    if (!script.transactional) problems.push(outsideTransaction(file));
    scripts.set(file, script);
  }
  return scripts;
}

function outsideTransaction(file: string): string {
  return `${file} is marked \`-- migrate:no-transaction\`, which this release does not run yet. Run its statements by hand when the database is quiet, and write them here so that they work in a transaction and do nothing a second time (create index if not exists …).`;
}
