import { setTimeout as sleep } from "node:timers/promises";
import { summaryOf } from "../backup/contents";
import { differences } from "../backup/differences";
import { copySequences, readContents } from "./contents";
import { fence, open, requireNobody } from "./fence";
import { hasReceived, type Link } from "./link";
import { MoveError } from "./server";

export interface SwitchOverOptions {
  /** The link from the server that serves to the one that shall. */
  readonly link: Link;
  /** Seconds for which nobody may be able to write. */
  readonly longestPauseSeconds: number;
  /** Leads clients to the receiver. */
  readonly lead: () => Promise<void>;
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Part of the pause that leading the clients to the other server takes, in seconds. */
export const LEAD_SECONDS = 2;

/**
 * Keeps writers out of one server, waits until the other has everything, compares both exactly, and leads clients there. Whatever
 * fails before that, and a pause that would become too long, lets writers in again where they were.
 * @throws MoveError if the servers differ or the time is over
 */
export async function switchOver({ link, longestPauseSeconds, lead, say, signal }: SwitchOverOptions): Promise<void> {
  const { from, to } = link;
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const time = new Deadline((longestPauseSeconds - LEAD_SECONDS) * 1000, signal);
  const shut = fence(from);
  try {
    const end = await time.bound(shut);
    say(`nobody can write to ${from.name} any more`);
    while (!(await time.bound(hasReceived(link, end)))) await time.bound(sleep(20));
    say(`${to.name} has everything, after ${seconds().toFixed(1)} s`);
    await time.bound(copySequences(from, to));
    const [original, copy] = await time.bound(Promise.all([readContents(from), readContents(to)]));
    const found = differences(original, copy, from.name);
    if (found.length > 0) {
      throw new MoveError(`${to.name} differs from ${from.name}:\n${found.map((each) => `  ${each}`).join("\n")}`);
    }
    await time.bound(requireNobody(from));
    await time.bound(open(to));
    say(`the two manifests are equal, after ${seconds().toFixed(1)} s: ${summaryOf(original)}`);
  } catch (error) {
    // Not before it is shut, or it would stay so.
    await shut.catch(() => undefined);
    await open(from);
    say(`everybody can write to ${from.name} as before, after ${seconds().toFixed(1)} s`);
    throw error;
  } finally {
    time.end();
  }
  await lead();
  say(`clients are led to ${to.name}; nobody could write for ${seconds().toFixed(1)} s`);
}

/** Bounds all steps together. */
class Deadline {
  readonly #over: Promise<never>;
  #stop: () => void = () => undefined;

  constructor(milliseconds: number, signal: AbortSignal | undefined) {
    this.#over = new Promise<never>((_, reject) => {
      const late = () =>
        reject(
          new MoveError(
            `Writes would have paused for longer than is allowed. Run this again at a quieter time, or allow more: --longest-pause SECONDS.`,
          ),
        );
      const aborted = () => reject(signal?.reason);
      const timer = setTimeout(late, milliseconds);
      signal?.addEventListener("abort", aborted);
      this.#stop = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", aborted);
      };
    });
    this.#over.catch(() => undefined);
  }

  /** Waits for a step, and no longer than is left for all. A step that goes on later changes nothing that matters. */
  async bound<Result>(step: Promise<Result>): Promise<Result> {
    step.catch(() => undefined);
    return await Promise.race([step, this.#over]);
  }

  end(): void {
    this.#stop();
  }
}
