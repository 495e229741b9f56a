import { type Dirent, readdirSync, type Stats, statSync } from "node:fs";
import * as path from "node:path";
import { escapeControls } from "../../common/escape-controls";
import { checksum, readText, reason } from "../base/text";

export type Direction = "up" | "down";

export interface Migration {
  readonly version: number;
  /** The part after the number, e.g. `create_users`. */
  readonly name: string;
  /** Number and name as the files have them, e.g. `000001_create_users`. */
  readonly id: string;
  /** Path of each file, inside the folder that was asked for. */
  readonly files: Readonly<Record<Direction, string>>;
  /** SHA-256 in hex over the up file's normalised text. */
  readonly checksum: string;
}

export interface Folder {
  readonly directory: string;
  /** In order of their versions. */
  readonly migrations: readonly Migration[];
  /** Why this folder cannot be run as it is; one sentence or more each. */
  readonly problems: readonly string[];
  /** Remarks that stop nothing. */
  readonly warnings: readonly string[];
}

interface Entry {
  readonly file: string;
  readonly version: number;
  readonly digits: string;
  readonly name: string;
  readonly direction: Direction;
}

const FILE_NAME = /^([0-9]+)_(.*)\.(up|down)\.sql$/s;

/** Files to read before pending events get their turn. */
const FILES_AT_ONCE = 50;

/**
 * Reads the names of a folder of migrations and the up files. Each synchronously, which for many small files takes a
 * fraction of the time; what a server answers meanwhile is heard in between.
 */
export async function readFolder(directory: string): Promise<Folder> {
  const problems: string[] = [];
  const entries = listFiles(directory, problems).flatMap((file) => parseName(file, problems));
  const versions = new Map<number, Entry[]>();
  for (const entry of entries) {
    const same = versions.get(entry.version);
    if (same) same.push(entry);
    else versions.set(entry.version, [entry]);
  }
  const migrations: Migration[] = [];
  // Joined once, because a thousand joins take as long as reading the names.
  const place = path.join(directory, "-").slice(0, -1);
  let left = FILES_AT_ONCE;
  for (const files of versions.values()) {
    migrations.push(...pair(place, files, problems));
    if (--left > 0) continue;
    left = FILES_AT_ONCE;
    await new Promise(setImmediate);
  }
  migrations.sort((a, b) => a.version - b.version);
  if (problems.length === 0 && migrations.length === 0) {
    problems.push(
      `${directory} holds no migration. Its files are named like 000001_create_users.up.sql; is it the right folder?`,
    );
  }
  return { directory, migrations, problems, warnings: gaps(migrations) };
}

function listFiles(directory: string, problems: string[]): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter(({ name }) => /\.sql$/i.test(name) && !name.startsWith("."))
      .filter(({ name }) => isPlain(name, problems))
      .filter((entry) => entry.isFile() || isReadable(directory, entry, problems))
      .map(({ name }) => name);
  } catch (error) {
    problems.push(
      `The folder of migrations ${path.resolve(directory)} cannot be read: ${reason(error)}. Name another one with --dir or MIGRATIONS_DIR.`,
    );
    return [];
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

function parseName(file: string, problems: string[]): Entry[] {
  const [, digits = "", name = "", direction] = FILE_NAME.exec(file) ?? [];
  const version = Number(digits);
  if (direction !== "up" && direction !== "down") {
    problems.push(
      `${file} is not named like a migration (000001_create_users.up.sql and .down.sql), so it would never run. Rename it, or move it out of the folder.`,
    );
  } else if (version < 1) {
    problems.push(`${file} has version 0, which means "no migration". Number it from 1.`);
  } else if (!Number.isSafeInteger(version)) {
    problems.push(
      `${file} has a version beyond ${Number.MAX_SAFE_INTEGER}, the largest that can be recorded. Give it a smaller number.`,
    );
  } else {
    return [{ file, version, digits, name, direction }];
  }
  return [];
}

/** Joins the up and down files of one version, or reports a problem. `place` begins their paths. */
function pair(place: string, entries: readonly Entry[], problems: string[]): Migration[] {
  const [first, second] = entries;
  if (!first) return [];
  const id = `${first.digits}_${first.name}`;
  const isPair = entries.length === 2 && first.direction !== second?.direction;
  const problem =
    isPair && second && `${second.digits}_${second.name}` === id ? undefined : unpaired(entries, first, id);
  if (problem !== undefined) {
    problems.push(problem);
    return [];
  }
  const files = { up: `${place}${id}.up.sql`, down: `${place}${id}.down.sql` };
  const text = readText(files.up, problems);
  return text === undefined ? [] : [{ version: first.version, name: first.name, id, files, checksum: checksum(text) }];
}

/** Explains what is wrong with the files of one version; undefined if they are a pair. */
function unpaired(entries: readonly Entry[], { version }: Entry, id: string): string | undefined {
  const up = entries.filter(({ direction }) => direction === "up");
  const down = entries.filter(({ direction }) => direction === "down");
  const names = entries.map(({ file }) => file).sort();
  if (up.length > 1 || down.length > 1 || new Set(entries.map(({ digits, name }) => `${digits}_${name}`)).size > 1) {
    return `Version ${version} belongs to more than one migration: ${names.join(", ")}. Give one of them the next free number.`;
  }
  const missing = up.length === 0 ? "up" : "down";
  return up.length + down.length < 2
    ? `${names[0]} has no ${id}.${missing}.sql beside it. ${MISSING[missing]}`
    : undefined;
}

const MISSING = {
  up: "Write it, or remove the down file if the migration was given up.",
  down: "Write what undoes it; if nothing can, a statement that says so: do $$ begin raise exception 'cannot be undone'; end $$;",
} as const;

/** Warns about gaps between counted numbers. Gaps between timestamps are usual. */
function gaps(migrations: readonly Migration[]): string[] {
  const newest = migrations.at(-1)?.version ?? 0;
  if (newest > 99_999) return [];
  return migrations.flatMap(({ version, id }, index) => {
    const previous = migrations[index - 1];
    if (!previous || version === previous.version + 1) return [];
    return [`No migration is numbered between ${previous.id} and ${id}. Is a file missing?`];
  });
}
