import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

export type Files = Readonly<Record<string, string | Buffer>>;

const made: string[] = [];

/** A temporary folder with these files; removed after the test file's last test. */
export function makeFolder(files: Files): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "diabrisk-migrations-"));
  made.push(folder);
  write(folder, files);
  return folder;
}

export function write(folder: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
  }
}

/** The up and down file of each migration: `{ "1_a": ["create …", "drop …"] }`. */
export function pairs(migrations: Readonly<Record<string, string | readonly [up: string, down: string]>>): Files {
  const files: Record<string, string> = {};
  for (const [id, sql] of Object.entries(migrations)) {
    const [up, down] = typeof sql === "string" ? [sql, "select 1;"] : sql;
    files[`${id}.up.sql`] = up;
    files[`${id}.down.sql`] = down;
  }
  return files;
}

/** Migrations 1 to `count`, each of which creates and drops one table: t1, t2 … */
export function tables(count: number): Files {
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  return pairs(
    Object.fromEntries(
      ids.map((n) => [`${String(n).padStart(6, "0")}_t${n}`, [`create table t${n} (id int);`, `drop table t${n};`]]),
    ),
  );
}

afterAll(() => {
  for (const folder of made.splice(0)) fs.rmSync(folder, { recursive: true, force: true });
});
