/** A value that JSON can hold, as manifests do. Properties that are undefined are left out. */
export type Json = string | number | boolean | null | undefined | readonly Json[] | JsonMapping;

interface JsonMapping {
  readonly [key: string]: Json;
  readonly [REMARK]?: string;
}

const REMARK = Symbol("remark");

/**
 * Copies the mapping, with a comment behind each of its one-line strings. Neither a walk over the mapping nor a YAML
 * parser meets the comment.
 */
export const remarked = <Mapping extends object>(mapping: Mapping, remark: string): Mapping =>
  Object.defineProperty({ ...mapping }, REMARK, { value: remark });

/**
 * Writes Kubernetes objects as a stream of YAML documents. Quotes a string that YAML 1.1 (kubectl) or 1.2 could read as
 * another type. Takes a fifth of a general YAML library's time.
 */
export function toYaml(documents: readonly JsonMapping[]): string {
  return documents.map((document) => `${emit(document, "").trimStart()}\n`).join("---\n");
}

/** Writes the text after a key's colon or an item's dash: ` scalar`, or lines that begin with a line break. */
function emit(value: Json, indent: string): string {
  if (typeof value === "string") return ` ${text(value, indent)}`;
  if (value === null || typeof value !== "object") return ` ${scalar(value)}`;
  return Array.isArray(value) ? sequence(value, indent) : mapping(value as JsonMapping, indent);
}

function scalar(value: number | boolean | null | undefined): string {
  if (typeof value === "number" && !Number.isFinite(value)) throw new RangeError(`${value} cannot be written as YAML.`);
  return String(value ?? null);
}

function sequence(items: readonly Json[], indent: string): string {
  if (items.length === 0) return " []";
  return items.map((item) => `\n${indent}-${asItem(emit(item, `${indent}  `), indent)}`).join("");
}

/** Puts the beginning of a nested collection on the line of its dash. */
const asItem = (emitted: string, indent: string) =>
  emitted.startsWith("\n") ? ` ${emitted.slice(indent.length + 3)}` : emitted;

function mapping(object: JsonMapping, indent: string): string {
  const remark = object[REMARK] === undefined ? "" : ` # ${object[REMARK]}`;
  let lines = "";
  for (const [key, value] of Object.entries(object)) {
    if (value === undefined) continue;
    const nested = typeof value === "object" && !Array.isArray(value) ? `${indent}  ` : indent;
    const name = PLAIN.test(key) && !RESERVED.test(key) ? key : quote(key);
    const inside = typeof value === "string" ? `${indent}  ` : nested;
    const emitted = emit(value, inside);
    lines += `\n${indent}${name}:${emitted}${typeof value === "string" && !emitted.includes("\n") ? remark : ""}`;
  }
  return lines === "" ? " {}" : lines;
}

/** Strings without quotes: a letter or slash first and nothing special to YAML, or an amount such as 256Mi. */
const PLAIN = /^(?:[A-Za-z/](?:[\w./@+-]|:(?=[\w/]))*|\d+(?:m|Ki|Mi|Gi|Ti))$/;
/** Words that YAML 1.1 reads as a boolean or null, and texts such as e1 that some readers take for a number. */
const RESERVED = /^(?:y|n|yes|no|on|off|true|false|null|e[-+]?\d+)$/i;
/** Text that a block keeps as it is: printable lines, none of only blanks, the first not indented. */
const BLOCK =
  /^(?! )(?:[\t\x20-\x7e\u00a0-\u2027\u2030-\ud7ff\ue000-\ufefe\uff00-\ufffd]*[!-~]\n|\n(?=[^\n]))*(?:[\t\x20-\x7e\u00a0-\u2027\u2030-\ud7ff\ue000-\ufefe\uff00-\ufffd]*[!-~])?$/;

function text(value: string, indent: string): string {
  if (PLAIN.test(value) && !RESERVED.test(value)) return value;
  if (!value.includes("\n") || value.startsWith("\n") || value.startsWith("\t") || !BLOCK.test(value))
    return quote(value);
  const ended = value.endsWith("\n");
  const lines = (ended ? value.slice(0, -1) : value).split("\n");
  return `|${ended ? "" : "-"}\n${lines.map((line) => (line === "" ? "" : indent + line)).join("\n")}`;
}

/** Quotes as JSON does, and escapes the characters that YAML does not count as printable. */
function quote(value: string): string {
  return JSON.stringify(value).replace(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
