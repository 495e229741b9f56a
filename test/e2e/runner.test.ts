import { Kubectl, type Outcome } from "../../lib/deploy/kubectl";
import { type Case, E2e } from "./case";
import { runCases, summarize } from "./runner";

class NoCluster extends Kubectl {
  override async try(): Promise<Outcome> {
    return { code: 0, stdout: '{"items":[]}', stderr: "" };
  }
}

function e2e(signal = new AbortController().signal) {
  const lines: string[] = [];
  const options = { cases: [], build: false, keep: false };
  return { lines, e2e: new E2e(options, "/", "/", new NoCluster({}), "n", (line) => lines.push(line), signal) };
}

const ran: string[] = [];
beforeEach(() => ran.splice(0));

function one(name: string, more: Partial<Case> = {}): Case {
  return { name, title: name, run: async () => void ran.push(name), ...more };
}
const failing = async () => {
  throw new Error("it is not so");
};

test("runs every case in order", async () => {
  const results = await runCases([one("a"), one("b")], [], e2e().e2e);
  expect(results.map(({ name, problem }) => [name, problem])).toEqual([
    ["a", undefined],
    ["b", undefined],
  ]);
});

test("runs a case alone after those that set up", async () => {
  await runCases([one("synth", { setsUp: true }), one("a"), one("b")], ["b"], e2e().e2e);
  expect(ran).toEqual(["synth", "b"]);
});

test("goes on after a failure, with what is wrong", async () => {
  const { e2e: context, lines } = e2e();
  const [first] = await runCases([one("a", { run: failing }), one("b")], [], context);
  expect(first?.problem).toBe("it is not so");
  expect(lines.join("\n")).toContain("--- Events");
  expect(ran).toEqual(["b"]);
});

test("runs nothing on what could not be set up", async () => {
  const results = await runCases([one("a", { setsUp: true, run: failing }), one("b")], [], e2e().e2e);
  expect(results).toHaveLength(1);
});

test("begins nothing after it was stopped", async () => {
  expect(await runCases([one("a")], [], e2e(AbortSignal.abort()).e2e)).toEqual([]);
});

test("what was made is removed once, the last first, and what fails to go is reported", async () => {
  const { e2e: context } = e2e();
  context.cleanUp("first", async () => ran.push("first"));
  context.cleanUp("second", failing);
  const removeThird = context.cleanUp("third", async () => ran.push("third"));
  context.cleanUp("fourth", async () => ran.push("fourth"));
  await removeThird();
  expect(await context.removeAll()).toEqual(["second: it is not so"]);
  expect(ran).toEqual(["third", "fourth", "first"]);
});

test("the closing line counts, alone on its line", () => {
  const text = summarize([
    { name: "a", seconds: 1 },
    { name: "b", seconds: 2.5, problem: "it is\nnot so" },
  ]);
  expect(text.split("\n").at(-1)).toBe("1 passed, 1 failed");
  expect(text).toMatch(/FAILED {2}b +2\.5 s {2}it is$/m);
});
