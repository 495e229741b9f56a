import type { Unit } from "../monitoring/dashboard";

/** Words for a part of a unit's amounts, e.g. KiB for some of the bytes. */
interface Scale {
  /** The least amount that is written in it. */
  readonly from: number;
  readonly size: number;
  readonly suffix: string;
}

const scale = (size: number, suffix: string, from = size): Scale => ({ from, size, suffix });
const KIBI = 1024;

/** Scales of each unit, the largest first. */
const SCALES: Readonly<Record<Unit, readonly Scale[]>> = {
  none: [scale(1, "")],
  bool_yes_no: [scale(1, "")],
  short: [scale(1e9, " G"), scale(1e6, " M"), scale(1000, " k", 10_000), scale(1, "")],
  reqps: [scale(1, " req/s")],
  ops: [scale(1, " ops/s")],
  percentunit: [scale(0.01, " %")],
  bytes: [
    ...[scale(KIBI ** 4, " TiB"), scale(KIBI ** 3, " GiB"), scale(KIBI ** 2, " MiB"), scale(KIBI, " KiB")],
    scale(1, " B"),
  ],
  s: [
    ...[scale(86_400, " d", 2 * 86_400), scale(3600, " h", 2 * 3600), scale(60, " min", 120), scale(1, " s")],
    scale(0.001, " ms"),
  ],
};

/** Finds the scale for amounts up to this one. Smaller ones than any scale's are written in the smallest. */
export function scaleFor(unit: Unit, most: number): Pick<Scale, "size" | "suffix"> {
  const scales = SCALES[unit];
  const usual = scales.find(({ size }) => size === 1);
  const found = most === 0 ? usual : scales.find(({ from }) => Math.abs(most) >= from);
  return found ?? scales[scales.length - 1] ?? scale(1, "");
}

/** Writes an amount with three digits that count, e.g. `1.5 GiB` for `bytes`. Whole numbers stay exact. */
export function amountOf(value: number, unit: Unit): string {
  if (unit === "bool_yes_no") return value === 0 ? "No" : "Yes";
  const { size, suffix } = scaleFor(unit, value);
  return `${digits(value / size)}${suffix}`;
}

export const digits = (value: number) => String(Number.isInteger(value) ? value : Number(value.toPrecision(3)));
