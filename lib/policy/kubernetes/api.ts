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

const known = new WeakMap<KubeObject, readonly Mismatch[]>();

/** All that differs between an object and the API's definition of its kind; nothing for kinds of extensions. */
export function mismatches(object: KubeObject): readonly Mismatch[] {
  const present = known.get(object);
  if (present) return present;
  const type = KINDS[gvk(object)];
  const found: Mismatch[] = [];
  if (type !== undefined) new Walk(found).type(type, object.tree);
  known.set(object, found);
  return found;
}

interface Type {
  /** Code of each field. */
  readonly fields: ReadonlyMap<string, string>;
  readonly required: readonly string[];
}

const parsed = new Map<string, Type>();

/** The fields of a type. The file keeps them as text, so that only the types that are used cost time. */
function typeOf(name: string): Type {
  const present = parsed.get(name);
  if (present) return present;
  const fields = new Map<string, string>();
  const required: string[] = [];
  for (const entry of (TYPES[name] ?? "").split(" ")) {
    const end = entry.search(/[:!]/);
    const field = entry.slice(0, end);
    fields.set(field, entry.slice(end + 1));
    if (entry[end] === "!") required.push(field);
  }
  const type = { fields, required };
  parsed.set(name, type);
  return type;
}

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

/** Goes through one object. Keeps the way to where it is, and makes it text only for what is wrong: every synth does this. */
class Walk {
  readonly #way: (string | number)[] = [];
  readonly #found: Mismatch[];

  constructor(found: Mismatch[]) {
    this.#found = found;
  }

  type(name: string, value: unknown): void {
    if (!isTree(value)) {
      this.#add("type", `is ${describe(value)}, not a mapping`);
      return;
    }
    const { fields, required } = typeOf(name);
    for (const key in value) {
      const code = fields.get(key);
      const item = value[key];
      this.#way.push(key);
      if (code === undefined) this.#add("unknown", `is no field of ${name}`);
      // Null means that nothing was written.
      else if (item !== null && item !== undefined) this.#code(code, item);
      this.#way.pop();
    }
    for (const key of required) {
      if (value[key] !== undefined && value[key] !== null) continue;
      this.#way.push(key);
      this.#add("missing", "is not set");
      this.#way.pop();
    }
  }

  #code(code: string, value: unknown): void {
    switch (code[0]) {
      case "#":
        this.type(code.slice(1), value);
        return;
      case "[":
        if (Array.isArray(value)) this.#inside(code.slice(1), value.entries());
        else this.#add("type", `is ${describe(value)}, not a list`);
        return;
      case "{":
        if (isTree(value)) this.#inside(code.slice(1), Object.entries(value));
        else this.#add("type", `is ${describe(value)}, not a mapping`);
        return;
      case "Q":
        if (quantity(value) === undefined) this.#add("quantity", `is ${describe(value)}, which is no quantity`);
        return;
      default: {
        const simple = SIMPLE[code];
        if (simple && !simple[1](value)) this.#add("type", `is ${describe(value)}, not ${simple[0]}`);
      }
    }
  }

  #inside(code: string, items: Iterable<readonly [string | number, unknown]>): void {
    for (const [key, item] of items) {
      this.#way.push(typeof key === "number" ? key : `"${key}"`);
      this.#code(code, item);
      this.#way.pop();
    }
  }

  #add(kind: Mismatch["kind"], problem: string): void {
    this.#found.push({ kind, field: pathOf(this.#way), problem });
  }
}

/** `spec.containers[0].name`, with quotes around the keys of maps: `metadata.labels["app"]`. */
function pathOf(way: readonly (string | number)[]): string {
  return way.reduce<string>((path, part) => {
    if (typeof part === "number" || part.startsWith('"')) return `${path}[${part}]`;
    return path === "" ? part : `${path}.${part}`;
  }, "");
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (isTree(value)) return "a mapping";
  return typeof value === "string" ? `"${value.length > 40 ? `${value.slice(0, 40)}…` : value}"` : String(value);
}
