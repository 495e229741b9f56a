import { type Dirent, readdirSync, type Stats, statSync } from "node:fs";
import * as path from "node:path";
import { escapeControls } from "../../common/escape-controls";
import { reason } from "../base/text";

export type Direction = "up" | "down";

/** A file that is named like a migration. */
export interface Entry {
  readonly file: string;
  readonly version: number;
  readonly digits: string;
  readonly name: string;
  readonly direction: Direction;
}

const FILE_NAME = /^([0-9]+)_(.*)\.(up|down)\.sql$/s;

export interface Listed {
  /** Every `.sql` file that is not hidden. */
  readonly names: readonly string[];
  /** Those that can be read without waiting, under a name that can be shown. */
  readonly usable: readonly string[];
}

/** Lists the `.sql` files of a folder, and reports those that cannot be used. */
export function listFiles(directory: string, problems: string[]): Listed {
  try {
    const entries = readdirSync(directory, { withFileTypes: true }).filter(
      ({ name }) => /\.sql$/i.test(name) && !name.startsWith("."),
    );
    const usable = entries
      .filter(({ name }) => isPlain(name, problems))
      .filter((entry) => entry.isFile() || isReadable(directory, entry, problems));
    return { names: entries.map(({ name }) => name), usable: usable.map(({ name }) => name) };
  } catch (error) {
    problems.push(
      `The folder of migrations ${path.resolve(directory)} cannot be read: ${reason(error)}. Name another one with --dir or MIGRATIONS_DIR.`,
    );
    return { names: [], usable: [] };
  }
}

/** Refuses names with control characters: golang-migrate skips a name of two lines, and terminals would obey others. */
function isPlain(name: string, problems: string[]): boolean {
  const shown = escapeControls(name);
  if (shown === name) return true;
  problems.push(`${shown} has a control character in its name, shown here as \\u and its number. Rename it.`);
  return false;
}

/** Refuses pipes and devices, because reading them would wait for a writer. */
function isReadable(directory: string, entry: Dirent, problems: string[]): boolean {
  const target = entry.isSymbolicLink() ? linked(path.join(directory, entry.name)) : entry;
  if (!target?.isFIFO() && !target?.isSocket() && !target?.isCharacterDevice()) return true;
  problems.push(`${entry.name} is no regular file. Put a file there, or a link to one.`);
  return false;
}

/** Follows a link; undefined if it dangles, and `readText` reports that. */
function linked(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch {
    return undefined;
  }
}

/** Reads number, name and direction of a file, or reports why it has none. */
export function parseName(file: string, problems: string[]): Entry[] {
  const [, digits = "", name = "", direction] = FILE_NAME.exec(file) ?? [];
  const version = Number(digits);
  if (direction !== "up" && direction !== "down") {
    problems.push(
      `${file} is not named like a migration (000001_create_users.up.sql and .down.sql), so it would never run. Rename it, or move it out of the folder.`,
    );
  } else if (!Number.isSafeInteger(version)) {
    problems.push(
      `${file} has a version beyond ${Number.MAX_SAFE_INTEGER}, the largest that can be recorded. Give it a smaller number.`,
    );
  } else {
    return [{ file, version, digits, name, direction }];
  }
  return [];
}

/** Version of any file that begins with a number, however else it is named. */
export function numberOf(file: string): number | undefined {
  const digits = /^\d+/.exec(file)?.[0];
  return digits === undefined ? undefined : Number(digits);
}
