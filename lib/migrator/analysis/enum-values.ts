import type { Node } from "libpg-query";
import type { ParseNode } from "../sql/parser";
import { type Body, type Kind, open, parts, walk } from "./tree";

/** What a statement has to do with the values of enumerated types. */
export interface EnumValues {
  /** The value that it adds, and to which type as it is written there. */
  readonly adds?: { readonly type: string; readonly value: string };
  /** The enumerated type that it makes. */
  readonly makes?: string;
  /** Its constants; any of them may stand for a value. */
  readonly constants: ReadonlySet<string>;
}

/** Reads it off the parse tree. What a function's or a DO block's body does is not seen. */
export function enumValues(node: ParseNode): EnumValues {
  const constants = new Set<string>();
  walk(node, (kind, { sval }) => {
    const text = (sval as { sval?: string } | undefined)?.sval;
    if (kind === ("A_Const" satisfies Kind) && text !== undefined) constants.add(text);
  });
  const [kind, body] = open(node);
  const { typeName, oldVal, newVal } = kind === "AlterEnumStmt" ? (body as Body<"AlterEnumStmt">) : {};
  const made = kind === "CreateEnumStmt" ? (body as Body<"CreateEnumStmt">).typeName : undefined;
  return {
    // With a former value it is renamed, and can be used at once.
    ...(newVal !== undefined && oldVal === undefined && { adds: { type: nameOfType(typeName), value: newVal } }),
    ...(made !== undefined && { makes: nameOfType(made) }),
    constants,
  };
}

const nameOfType = (name: readonly Node[] | undefined) => (name ?? []).flatMap(parts).join(".");

/** Which values the statements so far of one transaction have added to types that were there before. */
export class NewValues {
  readonly #types = new Set<string>();
  readonly #lines = new Map<string, number>();

  /** A new value that the statement uses, and the line that adds it; then takes the statement in. */
  next({ adds, makes, constants }: EnumValues, line: number): { value: string; line: number } | undefined {
    const value = [...constants].find((constant) => this.#lines.has(constant));
    if (makes !== undefined) this.#types.add(makes);
    if (adds && !this.#types.has(adds.type)) this.#lines.set(adds.value, line);
    return value === undefined ? undefined : { value, line: this.#lines.get(value) ?? line };
  }
}
