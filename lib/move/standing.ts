import { readLink } from "./link";
import type { Side } from "./move";
import { BACK, FORWARD } from "./names";
import { type Facts, readFacts } from "./obstacles";
import type { Server } from "./server";

/** State of a move, as cluster and databases tell it. */
export interface Standing {
  readonly serving: Side;
  readonly old: Facts;
  /** Undefined while there is no new server. */
  readonly new?: Facts;
  /** Whether the new server is being filled, and whether each table of it follows. */
  readonly subscribed: boolean;
  readonly copied: boolean;
  /** Bytes of the old server's log that wait for the new one; null without a slot. */
  readonly waitingBytes: number | null;
  /** Whether what is written on the new server goes to the old one. */
  readonly back: boolean;
}

export interface Servers {
  readonly old: Server;
  /** @default there is none yet */
  readonly new?: Server;
}

export async function readStanding(servers: Servers, serving: Side): Promise<Standing> {
  const { old, new: target } = servers;
  const facts = { serving, old: await readFacts(old) };
  if (!target) return { ...facts, subscribed: false, copied: false, waitingBytes: null, back: false };
  const { slot, subscription } = await readLink({ name: FORWARD, from: old, to: target });
  const back = await readLink({ name: BACK, from: target, to: old });
  return {
    ...facts,
    new: await readFacts(target),
    subscribed: subscription !== null,
    copied: subscription !== null && subscription.ready === subscription.tables,
    waitingBytes: slot?.lagBytes ?? null,
    back: back.subscription !== null,
  };
}
