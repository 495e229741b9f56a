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
const TIMES = ["time", "timetz", "timestamp", "timestamptz"];
/** Bits of an interval's first modifier, from the finest field: second, minute, hour, day, month, year. */
const FIELDS = [1 << 12, 1 << 11, 1 << 10, 1 << 3, 1 << 1, 1 << 2];

type Type = Pick<Column, "type" | "modifiers">;

/** Whether every stored value of a type is a value of another, byte for byte, so that ALTER COLUMN TYPE rewrites nothing. */
export function isStoredAlike(from: Type, to: Type): boolean {
  if (from.type !== to.type)
    return (BINARY_COERCIBLE[from.type]?.includes(to.type) ?? false) && to.modifiers.length === 0;
  if (from.type === "interval") return isIntervalAlike(from.modifiers, to.modifiers);
  const [had = Number.POSITIVE_INFINITY, hadScale = 0] = from.modifiers;
  const [gets = Number.POSITIVE_INFINITY, getsScale = 0] = to.modifiers;
  if (to.modifiers.length === 0 || from.modifiers.join() === to.modifiers.join()) return true;
  if (LIMITED.includes(from.type)) return gets >= had;
  if (TIMES.includes(from.type)) return gets >= Math.min(had, 6);
  if (from.type === "numeric") return Number.isFinite(had) && gets >= had && getsScale === hadScale;
  return false;
}

/** An interval may get finer fields and more decimals, and neither coarser ones nor fewer. */
function isIntervalAlike(from: readonly number[], to: readonly number[]): boolean {
  const [hadFields = FIELDS[0], hadDecimals = 6] = from;
  const [getsFields = FIELDS[0], getsDecimals = 6] = to;
  const finest = (fields = 0) => FIELDS.findIndex((field) => fields & field);
  const fine = finest(hadFields) > 0 || getsDecimals >= Math.min(hadDecimals, 6);
  return finest(getsFields) <= finest(hadFields) && fine;
}
