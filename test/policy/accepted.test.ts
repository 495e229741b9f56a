import { ACCEPTED } from "./support/accepted";
import { ACCEPTED_PODS } from "./support/accepted-pods";
import { Finished } from "./support/break";

describe("no rule is broken by", () => {
  test.each([...ACCEPTED, ...ACCEPTED_PODS])("$what", ({ change }) => {
    const set = new Finished();
    change(set);
    expect(set.violations()).toEqual([]);
  });
});
