import fc from "fast-check";
import { type Candidate, planRetention } from "../../lib/backup/volume/retention";

const KEEP = { daily: 7, weekly: 5, monthly: 12 };
const DAY = 86_400_000;
const START = Date.parse("2025-01-06T03:00:00Z");

/** Backups with these times, the first the oldest. Returns them newest first, as retention takes them. */
const backups = (times: readonly number[], more: Partial<Candidate> = {}): Candidate[] =>
  times
    .map((time, index) => ({
      id: String(index + 1),
      startedAt: new Date(time),
      databaseTime: new Date(time),
      proved: false,
      ...more,
    }))
    .reverse();
const daily = (days: number) => Array.from({ length: days }, (_, day) => START + day * DAY);
const keptOf = (candidates: readonly Candidate[], now = new Date(START + 10_000 * DAY)) => {
  const { remove } = planRetention(candidates, KEEP, now);
  return candidates
    .filter(({ id }) => !remove.includes(id))
    .map(({ startedAt }) => startedAt.toISOString().slice(0, 10));
};

test("keeps seven days, five weeks and twelve months of a daily backup", () => {
  // 400 days from Monday, 6 January 2025: the newest is of Monday, 9 February 2026.
  expect(keptOf(backups(daily(400)))).toEqual([
    "2026-02-09",
    "2026-02-08",
    "2026-02-07",
    "2026-02-06",
    "2026-02-05",
    "2026-02-04",
    "2026-02-03",
    "2026-02-01",
    "2026-01-31",
    "2026-01-25",
    "2026-01-18",
    "2025-12-31",
    "2025-11-30",
    "2025-10-31",
    "2025-09-30",
    "2025-08-31",
    "2025-07-31",
    "2025-06-30",
    "2025-05-31",
    "2025-04-30",
    "2025-03-31",
  ]);
});

test("ages nothing while no backups come", () => {
  const ten = backups(daily(7));
  expect(planRetention(ten, KEEP, new Date(START + 3_650 * DAY)).remove).toEqual([]);
});

test("keeps the last backup of a day with several", () => {
  const { remove } = planRetention(
    backups([0, 1, 2, 3].map((hour) => START + hour * 3_600_000)),
    KEEP,
    new Date(START + DAY),
  );
  expect(remove).toEqual(["3", "2", "1"]);
});

test("keeps the newest that a drill proved, however old, but not an older one", () => {
  const all = backups(daily(400)).map((backup) => ({ ...backup, proved: ["100", "50"].includes(backup.id) }));
  const { remove } = planRetention(all, KEEP, new Date(START + 401 * DAY));
  expect(remove).not.toContain("100");
  expect(remove).toContain("50");
});

describe("a clock that was wrong", () => {
  const now = new Date(START + 20 * DAY);

  test("years ahead for one backup costs no other, and the backup is kept and told", () => {
    const times = daily(20);
    times[10] = START + 1_000 * DAY;
    const { remove, doubtful } = planRetention(backups(times), KEEP, now);
    expect(doubtful).toEqual([{ id: "11", reason: "its date is in the future" }]);
    const { remove: without } = planRetention(
      backups(times).filter(({ id }) => id !== "11"),
      KEEP,
      now,
    );
    expect(remove).toEqual(without);
  });

  test("hours ahead is seen by the next backups' dates", () => {
    const times = daily(20);
    times[10] = START + 15.5 * DAY;
    const { doubtful } = planRetention(backups(times), KEEP, now);
    expect(doubtful).toEqual([{ id: "11", reason: "its date contradicts the numbers of the others" }]);
  });

  test("months back is seen by the dates before", () => {
    const times = daily(20);
    times[19] = START - 100 * DAY;
    expect(planRetention(backups(times), KEEP, now).doubtful.map(({ id }) => id)).toEqual(["20"]);
  });

  test("in the pod that tidies up removes nothing more", () => {
    const all = backups(daily(100));
    const right = planRetention(all, KEEP, new Date(START + 100 * DAY));
    const ahead = planRetention(all, KEEP, new Date(START + 5_000 * DAY));
    const back = planRetention(all, KEEP, new Date(START + 50 * DAY));
    expect(ahead).toEqual(right);
    expect(right.remove).toEqual(expect.arrayContaining([...back.remove]));
  });
});

test("whatever the clocks say, the newest and the newest proved stay, and doubtful ones do", () => {
  const candidate = fc.record({
    time: fc.integer({ min: -500, max: 500 }),
    skew: fc.constantFrom(0, 0, 0, 1),
    proved: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(candidate, { minLength: 1, maxLength: 60 }), fc.nat(10), (made, keep) => {
      const all = made.map(({ time, skew, proved }, index) => {
        const startedAt = new Date(START + time * DAY);
        return { id: String(index), startedAt, databaseTime: new Date(startedAt.getTime() + skew * DAY), proved };
      });
      const { remove, doubtful } = planRetention(all, { daily: keep, weekly: 0, monthly: 0 }, new Date(START));
      const mustStay = [all[0]?.id, all.find(({ proved }) => proved)?.id, ...doubtful.map(({ id }) => id)];
      expect(remove.filter((id) => mustStay.includes(id))).toEqual([]);
      expect(new Set(remove).size).toBe(remove.length);
    }),
  );
});
