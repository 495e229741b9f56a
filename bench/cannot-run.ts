/** A benchmark that has nothing to measure with: what is missing, and what to do. The scripts end with code 2 on it. */
export class CannotRun extends Error {
  override readonly name = "CannotRun";
}

/** Runs a benchmark to its end. Code 0 whatever it measured, 2 when it cannot run, 1 when it failed unexpectedly. */
export async function runBenchmark(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    const expected = error instanceof CannotRun;
    console.error(expected ? `Cannot run: ${error.message}` : error);
    process.exitCode = expected ? 2 : 1;
  }
}
