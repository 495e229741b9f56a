import fc from "fast-check";

/** A number of cases, or a while, in which a slow machine does less. */
export type Effort = ({ readonly runs: number } | { readonly seconds: number }) & {
  /** What a failure printed, to see it again. @default FUZZ_SEED of the environment, else always the same cases */
  readonly seed?: number;
};

/** A change is judged by what it changed, not by luck; whoever hunts sets another, such as `FUZZ_SEED=$RANDOM`. */
const DEFAULT_SEED = Number((globalThis as { FUZZ_SEED?: string }).FUZZ_SEED ?? 20_261_123);

/** Checks a property with random cases; a failure shows the smallest one, its seed and path. */
export async function holds<Case>(
  property: ReturnType<typeof fc.asyncProperty<[Case]>>,
  { seed = DEFAULT_SEED, ...effort }: Effort,
): Promise<number> {
  const underWay = new Set<PromiseLike<unknown>>();
  const runOne = property.run.bind(property);
  property.run = (value) => {
    const running = Promise.resolve(runOne(value));
    underWay.add(running);
    return running.finally(() => underWay.delete(running));
  };
  const details = await fc.check(property, {
    ...limit(effort),
    seed,
  });
  // The clock leaves a case to itself, which may still need the test's server.
  await Promise.allSettled(underWay);
  if (details.failed) throw new Error(`${fc.defaultReportMessage(details)}\n\n${reason(details.errorInstance)}`);
  return details.numRuns;
}

/** Stopped by the clock is not failed, as long as something was tried. */
const limit = (effort: Effort) =>
  "runs" in effort
    ? { numRuns: effort.runs }
    : { numRuns: 1_000_000, interruptAfterTimeLimit: effort.seconds * 1000, markInterruptAsFailure: false };

function reason(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
