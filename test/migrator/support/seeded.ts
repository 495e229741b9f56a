import fc from "fast-check";

/** Runs for a while rather than for a number of times, so that a slow machine does less and not longer. */
export interface Effort {
  readonly seconds: number;
  /** @default 1,000,000 */
  readonly runs?: number;
  /** What a failure printed, to see it again. @default FUZZ_SEED of the environment, else always the same cases */
  readonly seed?: number;
}

/** A change is judged by what it changed, not by luck; whoever hunts sets another, such as `FUZZ_SEED=$RANDOM`. */
const DEFAULT_SEED = Number((globalThis as { FUZZ_SEED?: string }).FUZZ_SEED ?? 20_261_123);

/** Checks a property with random cases; a failure shows the smallest one, its seed and path. */
export async function holds<Case>(
  property: ReturnType<typeof fc.asyncProperty<[Case]>>,
  { seconds, runs = 1_000_000, seed = DEFAULT_SEED }: Effort,
): Promise<number> {
  const underWay = new Set<PromiseLike<unknown>>();
  const runOne = property.run.bind(property);
  property.run = (value) => {
    const running = Promise.resolve(runOne(value));
    underWay.add(running);
    return running.finally(() => underWay.delete(running));
  };
  const details = await fc.check(property, {
    interruptAfterTimeLimit: seconds * 1000,
    // Stopped by the clock is not failed, as long as something was tried.
    markInterruptAsFailure: false,
    numRuns: runs,
    seed,
  });
  // The clock leaves a case to itself, which may still need the test's server.
  await Promise.allSettled(underWay);
  if (details.failed) throw new Error(`${fc.defaultReportMessage(details)}\n\n${reason(details.errorInstance)}`);
  return details.numRuns;
}

function reason(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
