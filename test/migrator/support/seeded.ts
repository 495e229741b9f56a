import fc from "fast-check";

/** Runs for a while rather than for a number of times, so that a slow machine does less and not longer. */
export interface Effort {
  readonly seconds: number;
  /** @default 1,000,000 */
  readonly runs?: number;
  /** What a failure printed, to see it again. @default another one each time */
  readonly seed?: number;
}

/** Checks a property with random cases; a failure shows the smallest one, its seed and path. */
export async function holds<Case>(
  property: fc.IAsyncProperty<Case>,
  { seconds, runs = 1_000_000, seed }: Effort,
): Promise<number> {
  const details = await fc.check(property, {
    interruptAfterTimeLimit: seconds * 1000,
    // Stopped by the clock is not failed, as long as something was tried.
    markInterruptAsFailure: false,
    numRuns: runs,
    ...(seed !== undefined && { seed }),
  });
  if (details.failed) throw new Error(fc.defaultReportMessage(details) ?? "A property does not hold.");
  return details.numRuns;
}
