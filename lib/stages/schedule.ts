/** Range of each field of a cron line: minute, hour, day of the month, month, day of the week (0 is Sunday; Kubernetes refuses 7). */
const FIELDS = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 6],
] as const;

const DAY_MS = 86_400_000;
/** More than a month and a week, the longest gap that the numbers of a stage are compared with. */
const DAYS = 70;

/** A cron line of five fields, as Kubernetes reads it, without its names and macros. */
export interface Schedule {
  /** The shortest time from one start to the next, in seconds. */
  readonly interval: number;
  /** The longest such time. */
  readonly longest: number;
  /** Every start within ten weeks, in seconds since they began. */
  readonly starts: ReadonlySet<number>;
}

/** Parses a cron line. Undefined if it is none, or if it never comes within ten weeks. */
export function parseSchedule(line: string): Schedule | undefined {
  const fields = line.split(" ");
  if (fields.length !== FIELDS.length) return undefined;
  const sets = FIELDS.map(([least, most], index) => parseField(fields[index] ?? "", least, most));
  const [minutes, hours, days, months, weekdays] = sets;
  if (!minutes || !hours || !days || !months || !weekdays) return undefined;
  // A line that restricts both kinds of days means either.
  const either = !isAny(fields[2]) && !isAny(fields[4]);
  const isDay = (date: Date) => {
    const [inMonth, inWeek] = [days.has(date.getUTCDate()), weekdays.has(date.getUTCDay())];
    return months.has(date.getUTCMonth() + 1) && (either ? inMonth || inWeek : inMonth && inWeek);
  };
  const ofDay = [...hours].flatMap((hour) => [...minutes].map((minute) => hour * 3600 + minute * 60)).sort(ascending);
  // Any ten weeks do, of a year in which every weekday meets every date of a month soon.
  const chosen = Array.from({ length: DAYS }, (_, day) => day).filter((day) => isDay(new Date(day * DAY_MS)));
  const starts = chosen.flatMap((day) => ofDay.map((second) => day * 86_400 + second));
  if (starts.length === 0) return undefined;
  const gaps = starts.slice(1).map((start, index) => start - (starts[index] ?? 0));
  const most = DAYS * 86_400;
  return {
    interval: Math.min(most, ...gaps),
    longest: gaps.length > 0 ? Math.max(...gaps) : most,
    starts: new Set(starts),
  };
}

/** Parses a cron line of six fields, as CloudNativePG reads it: the first is the second, one number. Undefined as above. */
export function parseSixFields(line: string): Schedule | undefined {
  const [second = "", ...others] = line.split(" ");
  return /^[0-5]?\d$/.test(second) ? parseSchedule(others.join(" ")) : undefined;
}

/** Hours that a base backup of a large database may take. */
const BASE_BACKUP_HOURS = 2;

/** Hours after which the newest base backup is too old: the longest gap of its schedule of six fields, and the time to make it. */
export const baseBackupHours = (schedule: string) =>
  Math.ceil((parseSixFields(schedule)?.longest ?? 0) / 3600) + BASE_BACKUP_HOURS;

/** Whether a field leaves its kind of day open. As Kubernetes' parser has it, a step restricts: every second day is some days. */
const isAny = (field = "") => field.split(",").some((part) => /^\*(?:\/0*1)?$/.test(part));

const ascending = (one: number, other: number) => one - other;

/** The values of a field: a list of `*`, numbers and ranges, each with a step if it likes. */
function parseField(field: string, least: number, most: number): ReadonlySet<number> | undefined {
  const values = new Set<number>();
  for (const part of field.split(",")) {
    const match = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part);
    if (!match) return undefined;
    const [, from = String(least), to, step] = match;
    const first = Number(from);
    const last = Number(to ?? (match[1] === undefined || step !== undefined ? most : from));
    const by = Number(step ?? 1);
    if (first < least || last > most || first > last || by < 1) return undefined;
    for (let value = first; value <= last; value += by) values.add(value);
  }
  return values;
}
