import type { AlertFault } from "./fault";

/** Seconds that alerts usually take to end. */
const ENDING = 45;

/** Seconds that a fault takes until the stage is well again, estimated. */
export const secondsOf = ({ seconds, fades = 0 }: AlertFault) => seconds + fades + ENDING;

/** Seconds that some faults take, one after another. */
export const secondsOfAll = (faults: readonly AlertFault[]) =>
  faults.map(secondsOf).reduce((sum, seconds) => sum + seconds, 0);

/**
 * Shares faults among stages that make theirs one after another, so that all end at about the same time: the longest first,
 * each for the stage that is free first. A fault whose alerts linger comes last in its stage.
 * @param busy seconds for which the first stage has something else to do
 */
export function shareOut(
  faults: readonly AlertFault[],
  stages: number,
  busy: number,
): readonly (readonly AlertFault[])[] {
  const shares = Array.from({ length: stages }, (_, index): Share => ({ faults: [], seconds: index === 0 ? busy : 0 }));
  for (const fault of [...faults].sort((one, other) => secondsOf(other) - secondsOf(one))) {
    const free = shares.reduce((first, share) => (share.seconds < first.seconds ? share : first));
    free.faults.push(fault);
    free.seconds += secondsOf(fault);
  }
  const lingering = ({ lingers = [] }: AlertFault) => Number(lingers.length > 0);
  return shares.map((share) => share.faults.sort((one, other) => lingering(one) - lingering(other)));
}

interface Share {
  readonly faults: AlertFault[];
  seconds: number;
}
