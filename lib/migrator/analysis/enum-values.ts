import type { Node } from "libpg-query";
import type { ParseNode } from "../sql/parser";
import { constantsOf } from "./constants";
import type { Schema } from "./schema";
import { type Body, open, parts } from "./tree";

/** What a statement has to do with the values of enumerated types. */
export interface EnumValues {
  /** The value that it adds, and to which type as it is written there. */
  readonly adds?: { readonly type: string; readonly value: string };
  /** The enumerated type that it makes. */
  readonly makes?: string;
  /** Its constants with the types that they become; undefined stands for one that cannot be told. */
  readonly constants: ReadonlyMap<string, ReadonlySet<string | undefined>>;
}

/** Reads it off the parse tree. What a function's or a DO block's body does is not seen. */
export function enumValues(node: ParseNode, schema: Schema): EnumValues {
  const [kind, body] = open(node);
  const { typeName, oldVal, newVal } = kind === "AlterEnumStmt" ? (body as Body<"AlterEnumStmt">) : {};
  const made = kind === "CreateEnumStmt" ? (body as Body<"CreateEnumStmt">).typeName : undefined;
  return {
    // With a former value it is renamed, and can be used at once.
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
  /** Whether it becomes a value of the type; else that cannot be told. */
  readonly sure: boolean;
}

/** Which values the statements so far of one transaction have added to types that were there before. */
export class NewValues {
  readonly #types = new Set<string>();
  readonly #added: Added[] = [];

  /** A new value that the statement uses, or may use; then takes the statement in. */
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
