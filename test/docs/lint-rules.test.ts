import { RULES } from "../../lib/migrator/lint/advice";
import { examplesOf, lintOutput } from "../../scripts/docs/lint-rules";
import { readPage } from "../../scripts/docs/pages";

const { start, rules } = examplesOf(readPage("lint-rules.md"));

test("docs/lint-rules.md has each rule once, with bad and good files", () => {
  expect(rules.map(({ rule }) => rule).sort()).toEqual([...RULES].sort());
  for (const { bad, good } of rules) expect(Math.min(bad.length, good.length)).toBeGreaterThan(0);
});

test.each(rules)("$rule finds the bad files, and nothing is found in the good ones", async ({ rule, bad, good }) => {
  expect(await lintOutput(start, bad)).toMatch(new RegExp(`^migrations/\\S+:\\d+:\\d+: ${rule}$`, "m"));
  const nothing = `^${good.length} ${good.length === 1 ? "file" : "files"}: nothing found(; \\d set aside)?\\.$`;
  expect(await lintOutput(start, good)).toMatch(new RegExp(nothing));
});
