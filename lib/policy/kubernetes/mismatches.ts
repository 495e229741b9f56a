import type { KubeObject } from "../object";
import { isTree } from "../tree";
import { typeNameOf } from "./api";
import { quantity } from "./quantity";
import { SIMPLE, typeOf } from "./types";

/** A difference between an object and the API's definition of its kind. */
export interface Mismatch {
  readonly kind: "unknown" | "type" | "missing" | "quantity";
  readonly field: string;
  readonly problem: string;
}

const known = new WeakMap<KubeObject, readonly Mismatch[]>();

/** All differences between an object and the API's definition of its kind. Kinds of extensions have none. */
export function mismatches(object: KubeObject): readonly Mismatch[] {
  const present = known.get(object);
  if (present) return present;
  const type = typeNameOf(object);
  const found: Mismatch[] = [];
  if (type !== undefined) new Walk(found).type(type, object.tree);
  known.set(object, found);
  return found;
}

/** Walks through one object. The path is made a text only for faults, because every synth runs this. */
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
      // The API treats null as an absent field.
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
      // The API server reads null here as the empty value of its type, whose own required fields are then missing.
      const given = item === null && code.startsWith("#") ? {} : item;
      if (given === null) continue;
      this.#way.push(typeof key === "number" ? key : `"${key}"`);
      this.#code(code, given);
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
