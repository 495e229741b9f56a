import { checksum, readText } from "../base/text";
import type { Direction, Folder, Migration } from "../files/folder";
import { isLong, survey } from "../files/survey";
import { type Draft, draft, prepare, type Script } from "../sql/script";

/** Files that have passed every check, by their paths. */
export type Scripts = ReadonlyMap<string, Script>;

/** Reads and checks files. `back` checks down files that may be empty, since they do not run yet. */
export async function loadScripts(
  migrations: readonly Migration[],
  purpose: Direction | "back",
  problems: string[],
): Promise<Scripts> {
  const scripts = new Map<string, Script>();
  const direction = purpose === "up" ? "up" : "down";
  for (const migration of migrations) {
    const file = migration.files[direction];
    const loaded = load(migration, file, problems, purpose !== "back");
    if (!loaded) continue;
    if (direction === "up" && loaded.checksum !== migration.checksum) problems.push(changed(file));
    const { drafted } = loaded;
    // Of a long file, the text with a BEGIN and COMMIT is no longer in memory.
    const script = await prepare(file, drafted.text, drafted);
    problems.push(...script.problems);
    if (script.empty && purpose !== "back") problems.push(purpose === "up" ? holdsNothing(file) : noWayBack(migration));
    scripts.set(file, script.transactional ? script : await withSteps(file, script, problems));
  }
  return scripts;
}

/** A file's draft, and the checksum of its text. */
interface Loaded {
  readonly checksum: string;
  readonly drafted: Draft;
}

/** By migration and path. Files are checked before the lock is taken and again under it. */
const drafts = new WeakMap<Migration, Map<string, Loaded>>();

/** Reads and splits a file, a long one only if it has changed since. */
function load(migration: Migration, file: string, problems: string[], keepsLong = true): Loaded | undefined {
  const found = survey(file, problems);
  if (!found) return undefined;
  const known = drafts.get(migration) ?? new Map<string, Loaded>();
  const before = known.get(file);
  if (before?.checksum === found.checksum) return before;
  const text = found.size ? readText(file, problems) : found.head;
  if (text === undefined) return undefined;
  const loaded = { checksum: found.size ? checksum(text) : found.checksum, drafted: draft(text) };
  if (keepsLong || !found.size) drafts.set(migration, known.set(file, loaded));
  return loaded;
}

function changed(file: string): string {
  return `${file} was changed while it was being checked. Run this again when nothing writes to the folder.`;
}

/** Newest files to split ahead; enough for what is usually pending. */
const MOST_AHEAD = 10;

/** Splits files, newest first, for as long as there is nothing better to do; `checkUp` then finds it done. */
export async function prepareAhead({ migrations }: Folder, idle: () => boolean): Promise<void> {
  for (const migration of migrations.slice(-MOST_AHEAD).reverse()) {
    for (const file of [migration.files.up, ...(migration.hasDown ? [migration.files.down] : [])]) {
      await new Promise(setImmediate);
      if (!idle()) return;
      if (!isLong(file)) load(migration, file, []);
    }
  }
}

/** PostgreSQL's parser is loaded for files that need it only. */
async function withSteps(file: string, script: Script, problems: string[]): Promise<Script> {
  if (script.problems.length > 0 || script.empty) return script;
  const { splitSteps } = require("../sql/steps") as typeof import("../sql/steps");
  return { ...script, steps: await splitSteps(file, script.text, problems) };
}

function holdsNothing(file: string): string {
  return `${file} holds no statement, so it would be recorded without having done anything. If nothing is to be done, say so: write \`select 1;\` and why.`;
}

export function noWayBack({ id, files, hasDown }: Migration): string {
  const why = hasDown ? `${files.down} holds no statement` : `there is no ${files.down}`;
  return `${id} cannot be undone: ${why}. Write there what undoes it; if there is nothing to undo, \`select 1;\` and why.`;
}

/** Whether `down` can undo a migration: whether there is a statement in its down file. */
export function hasWayBack(migration: Migration): boolean {
  const loaded = migration.hasDown ? load(migration, migration.files.down, []) : undefined;
  return loaded !== undefined && !loaded.drafted.empty;
}
