import { setTimeout as sleep } from "node:timers/promises";
import type { Readiness } from "./readiness";
import type { Say } from "./say";

export interface Wait {
  /** The awaited object, e.g. `"statefulset/postgres"`. */
  readonly what: string;
  /** Seconds until the wait is given up. */
  readonly seconds: number;
  /** Asked once a second. */
  poll(): Promise<Readiness>;
}

export interface WaitContext {
  /** Receives progress, one line at a time. */
  readonly say: Say;
  /** Receives the same line after each poll, for a terminal that shows it in place. @default nobody */
  readonly live?: Say | undefined;
  /** Ends the wait. @default never */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds between two polls. @default 1000 */
  readonly pollMilliseconds?: number;
}

/** Something that did not become ready in time, or never will. */
export class WaitError extends Error {
  override readonly name = "WaitError";

  constructor(
    readonly what: string,
    /** The message without its subject. */
    readonly problem: string,
  ) {
    super(`${what} ${problem}`);
  }
}

/** Longest time between two lines of progress, in seconds; a changed state is told at once. */
const HEARTBEAT_SECONDS = 10;

/** Polls until ready and tells what it waits for. Returns the seconds waited. @throws WaitError */
export async function waitFor({ what, seconds, poll }: Wait, context: WaitContext): Promise<number> {
  const { say, live, signal, pollMilliseconds = 1000 } = context;
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1000;
  let said = { detail: "", at: Number.NEGATIVE_INFINITY };
  for (;;) {
    signal?.throwIfAborted();
    const { state, detail } = await poll();
    if (state === "ready") return elapsed();
    if (state === "failed") throw new WaitError(what, `failed: ${detail}`);
    if (elapsed() >= seconds) throw new WaitError(what, `was not ready after ${seconds} s: ${detail}`);
    const line = `waiting for ${what}: ${detail}, ${Math.floor(elapsed())} s of ${seconds} s`;
    const facts = { type: "waiting", object: what, state: detail, seconds: elapsed(), limit: seconds } as const;
    live?.(line, facts);
    if (detail !== said.detail || elapsed() - said.at >= HEARTBEAT_SECONDS) {
      say(line, facts);
      said = { detail, at: elapsed() };
    }
    await sleep(pollMilliseconds, undefined, { signal }).catch((error: unknown) => {
      throw signal?.reason ?? error;
    });
  }
}
