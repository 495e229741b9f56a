import type { Column } from "./relation";

/** Casts that keep the bytes (pg_cast's method b), from each type to others. */
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

/** Types whose modifier is a limit that can be raised or removed without touching rows. */
const LIMITED = ["varchar", "varbit"];
/** Types whose modifier counts decimals of a second; 6 is the maximum. */
const TIMES = ["time", "timetz", "timestamp", "timestamptz"];
/** Bits of an interval's first modifier, from the finest field: second, minute, hour, day, month, year. */
const FIELDS = [1 << 12, 1 << 11, 1 << 10, 1 << 3, 1 << 1, 1 << 2];

type Type = Pick<Column, "type" | "modifiers">;

/**
 * Whether values of one type are stored byte for byte like those of another, so that ALTER COLUMN TYPE rewrites
 * nothing.
 */
export function isStoredAlike(from: Type, to: Type, timeZone?: string): boolean {
  // The server compares the zone's offset, not its name (TimestampTimestampTzRequiresRewrite).
  if (changesZone(from, to) && isUtc(timeZone)) return isStoredAlike({ ...from, type: to.type }, to);
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

/** Whether one of the types has a time zone, and the other has none. */
export function changesZone(from: Type, to: Type): boolean {
  return [from.type, to.type].sort().join() === "timestamp,timestamptz";
}

/** Types that share their operator class, so that an index stays valid. */
const ONE_CLASS = ["text,varchar", "cidr,inet"];

export function haveOneOperatorClass(from: Type, to: Type): boolean {
  return from.type === to.type || ONE_CLASS.includes([from.type, to.type].sort().join());
}

/** Names of the zone without an offset or a change in summer. */
export function isUtc(timeZone: string | undefined): boolean {
  return /^(etc\/)?(utc|uct|zulu|universal|gmt|greenwich|gmt[+-]?0)$/i.test(timeZone ?? "");
}

/** An interval may gain finer fields and decimals, and lose none. */
function isIntervalAlike(from: readonly number[], to: readonly number[]): boolean {
  const [hadFields = FIELDS[0], hadDecimals = 6] = from;
  const [getsFields = FIELDS[0], getsDecimals = 6] = to;
  const finest = (fields = 0) => FIELDS.findIndex((field) => fields & field);
  const fine = finest(hadFields) > 0 || getsDecimals >= Math.min(hadDecimals, 6);
  return finest(getsFields) <= finest(hadFields) && fine;
}
