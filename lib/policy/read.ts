import * as fs from "node:fs";
import * as path from "node:path";
import { LineCounter, parseAllDocuments } from "yaml";
import { isBuiltIn } from "./kubernetes/api";
import { flatten, type KubeObject, kubeObject } from "./object";
import { isTree, type Tree } from "./tree";

/** A folder that cannot be judged: every reason, each with its file and line. */
export class ReadError extends Error {
  override readonly name = "ReadError";
}

/**
 * The objects in every YAML and JSON file under `directory`: several documents in a file, Lists, any depth. Documents that
 * are no Kubernetes objects, as a chart's values or a tool's settings, are left out.
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

/** Links are followed; what several lead to is read once. */
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

/** YAML 1.1 as kubectl reads it: `yes` is true, but a date is text and `1:30` no number. */
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

/** What a document may repeat by aliases, nested ones multiplied: far more than anybody writes, far less than a bomb. */
const MOST_ALIASES = 100_000;

/** The text of a file, in whichever of Unicode's encodings YAML allows a program to write it. */
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
  // Throws where a part is inside of itself, which no object can be.
  JSON.stringify(value);
  return flatten(value, origin);
}

/** A tool's own file has kind and apiVersion, too, but no metadata; an object whose kind is misspelt has. */
function isObject(document: Tree): boolean {
  if ("metadata" in document) return true;
  return "kind" in document && ("spec" in document || "items" in document || isBuiltIn(kubeObject(document)));
}
