import type { ObjectType, RangeVar } from "libpg-query";
import { type Name, nameOf } from "../sql/tree";
import { A_KIND, type Named, named, type Refusal, refused } from "./refusal";
import type { RelationKind } from "./relation";
import type { Schema } from "./schema";

export const TABLES: readonly RelationKind[] = ["table", "partitioned table"];
/** Kinds that have rows here. */
export const FILLED: readonly RelationKind[] = [...TABLES, "materialized view"];

export const isNot =
  (what: string) =>
  ({ bare }: Named) =>
    `"${bare}" is not ${what}`;

/** Refuses all kinds but these. */
export function only(
  range: RangeVar | undefined,
  schema: Schema,
  kinds: readonly RelationKind[],
  message: (target: Named) => string,
  code = "42809",
): Refusal | undefined {
  const target = named({ schema }, nameOf(range));
  return target && !kinds.includes(target.kind) ? refused("wrong-kind", code, message(target)) : undefined;
}

export function first<Item>(items: readonly Item[], check: (item: Item) => Refusal | undefined): Refusal | undefined {
  for (const item of items) {
    const found = check(item);
    if (found) return found;
  }
  return undefined;
}

/** Kinds that DROP VIEW and the like are for. */
export const WORDS: Partial<Record<ObjectType, readonly RelationKind[]>> = {
  OBJECT_TABLE: TABLES,
  OBJECT_VIEW: ["view"],
  OBJECT_MATVIEW: ["materialized view"],
  OBJECT_FOREIGN_TABLE: ["foreign table"],
  OBJECT_SEQUENCE: ["sequence"],
  OBJECT_INDEX: ["index"],
};

/** ALTER TABLE and RENAME take any kind; ALTER VIEW, DROP and COMMENT only their own. */
export function wrongWord(
  type: ObjectType | undefined,
  name: Name,
  schema: Schema,
  strict = false,
): Refusal | undefined {
  const wanted = WORDS[type ?? "OBJECT_TABLE"];
  const target = named({ schema }, name);
  if (!target || !wanted || wanted.includes(target.kind) || (type === "OBJECT_TABLE" && !strict)) return undefined;
  return refused("wrong-kind", "42809", isNot(A_KIND[wanted[0] ?? "table"])(target));
}
