import { parseSchedule } from "../../lib/stages/schedule";

test.each([
  ["* * * * *", 60],
  ["7 * * * *", 3_600],
  ["*/20 * * * *", 1_200],
  ["5/30 * * * *", 1_800],
  ["0,50 * * * *", 600],
  ["7 3 * * *", 86_400],
  ["7 3,5 * * *", 7_200],
  ["37 3 * * 0", 7 * 86_400],
  ["0 0 * * 1-5", 86_400],
  ["0 0 1 * *", 28 * 86_400],
  // Either kind of day counts if both are restricted, and a step restricts.
  ["0 0 1 * 1", 86_400],
  ["0 0 */31 * 1", 86_400],
  ["0 0 */1 * 1", 7 * 86_400],
  ["0 0 9,* * 1", 7 * 86_400],
])("%s starts again after %i s at the soonest", (line, interval) =>
  expect(parseSchedule(line)?.interval).toBe(interval),
);

test.each([
  "",
  "@daily",
  "* * * *",
  "* * * * * *",
  "60 * * * *",
  "* 24 * * *",
  "* * 0 * *",
  "* * * 13 *",
  // Sunday is 0, and nothing else: Kubernetes refuses 7.
  "37 3 * * 7",
  "* * * * 5-7",
  "a * * * *",
  "5-1 * * * *",
  "*/0 * * * *",
  "0 0 31 2 *",
])("%p is no schedule", (line) => expect(parseSchedule(line)).toBeUndefined());
