import * as path from "node:path";
import { isContract } from "../../common/contract-mark";
import { readSquash } from "./header";
import type { Migration } from "./migration";
import { type Entry, listFiles, numberOf, parseName } from "./names";
import { squashProblems } from "./squash";
import { survey } from "./survey";

export type { Migration } from "./migration";
export type { Direction } from "./names";

export interface Folder {
  readonly directory: string;
  /** In order of their versions. */
  readonly migrations: readonly Migration[];
  /** Why this folder cannot be run as it is; one sentence or more each. */
  readonly problems: readonly string[];
  /** Versions whose files are here, but have a problem. */
  readonly broken: ReadonlySet<number>;
  /** Remarks that stop nothing. */
  readonly warnings: readonly string[];
}

/** Files to read before pending events get their turn. */
const FILES_AT_ONCE = 50;

/**
 * Reads the names of a folder of migrations and the up files. Each synchronously, which for many small files takes a
 * fraction of the time; what a server answers meanwhile is heard in between.
 */
export async function readFolder(directory: string): Promise<Folder> {
  const problems: string[] = [];
  const listed = listFiles(directory, problems);
  const entries = listed.usable.flatMap((file) => parseName(file, problems));
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
  problems.push(...squashProblems(migrations));
  const good = new Set(migrations.map(({ version }) => version));
  const broken = new Set(listed.names.flatMap((file) => numberOf(file) ?? []).filter((version) => !good.has(version)));
  return { directory, migrations, problems, broken, warnings: broken.size > 0 ? [] : gaps(migrations) };
}

/**
 * Joins the up and down files of one version, or reports a problem. Their names after the number may differ, as
 * golang-migrate has it. `place` begins their paths.
 */
function pair(place: string, entries: readonly Entry[], problems: string[]): Migration[] {
  const [up, secondUp] = entries.filter(({ direction }) => direction === "up");
  const [down, secondDown] = entries.filter(({ direction }) => direction === "down");
  if (!up || secondUp || secondDown) {
    problems.push(unpaired(entries));
    return [];
  }
  const { version, name } = up;
  const id = `${up.digits}_${name}`;
  const files = { up: place + up.file, down: place + (down?.file ?? `${id}.down.sql`) };
  const found = survey(files.up, problems);
  if (!found) return [];
  const { head, checksum } = found;
  const squash = readSquash(head);
  const contract = isContract(head);
  return [{ version, name, id, files, hasDown: down !== undefined, ...(squash && { squash }), contract, checksum }];
}

/** Explains why the files of one version are no migration. */
function unpaired(entries: readonly Entry[]): string {
  const files = entries.map(({ file }) => file).sort();
  const [first] = entries;
  if (first && entries.length === 1)
    return `${first.file} has no ${first.digits}_${first.name}.up.sql beside it. Write it, or remove the down file if the migration was given up.`;
  return `Version ${first?.version} belongs to more than one migration: ${files.join(", ")}. Give one of them the next free number.`;
}

/** Warns about gaps between counted numbers. Gaps between timestamps are usual, and a squash leaves one. */
function gaps(migrations: readonly Migration[]): string[] {
  const newest = migrations.at(-1)?.version ?? 0;
  if (newest > 99_999) return [];
  return migrations.flatMap(({ version, id, squash }, index) => {
    const previous = migrations[index - 1];
    if (!previous || (squash?.from ?? version) <= previous.version + 1) return [];
    return [`No migration is numbered between ${previous.id} and ${id}. Is a file missing?`];
  });
}
