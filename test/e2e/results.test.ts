import { summarize } from "./results";

test("the closing line counts, alone on its line", () => {
  const text = summarize([
    { name: "a", outcome: "passed", seconds: 1 },
    { name: "b", outcome: "failed", seconds: 2.5, reason: "it is\nnot so" },
    { name: "c", outcome: "skipped", seconds: 0, reason: "b did not pass" },
  ]);
  expect(text.split("\n").at(-1)).toBe("1 passed, 1 failed, 1 skipped");
  expect(text).toMatch(/FAILED {2}b +2\.5 s {2}it is$/m);
  expect(text).toMatch(/skipped c +0\.0 s {2}b did not pass$/m);
});
