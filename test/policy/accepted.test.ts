import { ACCEPTED } from "./support/accepted";
import { Finished } from "./support/break";

describe("no rule is broken by", () => {
  test.each(ACCEPTED)("$what", ({ change }) => {
    const set = new Finished();
    change(set);
    expect(set.violations()).toEqual([]);
  });
});
