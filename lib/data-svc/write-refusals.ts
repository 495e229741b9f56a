import { performance } from "node:perf_hooks";
import { DatabaseFailure, type FailureKind } from "./database-failure";

/** Failures of a server that can be read from and not written to. */
const KINDS: readonly FailureKind[] = ["read-only", "storage-full", "unreplicated"];

/** Milliseconds until the next try. */
const PAUSE_MS = 1000;

/** Milliseconds that a try may take before there is another; longer than any statement waits for a replica. */
const LONGEST_TRY_MS = 10_000;

/** True if the server can still be read from. */
export const takesNoWrites = (error: unknown): boolean =>
  error instanceof DatabaseFailure && KINDS.includes(error.kind);

/** Remembers that the server takes no writes, so that of many reads with entries one a second finds out. */
export class WriteRefusals {
  #last: { readonly failure: unknown; until: number } | undefined;

  /** Does what writes. @throws what refused the last write, unless it is time for a try; or any error of `work` */
  async watch<Result>(work: () => Promise<Result>): Promise<Result> {
    const now = performance.now();
    if (this.#last && now < this.#last.until) throw this.#last.failure;
    if (this.#last) this.#last.until = now + LONGEST_TRY_MS;
    try {
      const result = await work();
      this.#last = undefined;
      return result;
    } catch (failure) {
      this.#last = takesNoWrites(failure) ? { failure, until: performance.now() + PAUSE_MS } : undefined;
      throw failure;
    }
  }
}
