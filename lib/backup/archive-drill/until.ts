import { setTimeout as pause } from "node:timers/promises";
import { BackupError } from "../errors";

export interface Patience {
  /** For the message, e.g. `"the pause of the replica's replay"`. */
  readonly what: string;
  /** When it gives up, as milliseconds since 1970. */
  readonly until: number;
  /** Time between two looks. @default 2000 */
  readonly everyMs?: number;
}

/** Looks again and again until `look` returns true; else it returns what it has seen. @throws BackupError at the deadline */
export async function until(look: () => Promise<true | string>, patience: Patience): Promise<void> {
  const { what, until: deadline, everyMs = 2000 } = patience;
  for (;;) {
    const seen = await look();
    if (seen === true) return;
    if (Date.now() >= deadline) throw new BackupError(`The time for ${what} is over: ${seen}.`);
    await pause(everyMs);
  }
}
