import * as fs from "node:fs/promises";
import * as path from "node:path";
import { CannotRun } from "../cannot-run";

export interface MigrationFile {
  /** Number in the file's name. */
  readonly version: number;
  /** Text between the number and `.up.sql`. */
  readonly name: string;
  readonly up: string;
  readonly down: string;
}

/** A folder of migrations. */
export interface Workload {
  readonly title: string;
  /** Folder of files with golang-migrate's names. */
  readonly directory: string;
  /** The migrations in order. */
  readonly files: readonly MigrationFile[];
}

/** Reads the workload in `directory`. @throws CannotRun if it holds no up migration */
export async function readWorkload(title: string, directory: string): Promise<Workload> {
  const names = await fs.readdir(directory).catch(() => [] as string[]);
  const files: MigrationFile[] = [];
  for (const name of names) {
    const [, version, rest] = /^(\d+)_(.*)\.up\.sql$/.exec(name) ?? [];
    if (version === undefined || rest === undefined) continue;
    const read = (file: string) => fs.readFile(path.join(directory, file), "utf8");
    const [up, down] = await Promise.all([read(name), read(name.replace(/\.up\.sql$/, ".down.sql"))]);
    files.push({ version: Number(version), name: rest, up, down });
  }
  if (files.length === 0) throw new CannotRun(`There is no *.up.sql in ${directory}. Name another folder with --dir.`);
  return { title, directory, files: files.sort((a, b) => a.version - b.version) };
}

/** Writes `count` migrations of one table each into `directory`. */
export async function makeTables(count: number, directory: string): Promise<Workload> {
  await fs.mkdir(directory);
  for (let n = 1; n <= count; n++) {
    const file = path.join(directory, `${String(n).padStart(6, "0")}_t${n}`);
    await fs.writeFile(`${file}.up.sql`, `create table t${n} (id bigint primary key, name text not null);\n`);
    await fs.writeFile(`${file}.down.sql`, `drop table t${n};\n`);
  }
  return readWorkload("one-table migrations", directory);
}
