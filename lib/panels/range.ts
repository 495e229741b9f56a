import type { Range } from "./prometheus";

/** Samples of a line: as many as a wide screen shows apart. */
const SAMPLES = 288;
/** Prometheus' usual time between two scrapes, in seconds. */
const LEAST_STEP = 15;

/**
 * The hours before a time. At most 24: from there on, two samples are further apart than the five minutes over which the
 * panels' rates look, and what happened between is not seen.
 */
export function rangeOf(hours: number, now: Date): Range {
  const end = Math.floor(now.getTime() / 1000);
  const seconds = hours * 3600;
  return { start: end - seconds, end, step: Math.max(LEAST_STEP, Math.ceil(seconds / SAMPLES)) };
}
