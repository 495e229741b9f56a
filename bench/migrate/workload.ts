import * as fs from "node:fs/promises";
import * as path from "node:path";
import { CannotRun } from "../cannot-run";

export interface MigrationFile {
  /** Number in the file's name. */
  readonly version: number;
  /** What stands between the number and `.up.sql`. */
  readonly name: string;
  readonly up: string;
}

/** A folder of migrations, and what a database holds after them. */
export interface Workload {
  readonly title: string;
  /** Files named as golang-migrate names them. */
  readonly directory: string;
  /** Its up migrations, in order. */
  readonly files: readonly MigrationFile[];
}

/** The workload in `directory`. @throws CannotRun when no up migration is there */
export async function readWorkload(title: string, directory: string): Promise<Workload> {
  const names = await fs.readdir(directory).catch(() => [] as string[]);
  const files: MigrationFile[] = [];
  for (const name of names) {
    const [, version, rest] = /^(\d+)_(.*)\.up\.sql$/.exec(name) ?? [];
    if (version === undefined || rest === undefined) continue;
    const up = await fs.readFile(path.join(directory, name), "utf8");
    files.push({ version: Number(version), name: rest, up });
  }
  if (files.length === 0) throw new CannotRun(`There is no *.up.sql in ${directory}. Name another folder with --dir.`);
  return { title, directory, files: files.sort((a, b) => a.version - b.version) };
}
