import { setImmediate as turn } from "node:timers/promises";
import { sideBySide } from "./side-by-side";

test.each([1, 2, 5])("does %d at a time and never more, and returns in the order of the items", async (atOnce) => {
  let [under, most] = [0, 0];
  const made = await sideBySide([1, 2, 3, 4], atOnce, async (item) => {
    under += 1;
    most = Math.max(most, under);
    await turn();
    under -= 1;
    return item * 10;
  });
  expect(made).toEqual([10, 20, 30, 40]);
  expect(most).toBe(Math.min(atOnce, 4));
});
