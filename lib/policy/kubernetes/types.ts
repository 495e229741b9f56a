import schema from "../../../imports/k8s-schema.json";
import { isTree } from "../tree";

const TYPES: Readonly<Record<string, string>> = schema.types;

export interface Type {
  /** The code of each field's value. */
  readonly fields: ReadonlyMap<string, string>;
  readonly required: readonly string[];
}

/** Fields that the schema requires although the API server fills them in. */
const DEFAULTED = new Set(["rbac.v1.RoleRef.apiGroup"]);

const parsed = new Map<string, Type>();

/** The fields of a type. Types are stored as text and parsed on first use, to save time. */
export function typeOf(name: string): Type {
  const present = parsed.get(name);
  if (present) return present;
  const fields = new Map<string, string>();
  const required: string[] = [];
  for (const entry of (TYPES[name] ?? "").split(" ")) {
    const end = entry.search(/[:!]/);
    const field = entry.slice(0, end);
    fields.set(field, entry.slice(end + 1));
    if (entry[end] === "!" && !DEFAULTED.has(`${name}.${field}`)) required.push(field);
  }
  const type = { fields, required };
  parsed.set(name, type);
  return type;
}

/** The codes of simple values: each with its name in messages and its test. */
export const SIMPLE: Readonly<Record<string, readonly [string, (value: unknown) => boolean]>> = {
  s: ["text", (value) => typeof value === "string"],
  B: ["text in base64", isBase64],
  i: ["a whole number of 32 bits", isInt32],
  l: ["a whole number", Number.isSafeInteger],
  n: ["a number", (value) => typeof value === "number"],
  b: ["true or false", (value) => typeof value === "boolean"],
  P: ["a whole number or text", (value) => typeof value === "string" || isInt32(value)],
  o: ["a mapping", isTree],
};

function isInt32(value: unknown): boolean {
  return typeof value === "number" && value === (value | 0);
}

function isBase64(value: unknown): boolean {
  if (typeof value !== "string") return false;
  const bare = value.replace(/[\r\n]/g, "");
  return bare.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(bare);
}
