import * as fs from "node:fs";
import * as path from "node:path";
import { LineCounter, parseAllDocuments } from "yaml";
import { isBuiltIn } from "./kubernetes/api";
import { flatten, type KubeObject, kubeObject } from "./object";
import { isTree, type Tree } from "./tree";

/** A folder that cannot be judged. The message has every reason with its file and line. */
export class ReadError extends Error {
  override readonly name = "ReadError";
}

/**
 * Reads the objects in every YAML and JSON file under `directory`, at any depth. A file may hold several documents and
 * Lists. Documents that are not Kubernetes objects, e.g. a chart's values, are left out.
 * @throws ReadError
 */
export function readObjects(directory: string): KubeObject[] {
  if (!fs.existsSync(directory)) throw new ReadError(`${directory} does not exist.`);
  const problems: string[] = [];
  const objects = filesUnder(directory, problems).flatMap((file) => objectsOf(file, problems));
  if (problems.length > 0) throw new ReadError(problems.join("\n"));
  if (objects.length === 0)
    throw new ReadError(`${directory} holds no Kubernetes objects in .yaml, .yml or .json files.`);
  return objects;
}

/** Follows links, and lists each target once. */
function filesUnder(place: string, problems: string[], seen = new Set<string>()): string[] {
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
      .flatMap((each) => filesUnder(each, problems, seen))
      .filter(isManifest);
  } catch (error) {
    if (isManifest(place) || !isLink(place)) problems.push(`${place} cannot be read: ${(error as Error).message}`);
    return [];
  }
}

const isManifest = (file: string) => /\.(ya?ml|json)$/.test(file);
const isLink = (file: string) => fs.lstatSync(file).isSymbolicLink();

/** Reads YAML 1.1 as kubectl does: `yes` is true, but a date is text and `1:30` no number. */
const READ_OTHERWISE = new Set(["tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:binary"]);

function objectsOf(file: string, problems: string[]): KubeObject[] {
  const lineCounter = new LineCounter();
  const text = read(file, problems);
  const documents = parseAllDocuments(text, {
    lineCounter,
    version: "1.1",
    merge: true,
    customTags: (tags) =>
      tags.filter(
        (tag) =>
          typeof tag === "string" || !(READ_OTHERWISE.has(tag.tag) || ("format" in tag && tag.format === "TIME")),
      ),
  });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    const [error] = document.errors;
    if (error) {
      problems.push(`${file}:${lineCounter.linePos(error.pos[0]).line}: ${error.message.split("\n")[0]}`);
      return [];
    }
    const origin = `${file}:${lineCounter.linePos(document.contents?.range?.[0] ?? document.range[0]).line}`;
    try {
      return objectsIn(document.toJS({ maxAliasCount: MOST_ALIASES }), origin, problems);
    } catch (cause) {
      problems.push(`${origin}: ${(cause as Error).message}`);
      return [];
    }
  });
}

/**
 * Limit of values that aliases may repeat, nested ones multiplied. Real files stay far below it, and a bomb far above.
 */
const MOST_ALIASES = 100_000;

/** The text of a file, in any Unicode encoding that YAML allows. */
function read(file: string, problems: string[]): string {
  try {
    const bytes = fs.readFileSync(file);
    const mark = bytes.subarray(0, 2).toString("hex");
    const encoding = { fffe: "utf-16le", feff: "utf-16be" }[mark] ?? "utf-8";
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    problems.push(`${file} cannot be read: ${(error as Error).message}`);
    return "";
  }
}

function objectsIn(value: unknown, origin: string, problems: string[]): KubeObject[] {
  if (Array.isArray(value) && value.some((item) => isTree(item) && isObject(item)))
    problems.push(`${origin}: a list of objects, which kubectl does not take. Make it the items of a kind: List.`);
  if (!isTree(value) || !isObject(value)) return [];
  // Throws if a part contains itself, which no object can.
  JSON.stringify(value);
  return flatten(value, origin);
}

/**
 * Whether a document is an object, even one with a misspelt kind. A tool's own file has kind and apiVersion too, but no
 * metadata.
 */
function isObject(document: Tree): boolean {
  if ("metadata" in document) return true;
  return "kind" in document && ("spec" in document || "items" in document || isBuiltIn(kubeObject(document)));
}
