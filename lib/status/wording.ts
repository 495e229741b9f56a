import { ageOf } from "../common/amounts";
import type { State } from "./document";

/** Amounts at whose other side a fact is a warning, or has failed. */
export interface Limits {
  readonly warning: number;
  readonly failed: number;
}

/** Judges an amount by the most that should be. */
export function stateAbove(amount: number, { warning, failed }: Limits): State {
  if (amount > failed) return "failed";
  return amount > warning ? "warning" : "ok";
}

/** Judges what is left of something by the least that should be. */
export function stateBelow(left: number, { warning, failed }: Limits): State {
  if (left < failed) return "failed";
  return left < warning ? "warning" : "ok";
}

/** E.g. `"12 %"`. */
export const percent = (part: number) => `${Math.round(part * 100)} %`;

/** E.g. `"since 2026-11-30 08:00 UTC (5 h)"`. */
export const since = (time: Date, now: Date): string => `since ${minute(time)} (${ageOf(time.getTime(), now)})`;

const minute = (time: Date) => `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** E.g. `"1 pod"`, `"3 pods"`. */
export const counted = (count: number, thing: string) => `${count} ${thing}${count === 1 ? "" : "s"}`;

/** Joins lines, as of kubectl's reasons. */
export const oneLine = (text: string) => text.trim().replace(/\s*\n\s*/g, " ");
