import { readdirSync, unlinkSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { EXIT } from "../../contract";
import { MigrateError } from "../base/errors";
import { reason } from "../base/text";
import { template } from "./header";

export interface CreateOptions {
  /** The folder of SQL files. */
  readonly directory: string;
  /** Purpose of the migration in words; becomes part of the file names. */
  readonly name: string;
  /** Time for folders that number by time. @default now */
  readonly now?: Date;
}

export interface CreateResult {
  readonly version: number;
  readonly id: string;
  readonly files: { readonly up: string; readonly down: string };
}

const WIDTH = 6;

/**
 * Writes the two files of a new migration, numbered above the newest and as wide, with a header that a person has to fill in.
 * Overwrites nothing. @throws MigrateError `usage`
 */
export function createMigration({ directory, name, now = new Date() }: CreateOptions): CreateResult {
  const clean = sanitise(name);
  if (clean === "")
    throw unusable(
      `${JSON.stringify(name)} holds no letter or digit. Say what the migration does, e.g. add_birth_year.`,
    );
  const digits = nextNumber(listNumbers(directory), now);
  if (!Number.isSafeInteger(Number(digits)))
    throw unusable(
      `The newest migration in ${directory} has the largest version that can be recorded, ${Number.MAX_SAFE_INTEGER}, or a larger one: nothing can be numbered above it.`,
    );
  const id = `${digits}_${clean}`;
  const files = { up: path.join(directory, `${id}.up.sql`), down: path.join(directory, `${id}.down.sql`) };
  writeNew(files.up, template("up", id));
  try {
    writeNew(files.down, template("down", id));
  } catch (error) {
    unlinkSync(files.up);
    throw error;
  }
  return { version: Number(digits), id, files };
}

/** Letters, digits and underscores, so that it needs quoting nowhere and sorts alike everywhere. */
export function sanitise(name: string): string {
  const plain = name
    .normalize("NFKD")
    .replace(/\p{Mark}/gu, "")
    .replaceAll("ß", "ss");
  return plain
    .toLowerCase()
    .replace(/(\.(up|down))?\.sql$/, "")
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, 100);
}

function listNumbers(directory: string): string[] {
  try {
    return readdirSync(directory).flatMap((file) => /^(\d+)_.*\.sql$/.exec(file)?.[1] ?? []);
  } catch (error) {
    throw unusable(
      `The folder of migrations ${path.resolve(directory)} cannot be read: ${reason(error)}. Make it, or name another one with --dir or MIGRATIONS_DIR.`,
    );
  }
}

/** One above the newest, or the time where the newest is one (20261123140500). */
function nextNumber(numbers: readonly string[], now: Date): string {
  const newest = numbers.reduce((a, b) => (Number(b) > Number(a) ? b : a), "");
  const next = String(Number(newest) + 1).padStart(newest.length || WIDTH, "0");
  if (!/^(19|20)\d{12}$/.test(newest)) return next;
  const time = now.toISOString().replace(/\D/g, "").slice(0, 14);
  return time > newest ? time : next;
}

function writeNew(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: "wx" });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw unusable(
      code === "EEXIST"
        ? `${file} is there already, and nothing is overwritten.`
        : `${file} cannot be written: ${code === "EACCES" ? "this user may not write to the folder" : reason(error)}.`,
    );
  }
}

function unusable(message: string): MigrateError {
  return new MigrateError(EXIT.usage, message);
}
