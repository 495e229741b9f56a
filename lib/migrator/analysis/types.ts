import type { Column } from "./relation";

/** Casts that change nothing about the bytes (pg_cast's method b), from a type to others. */
export const BINARY_COERCIBLE: Readonly<Record<string, readonly string[]>> = {
  bit: ["varbit"],
  cidr: ["inet"],
  int4: ["oid", "regclass", "regproc", "regtype"],
  oid: ["int4", "regclass", "regproc", "regtype"],
  regclass: ["oid", "int4"],
  text: ["varchar"],
  varbit: ["bit"],
  varchar: ["text"],
  xml: ["text", "varchar"],
};

/** Types whose modifier is a limit that can be raised or lifted without touching a row. */
const LIMITED = ["varchar", "varbit"];
/** Types whose modifier is a number of decimals of a second; 6 is all. */
const TIMES = ["time", "timetz", "timestamp", "timestamptz", "interval"];

type Type = Pick<Column, "type" | "modifiers">;

/** Whether every stored value of a type is a value of another, byte for byte, so that ALTER COLUMN TYPE rewrites nothing. */
export function isStoredAlike(from: Type, to: Type): boolean {
  if (from.type !== to.type)
    return (BINARY_COERCIBLE[from.type]?.includes(to.type) ?? false) && to.modifiers.length === 0;
  const [had = Number.POSITIVE_INFINITY, hadScale = 0] = from.modifiers;
  const [gets = Number.POSITIVE_INFINITY, getsScale = 0] = to.modifiers;
  if (to.modifiers.length === 0 || from.modifiers.join() === to.modifiers.join()) return true;
  if (LIMITED.includes(from.type)) return gets >= had;
  if (TIMES.includes(from.type)) return gets >= Math.min(had, 6);
  if (from.type === "numeric") return Number.isFinite(had) && gets >= had && getsScale === hadScale;
  return false;
}
