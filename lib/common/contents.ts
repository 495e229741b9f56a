import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { isContract } from "./contract-mark";
import { digest } from "./digest";

/** A folder of migrations, told from any other. */
export interface Migrations {
  /** The newest version, 0 if there is none. */
  readonly version: number;
  /** The newest version that is no `-- contract` migration. The programs of this release need it. */
  readonly required: number;
  /** Versions of the `-- contract` migrations, in their order. */
  readonly contracts: readonly number[];
  /** Digest of the names and contents of the SQL files. */
  readonly digest: string;
}

/** Line ends are the checkout's, so they do not count. */
const text = (file: string) => fs.readFileSync(file, "utf8").replaceAll("\r\n", "\n");

/** Reads which migrations a folder holds; undefined if there is no SQL file. @throws an error with a `code` */
export function migrationsIn(directory: string): Migrations | undefined {
  const names = fs.readdirSync(directory).filter((file) => file.endsWith(".sql"));
  if (names.length === 0) return undefined;
  const files = names.sort().map((name) => ({ name, text: text(path.join(directory, name)) }));
  const contracts = files.filter(({ name, text }) => name.endsWith(".up.sql") && isContract(text)).map(versionOf);
  const versions = files.map(versionOf);
  return {
    version: Math.max(0, ...versions),
    required: Math.max(0, ...versions.filter((version) => !contracts.includes(version))),
    contracts: contracts.sort((a, b) => a - b),
    digest: digest(files.flatMap(({ name, text }) => [name, text])),
  };
}

const versionOf = ({ name }: { readonly name: string }) => Number(/^\d+/.exec(name)?.[0] ?? 0);

/** Kinds of files that make a program. Neither a document nor what an editor leaves makes another image. */
const COUNTS = /^[^.].*\.(?:ts|json|sql)$/;
const RECIPE = ["Dockerfile", ".dockerignore"];

/**
 * Computes a digest of all that the image is built from: what `.dockerignore` lets into the build, in the order of its
 * names. The same on every machine and inside the build, whatever the files' modes and times.
 * @throws an error with a `code` and a `path`
 */
export function sourceDigest(root: string): string {
  const hash = createHash("sha256");
  for (const file of contextOf(root)) {
    const content = text(path.join(root, file));
    // The length parts the contents: what ends one file cannot begin the next.
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex").slice(0, 16);
}

/** The files that count of a build's context, relative to `root`, sorted. */
export function contextOf(root: string): string[] {
  const entries = text(path.join(root, ".dockerignore"))
    .split("\n")
    .flatMap((line) => (line.startsWith("!") ? [line.slice(1).trim()] : []));
  const files = entries.flatMap((entry) => (isFolder(root, entry) ? within(root, entry) : [entry]));
  return [...new Set([...RECIPE, ...files])].sort();
}

const isFolder = (root: string, entry: string) => fs.statSync(path.join(root, entry)).isDirectory();

function within(root: string, folder: string): string[] {
  return fs.readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return within(root, file);
    return COUNTS.test(entry.name) ? [file] : [];
  });
}
