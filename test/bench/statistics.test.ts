import { interleave } from "../../bench/interleave";
import { median, ratio } from "../../bench/statistics";

describe("median", () => {
  test("is the middle value, whatever the order", () => expect(median([9, 1, 5])).toBe(5));
  test("is the mean of the two in the middle", () => expect(median([10, 2, 4, 1])).toBe(3));
  test("of nothing is no number", () => expect(median([])).toBeNaN());
});

test("a ratio compares what ran in the same round, so that a slow round does not count", () => {
  expect(ratio([10, 100, 10], [20, 200, 20])).toBe(0.5);
});

test("every contender runs once a round, in turns, after one round that does not count", async () => {
  const calls: string[] = [];
  const contender = (name: string) => ({ name, measure: async () => calls.push(name) });
  const measured = await interleave([contender("a"), contender("b")], 2);
  expect(calls).toEqual(["a", "b", "a", "b", "b", "a"]);
  expect(measured).toEqual([
    { name: "a", times: [3, 6] },
    { name: "b", times: [4, 5] },
  ]);
});
