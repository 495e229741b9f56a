import { UsageError } from "../../lib/common/command-line";
import { parsePanelsArguments } from "../../lib/panels/arguments";

const parse = (...args: string[]) => parsePanelsArguments(args, ["dev", "prod"]);

function problemsOf(...args: string[]): readonly string[] {
  try {
    parse(...args);
  } catch (error) {
    if (error instanceof UsageError) return error.problems;
    throw error;
  }
  return [];
}

test("asks for the stage alone, and shows three hours as Grafana's dashboard does", () => {
  expect(parse("prod")).toEqual({ stage: "prod", hours: 3 });
  expect(parse("prod", "--hours", "24", "--to", "x.html", "--context", "k3d")).toEqual({
    ...{ stage: "prod", hours: 24, to: "x.html", context: "k3d" },
  });
  expect(parse("prod", "--prometheus", "https://metrics.example/prometheus")).toMatchObject({
    prometheus: "https://metrics.example/prometheus",
  });
});

test("refuses an address that leads nowhere, a login that others would see, and two clusters at once", () => {
  expect(problemsOf("prod", "--prometheus", "metrics:9090", "--context", "k3d")).toEqual([
    "--prometheus is metrics:9090, which is no address. Give one like http://127.0.0.1:9090.",
    expect.stringMatching(/^--context belongs to kubectl/),
  ]);
  const [problem] = problemsOf("prod", "--prometheus", "http://me:secret@metrics.example");
  expect(problem).toMatch(/^--prometheus has a login/);
  expect(problem).not.toContain("secret");
  expect(problemsOf("prod", "--prometheus", "http://metrics.example/graph?g0=up")).toHaveLength(1);
});

test("refuses more hours than the rates' five minutes allow", () => {
  expect(problemsOf("prod", "--hours", "25")).toEqual([expect.stringMatching(/--hours.*24/)]);
  expect(problemsOf("prod", "--hours", "0")).toEqual([expect.stringMatching(/--hours.*1/)]);
});
