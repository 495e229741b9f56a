import * as fs from "node:fs";
import * as path from "node:path";
import { LineCounter, parseAllDocuments } from "yaml";
import { flatten, type KubeObject } from "./objects";
import { isTree } from "./tree";

/** A folder that cannot be judged: every reason, each with its file and line. */
export class ReadError extends Error {
  override readonly name = "ReadError";
}

/**
 * The objects in every YAML and JSON file under `directory`: several documents in a file, Lists, any depth. Documents that
 * are no Kubernetes objects, as a chart's values, are left out.
 * @throws ReadError
 */
export function readObjects(directory: string): KubeObject[] {
  if (!fs.existsSync(directory)) throw new ReadError(`${directory} does not exist.`);
  const problems: string[] = [];
  const objects = filesUnder(directory).flatMap((file) => objectsOf(file, problems));
  if (problems.length > 0) throw new ReadError(problems.join("\n"));
  if (objects.length === 0)
    throw new ReadError(`${directory} holds no Kubernetes objects in .yaml, .yml or .json files.`);
  return objects;
}

function filesUnder(directory: string): string[] {
  if (fs.statSync(directory).isFile()) return [directory];
  const names = fs.readdirSync(directory, { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => /\.(ya?ml|json)$/.test(name) && !name.split(path.sep).includes("node_modules"))
    .map((name) => path.join(directory, name))
    .filter((file) => fs.statSync(file).isFile())
    .sort();
}

/** YAML 1.1 as kubectl reads it: `yes` is true, but a date is text and `1:30` no number. */
const READ_OTHERWISE = new Set(["tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:binary"]);

function objectsOf(file: string, problems: string[]): KubeObject[] {
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(fs.readFileSync(file, "utf8"), {
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
    const value: unknown = document.toJS({ maxAliasCount: 1000 });
    const line = lineCounter.linePos(document.contents?.range?.[0] ?? document.range[0]).line;
    return isTree(value) && ("kind" in value || "apiVersion" in value) ? flatten(value, `${file}:${line}`) : [];
  });
}
