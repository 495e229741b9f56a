import schema from "../../../imports/k8s-schema.json";
import type { KubeObject } from "../objects";
import { isTree } from "../tree";
import { quantity } from "./quantity";

/** The Kubernetes release whose API objects are held against. */
export const API_VERSION = schema.version;

const KINDS: Readonly<Record<string, string>> = schema.kinds;
const TYPES: Readonly<Record<string, string>> = schema.types;
const CLUSTER_SCOPED = new Set(schema.clusterScoped);
const GROUPS = new Set(Object.keys(KINDS).map((kind) => groupOf(kind.slice(0, kind.indexOf(" ")))));

/** Groups whose last version is gone. */
const GONE = new Set(["extensions"]);

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? "" : apiVersion.slice(0, slash);
}

const gvk = ({ apiVersion, kind }: KubeObject) => `${apiVersion} ${kind}`;

/** Whether Kubernetes itself, and no extension, defines or defined the object's kind. */
export function isBuiltIn({ apiVersion }: KubeObject): boolean {
  const group = groupOf(apiVersion);
  return GROUPS.has(group) || GONE.has(group);
}

export const isKnown = (object: KubeObject) => Object.hasOwn(KINDS, gvk(object));

/** Whether the object is in a namespace; undefined for kinds that an extension defines. */
export const isNamespaced = (object: KubeObject) => (isKnown(object) ? !CLUSTER_SCOPED.has(gvk(object)) : undefined);

/** The versions, the stable one first, in which the API has a kind of this name. */
export function versionsOf(kind: string): readonly string[] {
  const found = Object.keys(KINDS).filter((name) => name.endsWith(` ${kind}`));
  return found.map((name) => name.slice(0, name.indexOf(" "))).sort((a, b) => a.length - b.length);
}

/** Something in an object that the API has otherwise. */
export interface Mismatch {
  readonly kind: "unknown" | "type" | "missing" | "quantity";
  readonly field: string;
  readonly problem: string;
}

/** All that differs between an object and the API's definition of its kind; nothing for kinds of extensions. */
export function* mismatches(object: KubeObject): Iterable<Mismatch> {
  const type = KINDS[gvk(object)];
  if (type !== undefined) yield* ofType(type, object.tree, "");
}

interface Field {
  readonly code: string;
  readonly required: boolean;
}

const parsed = new Map<string, ReadonlyMap<string, Field>>();

/** The fields of a type. The file keeps them as text, so that only the types that are used cost time. */
function fieldsOf(type: string): ReadonlyMap<string, Field> {
  const present = parsed.get(type);
  if (present) return present;
  const fields = new Map<string, Field>();
  for (const entry of (TYPES[type] ?? "").split(" ")) {
    const [, name, separator, code] = /^([^:!]+)([:!])(.+)$/.exec(entry) ?? [];
    if (name && code) fields.set(name, { code, required: separator === "!" });
  }
  parsed.set(type, fields);
  return fields;
}

function* ofType(type: string, value: unknown, path: string): Iterable<Mismatch> {
  if (!isTree(value)) return yield { kind: "type", field: path, problem: `is ${describe(value)}, not a mapping` };
  const fields = fieldsOf(type);
  for (const key of Object.keys(value)) {
    const item = value[key];
    const field = fields.get(key);
    // Null means that nothing was written.
    if (field && item !== null && item !== undefined) yield* ofCode(field.code, item, join(path, key));
    if (!field) yield { kind: "unknown", field: join(path, key), problem: `is no field of ${type}` };
  }
  for (const [key, { required }] of fields)
    if (required && (value[key] === undefined || value[key] === null))
      yield { kind: "missing", field: join(path, key), problem: "is not set" };
}

const join = (path: string, key: string) => (path === "" ? key : `${path}.${key}`);

/** What the codes of simple values stand for, and whether a value is one. */
const SIMPLE: Readonly<Record<string, readonly [string, (value: unknown) => boolean]>> = {
  s: ["text", (value) => typeof value === "string"],
  B: ["text in base64", (value) => typeof value === "string" && /^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(value)],
  i: ["a whole number", Number.isInteger],
  n: ["a number", (value) => typeof value === "number"],
  b: ["true or false", (value) => typeof value === "boolean"],
  P: ["a whole number or text", (value) => typeof value === "string" || Number.isInteger(value)],
  o: ["a mapping", isTree],
};

function* ofCode(code: string, value: unknown, path: string): Iterable<Mismatch> {
  const rest = code.slice(1);
  switch (code[0]) {
    case "#":
      return yield* ofType(rest, value, path);
    case "[":
      if (!Array.isArray(value))
        return yield { kind: "type", field: path, problem: `is ${describe(value)}, not a list` };
      for (const [index, item] of value.entries()) yield* ofCode(rest, item, `${path}[${index}]`);
      return;
    case "{":
      if (!isTree(value)) return yield { kind: "type", field: path, problem: `is ${describe(value)}, not a mapping` };
      for (const [key, item] of Object.entries(value)) yield* ofCode(rest, item, `${path}["${key}"]`);
      return;
    case "Q":
      return yield* ofQuantity(value, path);
    default: {
      const [name, holds] = SIMPLE[code] ?? [];
      if (holds && !holds(value)) yield { kind: "type", field: path, problem: `is ${describe(value)}, not ${name}` };
    }
  }
}

function* ofQuantity(value: unknown, path: string): Iterable<Mismatch> {
  if (quantity(value) === undefined)
    yield { kind: "quantity", field: path, problem: `is ${describe(value)}, which is no quantity` };
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (isTree(value)) return "a mapping";
  return typeof value === "string" ? `"${value.length > 40 ? `${value.slice(0, 40)}…` : value}"` : String(value);
}
