import { summaryOf } from "../backup/contents";
import { waitFor } from "../deploy/waiting";
import { readContents } from "./contents";
import { isFenced, open } from "./fence";
import { hold, isHeld, release } from "./hold";
import { cut, establish, type Link, readLink } from "./link";
import { BACK, FORWARD } from "./names";
import { missingRoles, readFacts, requireMovable } from "./obstacles";
import { importable } from "./schema";
import { MoveError, type Server } from "./server";
import { LEAD_SECONDS, switchOver } from "./switch-over";

export type Side = "old" | "new";

export interface MoveOptions {
  /** The server that the database leaves. */
  readonly old: Server;
  /** The server that the database goes to. */
  readonly new: Server;
  /** Name of the database, the same on both. */
  readonly database: string;
  /** Tells where clients are led now. */
  readonly serving: () => Promise<Side>;
  /** Leads clients to a side. */
  readonly lead: (side: Side) => Promise<void>;
  /** Makes this package's roles on the new server. Safe to repeat. */
  readonly makeRoles: () => Promise<void>;
  /** Dumps the schema of the old server's database, as SQL. */
  readonly dumpSchema: () => Promise<string>;
  /** Seconds for which nobody may be able to write. @default 10 */
  readonly longestPauseSeconds?: number;
  readonly say: (line: string) => void;
  /** Stops between two steps. @default never */
  readonly signal?: AbortSignal;
  /** Milliseconds between two looks. @default 1000 */
  readonly pollMilliseconds?: number;
}

/** A first copy of a terabyte takes a day. */
const COPY_SECONDS = 2 * 24 * 3600;
const CATCH_UP_SECONDS = 3600;
/** Log that is sent in a moment. */
const CLOSE_BYTES = 1024 * 1024;
const PAUSE_SECONDS = 10;

const forward = (options: MoveOptions): Link => ({ name: FORWARD, from: options.old, to: options.new });
const back = (options: MoveOptions): Link => ({ name: BACK, from: options.new, to: options.old });

/**
 * Moves the database to the new server while clients write, and keeps the way back. Each step looks first whether it is done, so
 * repeating the whole continues it, wherever it was killed.
 * @throws MoveError, WaitError; unless it says otherwise, clients are served where they were
 */
export async function move(options: MoveOptions): Promise<void> {
  const { say } = options;
  if ((await options.serving()) === "old") {
    await prepare(options);
    await requireShortPause(forward(options), options);
    await switchOver({ ...pauseOf(options), link: forward(options), lead: () => options.lead("new") });
  }
  await cut(forward(options));
  say(
    `${options.new.name} serves. What is written there goes to ${options.old.name}, too, so that there is a way back.`,
  );
}

/** Makes the new server a copy of the old one that follows it, and the way back. Clients notice nothing. */
async function prepare(options: MoveOptions): Promise<void> {
  const { old, say } = options;
  requireMovable(await readFacts(old), await readFacts(options.new));
  if (!(await isHeld(old))) {
    await hold(old, options.database);
    say(`changes of the schema are held on ${old.name}: a release with migrations is refused until the move is over`);
  }
  if (!(await isHeld(options.new))) await importSchema(options);
  await establish(forward(options), { copy: true });
  await untilCopied(forward(options), options);
  // Before anybody writes there, so that nothing is missing on the way back.
  await establish(back(options), { copy: false });
  await untilClose(forward(options), options);
}

async function importSchema(options: MoveOptions): Promise<void> {
  const { old, new: target, say } = options;
  await options.makeRoles();
  const missing = missingRoles(await readFacts(old), await readFacts(target));
  if (missing.length > 0) {
    throw new MoveError(
      `The roles ${missing.join(", ")} own or may use something in ${old.name} and are not this package's. Make them on ${target.name} (create ` +
        "role …), or drop them, and run this again.",
    );
  }
  // All or nothing: a part of it would look like somebody's database.
  await target.run("begin", importable(await options.dumpSchema()), "commit");
  say(`${target.name} has the schema`);
}

async function untilCopied(link: Link, options: MoveOptions): Promise<void> {
  const poll = async () => {
    const { slot, subscription } = await readLink(link);
    requireSlot(link, slot);
    const { tables = 0, ready = 0, errors = 0 } = subscription ?? {};
    const failures = errors > 0 ? `; ${errors} errors, of which the log of ${link.to.name} tells` : "";
    const state = subscription !== null && ready === tables ? "ready" : "waiting";
    return { state, detail: `${ready} of ${tables} tables are copied${failures}` } as const;
  };
  const seconds = await waitFor({ what: link.to.name, seconds: COPY_SECONDS, poll }, options);
  options.say(`${link.to.name} has a copy of every table and follows, after ${Math.round(seconds)} s`);
}

async function untilClose(link: Link, options: MoveOptions): Promise<void> {
  const poll = async () => {
    const { slot } = await readLink(link);
    requireSlot(link, slot);
    const { active = false, lagBytes = 0 } = slot ?? {};
    const state = active && lagBytes <= CLOSE_BYTES ? "ready" : "waiting";
    return { state, detail: active ? `${lagBytes} bytes behind` : "not connected" } as const;
  };
  await waitFor({ what: `${link.to.name} to catch up`, seconds: CATCH_UP_SECONDS, poll }, options);
}

/** @throws MoveError if the sender no longer has the log that the receiver needs */
function requireSlot({ name, from, to }: Link, slot: Awaited<ReturnType<typeof readLink>>["slot"]): void {
  if (slot && !slot.lost) return;
  const why = slot
    ? `${from.name} has thrown log away that ${to.name} still needed (max_slot_wal_keep_size)`
    : `${from.name} has no replication slot ${name} any more, as after a failover`;
  const what =
    name === FORWARD
      ? "Abandon the move (--abandon), delete the Cluster and its claims, and begin anew."
      : `The way back is lost, and ${from.name} serves on. End the move: --finish.`;
  throw new MoveError(`${why}. ${what}`);
}

/** Measures the comparison while everybody writes. With writers kept out already, time is short. */
async function requireShortPause({ from, to }: Link, options: MoveOptions): Promise<void> {
  if (await isFenced(from)) return;
  const began = performance.now();
  const [contents] = await Promise.all([readContents(from), readContents(to)]);
  const seconds = (performance.now() - began) / 1000;
  const { longestPauseSeconds } = pauseOf(options);
  options.say(`comparing both servers takes ${seconds.toFixed(1)} s: ${summaryOf(contents)}`);
  if (seconds + LEAD_SECONDS < longestPauseSeconds) return;
  throw new MoveError(
    `Comparing takes ${seconds.toFixed(1)} s, in which nobody could write, and that may be ${longestPauseSeconds} s with the change of servers. ` +
      `Allow it: --longest-pause ${Math.ceil(2 * seconds + LEAD_SECONDS)}. ${to.name} follows meanwhile, and everybody can write.`,
  );
}

/**
 * Leads clients back to the old server, with everything that was written since. Repeating it continues it.
 * @throws MoveError, WaitError
 */
export async function goBack(options: MoveOptions): Promise<void> {
  const { old, say } = options;
  if ((await options.serving()) === "new") {
    const { slot, subscription } = await readLink(back(options));
    requireSlot(back(options), slot);
    if (!subscription) throw new MoveError(`${old.name} does not follow any more: the way back was ended.`);
    await untilClose(back(options), options);
    await requireShortPause(back(options), options);
    await switchOver({ ...pauseOf(options), link: back(options), lead: () => options.lead("old") });
  }
  // Shut where a run was killed before clients were led away.
  await open(old);
  await cutBoth(options);
  await release(old);
  say(`${old.name} serves as before the move, and nothing of it is left there.`);
}

/**
 * Ends the move with the new server, and the way back with it. The old database stays as it is, and lets nobody in.
 * @throws MoveError if the old server serves
 */
export async function finish(options: MoveOptions): Promise<void> {
  const { old, new: target, say } = options;
  if ((await options.serving()) === "old") throw new MoveError(`${old.name} serves, so there is nothing to finish.`);
  await cutBoth(options);
  await release(target);
  say(`${target.name} is all that is needed. ${old.name} keeps its rows and lets nobody in.`);
}

/**
 * Ends a move before clients are led to the new server, and lets everybody in where they were.
 * @throws MoveError if the new server serves
 */
export async function abandon(options: Omit<MoveOptions, "new"> & Partial<Pick<MoveOptions, "new">>): Promise<void> {
  const { old, new: target, say } = options;
  if ((await options.serving()) === "new") {
    throw new MoveError(
      "The new server serves, so the move cannot be abandoned. Go back (--back), or end it (--finish).",
    );
  }
  await open(old);
  await cut({ name: FORWARD, from: old, ...(target && { to: target }) });
  await cut({ name: BACK, to: old, ...(target && { from: target }) });
  await release(old);
  say(`${old.name} serves as before the move, and nothing of it is left there.`);
}

async function cutBoth(options: MoveOptions): Promise<void> {
  await cut(back(options));
  await cut(forward(options));
}

const pauseOf = ({ longestPauseSeconds = PAUSE_SECONDS, say, signal }: MoveOptions) => ({
  longestPauseSeconds,
  say,
  ...(signal && { signal }),
});
