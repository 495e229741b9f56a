import * as fs from "node:fs";
import * as path from "node:path";
import type { BrokenDocument } from "./document";
import type { KubeObject } from "./object";
import { objectsOf } from "./parse";

/** A folder that cannot be judged at all. */
export class ReadError extends Error {
  override readonly name = "ReadError";
}

/** The content of a folder. */
export interface Folder {
  readonly objects: readonly KubeObject[];
  /** Documents and files that cannot be read, or not as they seem. */
  readonly broken: readonly BrokenDocument[];
}

/**
 * Reads the objects in every YAML and JSON file under `directory`, at any depth. A file may hold several documents and
 * Lists. Documents that are not Kubernetes objects, e.g. a chart's values, are left out.
 * @throws ReadError if there is no such folder, or nothing in it
 */
export function readObjects(directory: string): Folder {
  if (!fs.existsSync(directory)) throw new ReadError(`${directory} does not exist.`);
  const broken: BrokenDocument[] = [];
  const objects = filesUnder(directory, broken).flatMap((file) => objectsOf(read(file, broken), file, broken));
  if (objects.length + broken.length === 0)
    throw new ReadError(`${directory} holds no Kubernetes objects in .yaml, .yml or .json files.`);
  return { objects, broken };
}

/** Follows links, and lists each target once. */
function filesUnder(place: string, broken: BrokenDocument[], seen = new Set<string>()): string[] {
  try {
    const real = fs.realpathSync(place);
    const found = fs.statSync(real);
    const isNew = !seen.has(real) && (found.isDirectory() || found.isFile());
    seen.add(real);
    if (!isNew || found.isFile()) return isNew ? [place] : [];
    const entries = fs.readdirSync(place, { withFileTypes: true });
    return entries
      .filter(({ name }) => name !== "node_modules")
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink() || isManifest(entry.name))
      .map(({ name }) => path.join(place, name))
      .sort()
      .flatMap((each) => filesUnder(each, broken, seen))
      .filter(isManifest);
  } catch (error) {
    if (isManifest(place) || !isLink(place)) broken.push(unreadable(place, error));
    return [];
  }
}

const unreadable = (file: string, error: unknown): BrokenDocument => ({
  file,
  line: 1,
  problem: `cannot be read: ${(error as Error).message}`,
});

const isManifest = (file: string) => /\.(ya?ml|json)$/.test(file);
const isLink = (file: string) => fs.lstatSync(file).isSymbolicLink();

/** The text of a file, in any Unicode encoding that YAML allows. */
function read(file: string, broken: BrokenDocument[]): string {
  try {
    const bytes = fs.readFileSync(file);
    const mark = bytes.subarray(0, 2).toString("hex");
    const encoding = { fffe: "utf-16le", feff: "utf-16be" }[mark] ?? "utf-8";
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    broken.push(unreadable(file, error));
    return "";
  }
}
