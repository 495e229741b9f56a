import type { Node, RangeVar, TypeName } from "libpg-query";
import type { ParseNode } from "./parser";

/** The kind of a node, e.g. `AlterTableStmt`. */
export type Kind = Node extends infer Each ? (Each extends unknown ? keyof Each : never) : never;

/** Content of a node of a kind. */
export type Body<K extends Kind> = Extract<Node, Readonly<Record<K, unknown>>>[K];

/** A name as written, with its schema if given. */
export interface Name {
  readonly schema?: string;
  readonly name: string;
}

/** Kind and content of a node. */
export function open(node: ParseNode): readonly [kind: string, body: unknown] {
  return Object.entries(node)[0] ?? ["", {}];
}

/** Content of a node if it has that kind. */
export function as<K extends Kind>(kind: K, node: Node | ParseNode | undefined): Body<K> | undefined {
  return (node as Partial<Record<K, Body<K>>> | undefined)?.[kind];
}

/** The nodes of that kind in a list. */
export function all<K extends Kind>(kind: K, nodes: readonly Node[] | undefined): Body<K>[] {
  return (nodes ?? []).flatMap((node) => as(kind, node) ?? []);
}

/** The schema of temporary tables, which is searched first. */
export const TEMPORARY = "pg_temp";

export function nameOf(range: RangeVar | undefined): Name {
  if (range?.relpersistence === "t") return { name: range.relname ?? "", schema: TEMPORARY };
  return { name: range?.relname ?? "", ...(range?.schemaname !== undefined && { schema: range.schemaname }) };
}

/**
 * Reads an option that is on or off, as the server does (defGetBoolean): it is on without a value, and the last of several
 * counts. Undefined if it is not there, or with a value that the server refuses.
 */
export function option(options: readonly Node[] | undefined, name: string): boolean | undefined {
  const last = optionNamed(options, name);
  if (!last) return undefined;
  if (last.arg === undefined) return true;
  const integer = as("Integer", last.arg);
  if (integer) return [false, true][integer.ival ?? 0];
  return ON_OR_OFF.get(parts(last.arg).join(".").toLowerCase());
}

/** The last option of that name. */
export function optionNamed(options: readonly Node[] | undefined, name: string): Body<"DefElem"> | undefined {
  return all("DefElem", options).findLast(({ defname }) => defname === name);
}

const ON_OR_OFF = new Map([
  ["true", true],
  ["on", true],
  ["false", false],
  ["off", false],
]);

/** Parts of a qualified name, from a List of Strings, a TypeName or a String. */
export function parts(node: Node | undefined): string[] {
  const items = as("List", node)?.items ?? as("TypeName", node)?.names ?? (node ? [node] : []);
  return all("String", items).map(({ sval }) => sval ?? "");
}

/** `schema.name` or `name`; a database in front is ignored. */
export function nameOfParts(names: readonly string[]): Name {
  const [name = "", schema] = [...names].reverse();
  return { name, ...(schema !== undefined && { schema }) };
}

/** A type's name in pg_type (`int4`, `_text` for an array) and its modifiers. */
export function typeOf(type: TypeName | undefined): { type: string; modifiers: readonly number[] } {
  const name = all("String", type?.names).at(-1)?.sval ?? "";
  const modifiers = all("A_Const", type?.typmods).map(({ ival }) => ival?.ival ?? 0);
  return { type: type?.arrayBounds?.length ? `_${name}` : name, modifiers };
}

/**
 * Calls `visit` with every node of a tree, parents first. Does not recurse, because a chain of thousands of UNION ALL
 * or || is as deep.
 */
export function walk(tree: unknown, visit: (kind: string, body: Readonly<Record<string, unknown>>) => void): void {
  const left: (readonly [key: string, value: unknown])[] = [["", tree]];
  for (let next = left.pop(); next; next = left.pop()) {
    const [key, value] = next;
    if (typeof value !== "object" || value === null) continue;
    // Kinds begin with a capital; field names and indexes do not, and capitals sort before small letters.
    if (key >= "A" && key < "a") visit(key, value as Readonly<Record<string, unknown>>);
    const inside = Object.entries(value);
    for (let index = inside.length - 1; index >= 0; index--) left.push(inside[index] ?? ["", undefined]);
  }
}
