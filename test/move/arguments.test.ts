import type { UsageError } from "../../lib/common/command-line";
import { pairProblems, parseMoveArguments } from "../../lib/move/arguments";
import { STAGES } from "../../lib/stages";

const parse = (...args: string[]) => parseMoveArguments(args, ["prod", "prod-ha"]);

function problemsOf(...args: string[]): readonly string[] {
  try {
    parse(...args);
    return [];
  } catch (error) {
    return (error as UsageError).problems;
  }
}

test("moves with a pause of ten seconds at most, and asks, unless it is told otherwise", () => {
  const plain = { from: "prod", to: "prod-ha", action: "move", longestPauseSeconds: 10, yes: false };
  expect(parse("prod", "prod-ha")).toEqual(plain);
  expect(parse("prod", "prod-ha", "--longest-pause", "60", "--yes")).toEqual({
    ...plain,
    ...{ longestPauseSeconds: 60, yes: true },
  });
  for (const action of ["back", "finish", "abandon"] as const) {
    expect(parse("prod", "prod-ha", `--${action}`)).toEqual({ ...plain, action });
  }
  expect(parse("--help")).toBeUndefined();
});

test("refuses two actions at once, a pause without time to compare, and stages that are none", () => {
  expect(problemsOf("prod", "prod-ha", "--back", "--finish")).toEqual(["--back and --finish exclude each other."]);
  expect(problemsOf("prod", "prod-ha", "--longest-pause", "3")).toEqual([expect.stringContaining("--longest-pause")]);
  expect(problemsOf("prod")).toEqual(["No new stage is named. The new stages are prod, prod-ha."]);
  expect(problemsOf("prod", "elsewhere")).toEqual([expect.stringContaining('There is no new stage "elsewhere"')]);
});

test("prod's database can move to prod-ha, and no other way round", () => {
  expect(pairProblems(STAGES.prod, STAGES["prod-ha"])).toEqual([]);
  expect(pairProblems(STAGES["prod-ha"], STAGES.prod)).toEqual([expect.stringContaining("--back leads back")]);
  expect(pairProblems(STAGES.prod, { ...STAGES["prod-ha"], namespace: "other" })).toEqual([
    expect.stringContaining("stays in one namespace"),
  ]);
  expect(pairProblems(STAGES.dev, STAGES["prod-ha"])).toEqual([expect.stringContaining("cert-manager")]);
});
