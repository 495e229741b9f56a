/** A number stands for itself or an instant; text is only ever equal or not. */
export type Value = number | string;

/** Values from `from` to `to`; an absent end is open. */
export interface Interval {
  readonly from?: Value;
  readonly to?: Value;
  /** Whether the ends are left out. */
  readonly above?: boolean;
  readonly below?: boolean;
}

/** Orders two values; undefined if that depends on a collation. */
function order(a: Value, b: Value): number | undefined {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return a === b ? 0 : undefined;
}

/** The values in both. One that cannot be compared is left out of account, which proves less. */
export function both(some: readonly Interval[], others: readonly Interval[]): readonly Interval[] {
  return some.flatMap((a) => others.map((b) => ({ ...later(a, b), ...earlier(a, b) })));
}

function later(a: Interval, b: Interval): Interval {
  const pick = ({ from, above }: Interval) => (from === undefined ? {} : { from, above: above ?? false });
  if (a.from === undefined || b.from === undefined) return pick(a.from === undefined ? b : a);
  const found = order(a.from, b.from);
  return pick(found !== undefined && (found < 0 || (found === 0 && b.above)) ? b : a);
}

function earlier(a: Interval, b: Interval): Interval {
  const pick = ({ to, below }: Interval) => (to === undefined ? {} : { to, below: below ?? false });
  if (a.to === undefined || b.to === undefined) return pick(a.to === undefined ? b : a);
  const found = order(a.to, b.to);
  return pick(found !== undefined && (found > 0 || (found === 0 && b.below)) ? b : a);
}

export function contains(outer: Interval, inner: Interval): boolean {
  const starts =
    outer.from === undefined ||
    (inner.from !== undefined && atLeast(inner.from, outer.from, outer.above === true && !inner.above));
  const ends =
    outer.to === undefined ||
    (inner.to !== undefined && atLeast(outer.to, inner.to, outer.below === true && !inner.below));
  return starts && ends;
}

export function apart(a: Interval, b: Interval): boolean {
  const before = (x: Interval, y: Interval) =>
    x.to !== undefined && y.from !== undefined && atLeast(y.from, x.to, !x.below && !y.above);
  const isText = ({ from, to }: Interval) => typeof from === "string" && from === to;
  return before(a, b) || before(b, a) || (isText(a) && isText(b) && a.from !== b.from);
}

function atLeast(a: Value, b: Value, strictly: boolean): boolean {
  const found = order(a, b);
  return found !== undefined && (strictly ? found > 0 : found >= 0);
}
