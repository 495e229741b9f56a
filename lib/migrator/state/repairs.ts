import { refusal } from "../base/errors";
import type { DatabaseState } from "../database/inspect";
import type { HistoryRow } from "../database/read-record";
import type { Repair } from "../database/repairs";
import type { Folder, Migration } from "../files/folder";
import { type Comparison, compare } from "./comparison";
import { covers, isUnsquashed } from "./disagreements";
import { findRenumbered, type Renumbered } from "./renumbered";
import { describeUnfinished } from "./unfinished";

/** Everything that `repair` would write. */
export interface RepairPlan {
  readonly repairs: readonly Repair[];
  /** Versions to mark as reverted, and to record as baseline, since golang-migrate did that meanwhile. */
  readonly revert: readonly number[];
  readonly adopt: readonly Migration[];
  /** Version in golang-migrate's row afterwards; null for no row. */
  readonly version: number | null;
}

/** Facts about texts, which only a database or a file can tell. */
export interface Texts {
  /** Digest of the tokens of a recorded text, by its checksum; undefined if none was recorded. */
  readonly recorded: (checksum: string) => string | undefined;
  /** The same of a file's present text. */
  readonly present: (migration: Migration) => string | undefined;
}

/**
 * Finds the changes of the history that make it agree with the folder. `accept` are versions whose SQL has changed with a
 * person's consent.
 * @throws MigrateError `refused` if they would not make it agree
 */
export function planRepair(folder: Folder, state: DatabaseState, texts: Texts, accept: readonly number[]): RepairPlan {
  const comparison = compare(folder, state);
  const obstacles = [...folder.problems, ...unsettled(state, comparison, folder)];
  if (obstacles.length > 0) throw refused(folder, obstacles);
  const { repairs, edits, problems } = findRepairs(folder, comparison, texts, accept);
  // Edits are problems already: what else would be wrong is found as if they were accepted.
  const left = repaired(state, comparison, [...repairs, ...edits]);
  const after = compare(folder, left);
  const remaining = [...problems, ...clashes(left.history), ...after.problems];
  if (remaining.length > 0) throw refused(folder, remaining);
  return {
    repairs,
    revert: comparison.reconciliation.revert,
    adopt: after.reconciliation.adopt,
    version: left.schemaVersion?.version ?? null,
  };
}

function refused({ directory }: Folder, problems: readonly string[]) {
  return refusal(`Refused, and nothing was written. ${directory}:`, problems);
}

/** Problems that have to be settled first: it is not known what the database holds. */
function unsettled(state: DatabaseState, { unfinished, problems }: Comparison, { migrations }: Folder): string[] {
  if (state.schemaVersion?.dirty !== true && !state.foreign.some(({ inTheWay }) => inTheWay) && !unfinished) return [];
  if (!unfinished) return [...problems];
  const known = migrations.find(({ version }) => version === unfinished.version);
  return [...problems, describeUnfinished(unfinished, known)];
}

function findRepairs(folder: Folder, comparison: Comparison, texts: Texts, accept: readonly number[]) {
  const squashes = folder.migrations.filter(
    (each) => isUnsquashed(each, comparison) && comparison.current >= each.version,
  );
  const covered = (version: number) => squashes.some(({ squash }) => squash && covers(squash, version));
  const rows = comparison.applied.filter(({ row, version }) => row && !covered(version));
  const others = folder.migrations.filter(({ version }) => !covered(version));
  const isSame = (row: HistoryRow, migration: Migration) =>
    row.checksum === migration.checksum || sameTokens(row, migration, texts);
  const renumbered = findRenumbered(rows, others, isSame);
  const changed = rows.flatMap(({ row, migration }) => {
    const moved = renumbered.some((each) => each.row === row || each.to === migration);
    return row && migration && !moved && row.checksum !== migration.checksum ? [{ row, to: migration }] : [];
  });
  const reformatted = changed.filter(({ row, to }) => isSame(row, to));
  const edited = changed.filter((each) => !reformatted.includes(each));
  const accepted = edited.filter(({ row }) => accept.includes(row.version));
  const wrong = accept.filter((version) => !changed.some(({ row }) => row.version === version));
  const open = edited.filter((each) => !accepted.includes(each));
  return {
    repairs: [
      ...renumbered.map((each) => repair("renumber", each)),
      ...reformatted.map((each) => repair("reformat", each)),
      ...accepted.map((each) => repair("accept", each)),
      ...squashes.map((to) => squash(to, comparison)),
    ],
    edits: open.map((each) => repair("accept", each)),
    problems: [
      ...wrong.map((version) => nothingToAccept(version, comparison)),
      ...open.map((each) => edit(each, texts)),
    ],
  };
}

function sameTokens(row: HistoryRow, migration: Migration, { recorded, present }: Texts): boolean {
  const before = recorded(row.checksum);
  return before !== undefined && before === present(migration);
}

function repair(action: Repair["action"], { row, to: { version, name, checksum } }: Renumbered): Repair {
  return { action, before: [row.version], after: { version, name, checksum } };
}

function squash({ version, name, checksum, squash }: Migration, { applied }: Comparison): Repair {
  const rows = applied.filter((each) => each.row && squash && covers(squash, each.version));
  return { action: "squash", before: rows.map((row) => row.version), after: { version, name, checksum } };
}

function nothingToAccept(version: number, { applied }: Comparison): string {
  const found = applied.find((each) => each.version === version);
  const why = !found
    ? "is not applied"
    : !found.migration
      ? "has no file here"
      : found.row?.checksum === found.migration.checksum
        ? "is what ran"
        : "is the number of another file now";
  return `--accept names version ${version}, but that ${why}, so there is no edit to accept. Leave it out.`;
}

function edit({ row, to }: Renumbered, { recorded }: Texts): string {
  const why =
    recorded(row.checksum) === undefined
      ? "whether only comments or blanks differ is not known, because what was recorded then is its checksum alone (by an earlier release, or of a text of over a million characters)"
      : "its SQL differs, and not its comments or blanks alone";
  return `${to.files.up} has been edited: ${why}. Restore it; or accept that this database counts as having run the new text: --accept ${row.version}.`;
}

/** The state that the repairs lead to. */
function repaired(state: DatabaseState, { current, none, reconciliation }: Comparison, repairs: readonly Repair[]) {
  const gone = new Set([...reconciliation.revert, ...repairs.flatMap(({ before }) => before)]);
  const kept = state.history.filter(({ version }) => !gone.has(version));
  const changed = repairs.map(({ action, before, after }): HistoryRow => {
    const old = state.history.find(({ version }) => before.includes(version));
    const unknown = { appliedAt: new Date(0), milliseconds: null, appliedBy: "", kind: "baseline" as const };
    return { ...unknown, ...old, ...(action === "squash" && unknown), ...after };
  });
  const history = [...kept, ...changed].sort((a, b) => a.version - b.version);
  // The number that golang-migrate knows moves with its file.
  const moved = repairs.some(({ before, action }) => action === "renumber" && before.includes(current));
  const version = Math.max(moved ? none : current, ...history.map((row) => row.version));
  return { ...state, history, schemaVersion: version > none ? { version, dirty: false } : null };
}

function clashes(history: readonly HistoryRow[]): string[] {
  const twice = history.filter(({ version }, index) => history[index + 1]?.version === version);
  return twice.map(
    ({ version }) =>
      `Version ${version} would then be two applied migrations. Give the one whose file is not here another number, and bring the file back.`,
  );
}
