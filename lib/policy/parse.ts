import { type Document, LineCounter, parseAllDocuments, type Tags, type YAMLParseError } from "yaml";
import type { BrokenDocument } from "./document";
import { isBuiltIn, isKustomize } from "./kubernetes/api";
import { flatten, type KubeObject, kubeObject } from "./object";
import { isTree, type Tree } from "./tree";

/** Reads YAML 1.1 as kubectl does: `yes` is true, but a date is text and `1:30` no number. */
const READ_OTHERWISE = new Set(["tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:binary"]);

/** The objects in a file's text. Adds its broken documents to `broken`. */
export function objectsOf(text: string, file: string, broken: BrokenDocument[]): KubeObject[] {
  let before = 0;
  return piecesOf(text).flatMap((piece) => {
    const lineCounter = new LineCounter();
    const start = before;
    before += piece.split("\n").length - 1;
    return parseAllDocuments(piece, { ...YAML, lineCounter }).flatMap((document) =>
      objectsOfDocument(document, (offset) => ({ file, line: start + lineCounter.linePos(offset).line }), broken),
    );
  });
}

const YAML = {
  version: "1.1",
  merge: true,
  stringKeys: true,
  customTags: (tags: Tags) =>
    tags.filter(
      (tag) => typeof tag === "string" || !(READ_OTHERWISE.has(tag.tag) || ("format" in tag && tag.format === "TIME")),
    ),
} as const;

/**
 * Cuts a file before each `---`, as kubectl does, so that a quote without its end does not take the next documents in.
 * Directives and comments stay with the document after them.
 */
function piecesOf(text: string): readonly string[] {
  const pieces: string[] = [];
  let head = "";
  for (const piece of text.split(/^(?=---(?:\s|$))/m)) {
    const isHead = /^(?:[ \t]*(?:[#%].*)?(?:\r?\n|$))*$/.test(piece);
    if (!isHead) pieces.push(head + piece);
    head = isHead ? head + piece : "";
  }
  return pieces;
}

type Place = Omit<BrokenDocument, "problem">;

function objectsOfDocument(
  document: Document.Parsed,
  placeOf: (offset: number) => Place,
  broken: BrokenDocument[],
): KubeObject[] {
  broken.push(...problemsOf(document).map(({ offset, problem }) => ({ ...placeOf(offset), problem })));
  // Clients take the last one of a repeated key, so the document can be judged.
  if (!document.errors.every(isRepeatedKey)) return [];
  const place = placeOf(document.contents?.range?.[0] ?? document.range[0]);
  try {
    return objectsIn(document.toJS({ maxAliasCount: MOST_ALIASES }), place, broken);
  } catch (cause) {
    broken.push({ ...place, problem: `cannot be read: ${(cause as Error).message}` });
    return [];
  }
}

const isRepeatedKey = ({ code }: YAMLParseError) => code === "DUPLICATE_KEY";

/** Every repeated key, or else the first fault: those after it may be its consequences. */
function problemsOf({ errors }: Document.Parsed): readonly { offset: number; problem: string }[] {
  const [first, ...more] = errors.filter((error) => !isRepeatedKey(error));
  const all = first ? [first, ...more].slice(0, 1) : errors;
  return all.map(({ pos, message, code }) => ({
    offset: pos[0],
    problem: KNOWN.get(code) ?? asSaid(message),
  }));
}

const KNOWN: ReadonlyMap<string, string> = new Map([
  ["DUPLICATE_KEY", "repeats a key of the same mapping, and the last one counts"],
  ["NON_STRING_KEY", "has a list or mapping as a key, which a template's {{ }} without quotes is"],
]);

/** The first line of a message, e.g. `is no YAML: Map keys must be unique`. */
const asSaid = (message: string) => `is no YAML: ${message.split("\n")[0]?.replace(/ at line \d+, column \d+:?$/, "")}`;

/**
 * Limit of values that aliases may repeat, nested ones multiplied. Real files stay far below it, and a bomb far above.
 */
const MOST_ALIASES = 100_000;

function objectsIn(value: unknown, place: Place, broken: BrokenDocument[]): KubeObject[] {
  if (Array.isArray(value) && value.some((item) => isTree(item) && isObject(item)))
    broken.push({
      ...place,
      problem: "is a list of objects, which kubectl does not take; make it the items of a List",
    });
  if (!isTree(value) || !isObject(value)) return [];
  // Throws if a part contains itself, which no object can.
  JSON.stringify(value);
  return flatten(value, `${place.file}:${place.line}`);
}

/**
 * Whether a document is an object, even one with a misspelt kind. A tool's own file has kind and apiVersion too, but no
 * metadata. That of kustomize counts, because it names what it makes.
 */
function isObject(document: Tree): boolean {
  if ("metadata" in document) return true;
  const object = kubeObject(document);
  return "kind" in document && ("spec" in document || "items" in document || isBuiltIn(object) || isKustomize(object));
}
