import { setTimeout as sleep } from "node:timers/promises";
import { type DestinationStream, pino } from "pino";

/** Bytes of lines that may wait while the reader stalls: some 4,000 requests' worth. */
const MOST_WAITING = 1024 * 1024;

/** Milliseconds for which an exit, or what must be logged, waits for a reader that stalls. */
const LAST_LINES_MS = 1000;

/**
 * Standard output of a service that goes on whatever becomes of the reader. A container runtime on a slow disk stops reading,
 * and a write that waits for it would stop every request. Lines beyond 1 MiB are left out, and counted.
 */
export class StandardOutput implements DestinationStream {
  // With a least length of 0, `flush` would not wait.
  readonly #output = pino.destination({ sync: false, minLength: 1, maxLength: MOST_WAITING });
  #leftOut = 0;
  #untold = 0;

  constructor() {
    this.#output.on("drop", () => {
      this.#leftOut += 1;
      this.#untold += 1;
    });
  }

  /** Lines that were not written. */
  get leftOut(): number {
    return this.#leftOut;
  }

  write(line: string): void {
    this.#output.write(line);
  }

  /** Calls back with the number of lines that were left out, each time when the reader is back. */
  onResumed(tell: (lines: number) => void): void {
    this.#output.on("drain", () => {
      const lines = this.#untold;
      this.#untold = 0;
      if (lines > 0) tell(lines);
    });
  }

  /** Logs, and tells whether the reader has taken it. A reader that stalls is waited for, though not long. */
  async takes(log: () => void): Promise<boolean> {
    const before = this.#leftOut;
    log();
    return (await this.#written()) && this.#leftOut === before;
  }

  /** Writes what waits, as far as the reader takes it, and ends the process. */
  async exit(code: number): Promise<never> {
    // The exit would wait for what is left.
    if (!(await this.#written())) this.#output.destroy();
    process.exit(code);
  }

  #written(): Promise<boolean> {
    const written = new Promise<boolean>((resolve) => this.#output.flush(() => resolve(true)));
    return Promise.race([written, sleep(LAST_LINES_MS, false)]);
  }
}
