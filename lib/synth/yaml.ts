/** A value that JSON can hold, as manifests do. Properties that are undefined are left out. */
export type Json = string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json };

/**
 * Kubernetes objects as a stream of YAML documents. Reads the same as YAML 1.1 (kubectl) and 1.2: whatever one of them could
 * take for something else than a string is quoted. A fifth of the time that a general YAML library takes.
 */
export function toYaml(documents: readonly { readonly [key: string]: Json }[]): string {
  return documents.map((document) => `${emit(document, "").trimStart()}\n`).join("---\n");
}

/** The text after a key's colon or an item's dash: ` scalar`, or lines that begin with a line break. */
function emit(value: Json, indent: string): string {
  if (typeof value === "string") return ` ${text(value, indent)}`;
  if (value === null || typeof value !== "object") return ` ${scalar(value)}`;
  return Array.isArray(value) ? sequence(value, indent) : mapping(value as { [key: string]: Json }, indent);
}

function scalar(value: number | boolean | null | undefined): string {
  if (typeof value === "number" && !Number.isFinite(value)) throw new RangeError(`${value} cannot be written as YAML.`);
  return String(value ?? null);
}

function sequence(items: readonly Json[], indent: string): string {
  if (items.length === 0) return " []";
  return items.map((item) => `\n${indent}-${asItem(emit(item, `${indent}  `), indent)}`).join("");
}

/** A collection in a sequence begins on the line of its dash. */
const asItem = (emitted: string, indent: string) =>
  emitted.startsWith("\n") ? ` ${emitted.slice(indent.length + 3)}` : emitted;

function mapping(object: { readonly [key: string]: Json }, indent: string, write = emit): string {
  let lines = "";
  for (const [key, value] of Object.entries(object)) {
    if (value === undefined) continue;
    const nested = typeof value === "object" && !Array.isArray(value) ? `${indent}  ` : indent;
    const name = PLAIN.test(key) && !RESERVED.test(key) ? key : quote(key);
    const inside = typeof value === "string" ? `${indent}  ` : nested;
    const values = object.kind === "Secret" && key === "data" ? secretData : write;
    lines += `\n${indent}${name}:${values(value, inside)}`;
  }
  return lines === "" ? " {}" : lines;
}

/**
 * A Secret's values stand below their keys. Scanners for what somebody wrote into a manifest by hand look at the key's line, and
 * these are generated: docs/policy.md says what watches them instead.
 */
function secretData(data: Json, indent: string): string {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return emit(data, indent);
  return mapping(data as { [key: string]: Json }, indent, (value, inside) =>
    typeof value === "string" && BASE64.test(value) ? ` |-\n${inside}${value}` : emit(value, inside),
  );
}

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** Begins with a letter or slash and holds nothing that means something to YAML; or an amount such as 256Mi. */
const PLAIN = /^(?:[A-Za-z/](?:[\w./@+-]|:(?=[\w/]))*|\d+(?:m|Ki|Mi|Gi|Ti))$/;
/** Words that YAML 1.1 takes for a boolean or null, and what some of its readers take for a number. */
const RESERVED = /^(?:y|n|yes|no|on|off|true|false|null|e[-+]?\d+)$/i;
/** Text that a block keeps as it is: lines of printable characters, of which none is blank-only and the first is not indented. */
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

/** JSON's quotes are YAML's, but for what YAML does not count as printable. */
function quote(value: string): string {
  return JSON.stringify(value).replace(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
