import { isMigrateError, type MigrateError } from "../base/errors";
import type { Migration } from "../files/folder";
import { hasWayBack } from "../state/scripts";
import { undone } from "./leaves";
import { differences, type Look } from "./look";
import type { Stand } from "./stand";

/**
 * `ok`: down undoes up but for what it declares to leave, and the second up makes the same again. `different`: it does
 * not. `failed`: a file's SQL failed. `refused`: the checks before a run refuse a file. `irreversible`: the down file
 * raises an exception to say so. `no-down`: there is no down file, or nothing in it.
 */
export type TrialState = "ok" | "different" | "failed" | "refused" | "irreversible" | "no-down";

export interface Tried {
  readonly version: number;
  readonly name: string;
  readonly state: TrialState;
  readonly milliseconds: number;
  /** Differences as lines, or the failure's message. */
  readonly problems: readonly string[];
  /** Objects that the down file declares to leave, e.g. `type mood`. Absent if there are none. */
  readonly leaves?: readonly string[];
}

/** A migration that was tried, and the state in which the next one has to find the database. */
export interface Outcome {
  readonly tried: Tried;
  /** Whether the up file ran at all. */
  readonly ran: boolean;
  /** After its up, or before it if that failed. */
  readonly next: Look;
}

/** Runs one migration up, down and up again. @throws MigrateError for anything but its files */
export async function tryOne(stand: Stand, migration: Migration): Promise<Outcome> {
  const { version, name } = migration;
  const { migrator } = stand;
  const started = performance.now();
  const finish = (state: TrialState, problems: readonly string[] = [], left: readonly string[] = []): Tried => {
    const milliseconds = performance.now() - started;
    return { version, name, state, milliseconds, problems, ...(left.length > 0 && { leaves: left }) };
  };
  const before = await stand.look();
  const up = await failureOf(migrator.up({ to: version }), isRefusal);
  if (up) {
    const { problems } = up.details;
    return { tried: finish(problems ? "refused" : "failed", problems ?? [up.message]), ran: false, next: before };
  }
  const next = await stand.look();
  const ran = true;
  if (!hasWayBack(migration)) {
    const why = `${migration.files.down} is missing or empty, so the way back cannot be tried.`;
    return { tried: finish("no-down", [why]), ran, next };
  }
  const down = await failureOf(migrator.down({ steps: 1 }));
  if (down) return { tried: finish(saysSo(down, migration) ? "irreversible" : "failed", [down.message]), ran, next };
  const { problems, left } = undone(migration, before, next, await stand.look());
  const second = await failureOf(migrator.up({ to: version }));
  // Leftovers of the down file are in the second up's way.
  if (second) return { tried: finish("failed", [...problems, `the second up: ${second.message}`], left), ran, next };
  // Row contents may differ each time, but not their number.
  const again = differences(next, await stand.look()).map((line) => `after the second up: ${line}`);
  const all = [...problems, ...again];
  return { tried: finish(all.length > 0 ? "different" : "ok", all, left), ran, next };
}

/** Resolves with the failure of a file's SQL, or with one that `expected` knows. @throws any other error */
export async function failureOf(
  running: Promise<unknown>,
  expected: (error: MigrateError) => boolean = () => false,
): Promise<MigrateError | undefined> {
  try {
    await running;
    return undefined;
  } catch (error) {
    if (isMigrateError(error) && (error.details.sqlstate !== undefined || expected(error))) return error;
    throw error;
  }
}

const isRefusal = ({ details }: MigrateError) => details.problems !== undefined;

function saysSo(error: MigrateError, { files }: Migration): boolean {
  return raisedByBlock(error) && error.details.position?.file === files.down;
}

/** The first line of a context is the innermost. A trigger or function that the file runs stands before its block. */
function raisedByBlock({ details }: MigrateError): boolean {
  const [innermost = ""] = (details.context ?? "").split("\n");
  return /\binline_code_block\b(?!["(])/.test(innermost) && /\bRAISE\b/.test(innermost);
}
