/** Numbers of backups to keep, by the UTC date of their start. */
export interface Keep {
  /** The last backup of each of so many days that have one. */
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
}

/** The facts about a committed backup that retention decides by. */
export interface Candidate {
  readonly id: string;
  readonly startedAt: Date;
  /** The database's clock at the time. Undefined if the manifest cannot be read. */
  readonly databaseTime: Date | undefined;
  /** Whether a drill restored it and found everything equal. */
  readonly proved: boolean;
}

export interface Plan {
  readonly remove: readonly string[];
  /** Backups that are kept because something about them is doubtful, each with the reason. */
  readonly doubtful: readonly { readonly id: string; readonly reason: string }[];
}

/** Milliseconds by which two clocks may differ. */
const TOLERANCE = 10 * 60_000;

/**
 * Chooses the backups to remove. Counts days, weeks and months that have backups, never those since: so a clock that
 * runs ahead ages nothing. Keeps the newest, the newest that a drill proved, and every doubtful one.
 * @param backups committed ones, newest first by their numbers
 */
export function planRetention(backups: readonly Candidate[], keep: Keep, now: Date): Plan {
  const doubtful = [...doubts(backups, now)].map(([{ id }, reason]) => ({ id, reason }));
  const dubious = new Set(doubtful.map(({ id }) => id));
  const sound = backups.filter(({ id }) => !dubious.has(id));
  const kept = new Set([
    ...dubious,
    ...backups.slice(0, 1).map(({ id }) => id),
    ...backups
      .filter(({ proved }) => proved)
      .slice(0, 1)
      .map(({ id }) => id),
    ...lastOfEach(sound, dayOf, keep.daily),
    ...lastOfEach(sound, weekOf, keep.weekly),
    ...lastOfEach(sound, monthOf, keep.monthly),
  ]);
  return { remove: backups.filter(({ id }) => !kept.has(id)).map(({ id }) => id), doubtful };
}

function lastOfEach(backups: readonly Candidate[], period: (time: Date) => string, count: number): string[] {
  const last = new Map<string, string>();
  for (const { id, startedAt } of backups) {
    const name = period(startedAt);
    if (!last.has(name)) last.set(name, id);
  }
  return [...last.values()].slice(0, count);
}

const dayOf = (time: Date) => time.toISOString().slice(0, 10);
const monthOf = (time: Date) => time.toISOString().slice(0, 7);
/** The Monday of the week. */
function weekOf(time: Date): string {
  const monday = new Date(time);
  monday.setUTCDate(time.getUTCDate() - ((time.getUTCDay() + 6) % 7));
  return dayOf(monday);
}

function doubts(backups: readonly Candidate[], now: Date): Map<Candidate, string> {
  const found = new Map<Candidate, string>();
  for (const backup of backups) {
    const reason = doubt(backup, now);
    if (reason) found.set(backup, reason);
  }
  const rest = backups.filter((backup) => !found.has(backup));
  for (const backup of outOfOrder(rest)) found.set(backup, "its date contradicts the numbers of the others");
  return found;
}

function doubt({ startedAt, databaseTime }: Candidate, now: Date): string | undefined {
  if (databaseTime === undefined) return "its manifest cannot be read";
  if (startedAt.getTime() > now.getTime() + TOLERANCE) return "its date is in the future";
  if (Math.abs(startedAt.getTime() - databaseTime.getTime()) > TOLERANCE)
    return `its date differs from its database's clock, which said ${databaseTime.toISOString()}`;
  return undefined;
}

/** Finds the fewest backups without which dates rise with numbers: those whose clock was wrong. */
function outOfOrder(newestFirst: readonly Candidate[]): Candidate[] {
  const inOrder = new Set(longestRising([...newestFirst].reverse()));
  return newestFirst.filter((backup) => !inOrder.has(backup));
}

/** The longest subsequence whose dates never fall, by patience sorting. */
function longestRising(backups: readonly Candidate[]): Candidate[] {
  interface Link {
    readonly backup: Candidate;
    readonly before: Link | undefined;
  }
  /** At index n the chain of n + 1 backups that ends earliest. */
  const chains: Link[] = [];
  for (const backup of backups) {
    const later = chains.findIndex((link) => link.backup.startedAt > backup.startedAt);
    const at = later < 0 ? chains.length : later;
    chains[at] = { backup, before: chains[at - 1] };
  }
  const longest: Candidate[] = [];
  for (let link = chains.at(-1); link; link = link.before) longest.push(link.backup);
  return longest;
}
