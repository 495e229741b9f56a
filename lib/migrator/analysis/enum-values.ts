import type { Node } from "libpg-query";
import type { ParseNode } from "../sql/parser";
import { type Body, open, parts } from "../sql/tree";
import { constantsOf } from "./constants";
import type { Schema } from "./schema";

/** A statement's use of enumerated types. */
export interface EnumValues {
  /** The added value and its type, as written. */
  readonly adds?: { readonly type: string; readonly value: string };
  /** The new enumerated type. */
  readonly makes?: string;
  /** Constants with the types that they become; undefined stands for an unknown type. */
  readonly constants: ReadonlyMap<string, ReadonlySet<string | undefined>>;
}

/** Reads a parse tree. The bodies of functions and DO blocks stay unseen. */
export function enumValues(node: ParseNode, schema: Schema): EnumValues {
  const [kind, body] = open(node);
  const { typeName, oldVal, newVal } = kind === "AlterEnumStmt" ? (body as Body<"AlterEnumStmt">) : {};
  const made = kind === "CreateEnumStmt" ? (body as Body<"CreateEnumStmt">).typeName : undefined;
  return {
    // A renamed value can be used at once.
    ...(newVal !== undefined && oldVal === undefined && { adds: { type: nameOfType(typeName), value: newVal } }),
    ...(made !== undefined && { makes: nameOfType(made) }),
    constants: constantsOf(node, schema),
  };
}

const nameOfType = (name: readonly Node[] | undefined) => (name ?? []).flatMap(parts).join(".");

interface Added {
  readonly type: string;
  readonly value: string;
  readonly line: number;
}

export interface UsedValue extends Added {
  /** Whether it certainly becomes a value of the type. */
  readonly sure: boolean;
}

/** Values that one transaction has added so far to types that existed before. */
export class NewValues {
  readonly #types = new Set<string>();
  readonly #added: Added[] = [];

  /** Returns a new value that the statement uses or may use, then takes the statement in. */
  next({ adds, makes, constants }: EnumValues, line: number): UsedValue | undefined {
    const used = this.#added.flatMap((added) => usedAs(added, constants.get(added.value)));
    if (makes !== undefined) this.#types.add(makes);
    if (adds && !this.#types.has(adds.type)) this.#added.push({ ...adds, line });
    return used.find(({ sure }) => sure) ?? used[0];
  }
}

function usedAs(added: Added, types: ReadonlySet<string | undefined> = new Set()): UsedValue[] {
  const bare = added.type.slice(added.type.lastIndexOf(".") + 1);
  const sure = types.has(bare) || types.has(`_${bare}`);
  return sure || types.has(undefined) ? [{ ...added, sure }] : [];
}
