import { tableSql } from "../database/found-table";
import type { DatabaseState } from "../database/inspect";
import type { ProgressRow } from "../database/read-record";
import type { Direction, Migration } from "../files/folder";
import { positionAt } from "../sql/position";
import type { Script } from "../sql/script";

/** A migration that stopped between its statements; the next run goes on with it. */
export interface Unfinished {
  readonly version: number;
  readonly direction: Direction;
  /** In order; all are finished but perhaps the last. */
  readonly rows: readonly ProgressRow[];
  /** How many statements are finished. */
  readonly finished: number;
}

/**
 * golang-migrate's row while a migration is half done. It is dirty, so golang-migrate keeps off. It has the newest
 * version involved, so an older release sees that it is not its own.
 */
function markOf(version: number, history: DatabaseState["history"]): number {
  return Math.max(version, history.at(-1)?.version ?? 0);
}

/** The state of an interrupted migration, from `migrate.progress` and golang-migrate's row. */
export interface Progress {
  /** Present if a migration is half done and can be resumed. */
  readonly unfinished?: Unfinished;
  /**
   * Whether golang-migrate's row has since been set to the migration's result, so that the rows mean nothing any more.
   */
  readonly stale: boolean;
  readonly problems: readonly string[];
}

export function readProgress(state: DatabaseState): Progress {
  const unfinished = gather(state.progress);
  if (!unfinished) return { stale: false, problems: [] };
  const { version, direction } = unfinished;
  const { schemaVersion, history } = state;
  const now = schemaVersion?.version ?? -1;
  if (schemaVersion?.dirty) {
    return now === markOf(version, history)
      ? { unfinished, stale: false, problems: [] }
      : { stale: false, problems: [] };
  }
  const newest = history.at(-1)?.version ?? -1;
  const reached = direction === "up" ? now >= version && version > newest : now < version && newest >= version;
  const begun = unfinished.rows.some(({ finished, detail }) => finished || "kind" in detail);
  if (reached || !begun) return { stale: true, problems: [] };
  return { stale: false, problems: [forced(unfinished, now, markOf(version, history), tableSql(state.record))] };
}

function gather(rows: readonly ProgressRow[]): Unfinished | undefined {
  const [first] = rows;
  if (!first) return undefined;
  const { version, direction } = first;
  return { version, direction, rows, finished: rows.filter(({ finished }) => finished).length };
}

function forced({ version, direction, finished }: Unfinished, now: number, mark: number, table: string): string {
  const doing = direction === "up" ? `Migration ${version}` : `The undoing of migration ${version}`;
  return (
    `${doing} stopped after ${finished} finished statements, and since then ${table} has been set to (${now}, false), so it is not known whether what they did is still there. ` +
    `If it is: update ${table} set version = ${mark}, dirty = true. If it has been taken back: delete from migrate.progress. Then run this again.`
  );
}

/** Says how far it has come and which command goes on. */
export function describeUnfinished({ version, direction, finished }: Unfinished, known: Migration | undefined): string {
  const name = known?.id ?? `Version ${version}`;
  const doing = direction === "up" ? name : `The undoing of ${name}`;
  const command = direction === "up" ? "migrate up" : "migrate down --steps 1";
  const how = known
    ? ` \`${command}\` goes on with statement ${finished + 1}.`
    : " The release that brought it goes on with it.";
  return `${doing} is half done: ${finished === 1 ? "1 statement is" : `${finished} statements are`} finished.${how}`;
}

/** Explains why a file cannot be resumed. `script` is its present content. */
export function resumeProblems(file: string, script: Script, { finished, rows }: Unfinished): string[] {
  if (finished === 0) return [];
  const { steps, text } = script;
  if (!steps) {
    return [
      `${file} is half done: ${finished} of its statements are finished. Its first line was \`-- migrate:no-transaction\`; put that back.`,
    ];
  }
  return rows.flatMap((row) => {
    const step = steps[row.statement - 1];
    if (!row.finished || step?.checksum === row.checksum) return [];
    const since = `has been finished on ${row.finished.toISOString()}, and the run stopped after it. Restore it (its SHA-256 was ${row.checksum.slice(0, 12)}…); what has not run yet may change.`;
    if (!step) return [`${file}: statement ${row.statement} is gone, but it ${since}`];
    const { line, column } = positionAt(text, step.start);
    return [
      `${file}:${line}:${column}: statement ${row.statement} (${headOf(step.text)}) has been edited, but it ${since}`,
    ];
  });
}

/** The first 60 characters of a statement, on one line. */
export function headOf(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}
