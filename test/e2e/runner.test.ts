import { setImmediate as turn } from "node:timers/promises";
import { type Case, type E2e, Skip } from "./case";
import { e2eOf } from "./no-cluster";
import type { Group, Plan } from "./plan";
import { runPlan } from "./runner";
import { Shared } from "./shared";

const happened: string[] = [];
beforeEach(() => happened.splice(0));

function one(name: string, more: Partial<Case> = {}): Case {
  return { name, title: `${name} holds`, run: async () => void happened.push(name), ...more };
}
const failing = async () => {
  throw new Error("it is not so");
};
const group = (name: string, ...cases: Case[]): Group => ({ name, cases });

function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** A case that ends when it is told to. */
function gated(name: string) {
  const { opened, open } = gate();
  const run = async (e2e: E2e) => {
    happened.push(`${name} begins`);
    e2e.evidence(`seen by ${name}`);
    await opened;
    happened.push(`${name} ends`);
  };
  return { case: one(name, { run }), open };
}

/** Lets everything happen that waits for nothing else. */
async function idle(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await turn();
}

function start(plan: Partial<Plan>, { keep = false, signal = new AbortController().signal } = {}) {
  const lines: string[] = [];
  const whole: Plan = { first: [], home: group(""), others: [], last: [], atOnce: 2, ...plan };
  const shared = new Shared();
  const enter = async (name: string, print: (line: string) => void) => e2eOf(`n-${name}`, print, signal, shared);
  return { lines, outcome: runPlan(whole, { print: (line) => void lines.push(line), signal, keep, shared, enter }) };
}

const summary = async ({ outcome }: ReturnType<typeof start>) =>
  (await outcome).results.map(({ name, outcome, reason }) => [name, outcome, ...(reason ? [reason] : [])].join(" "));

test("what is first runs before all groups, and what is last after them", async () => {
  const plan = {
    first: [one("a"), one("b")],
    home: group("", one("c")),
    others: [group("x", one("d"))],
    last: [one("e")],
  };
  expect(await summary(start({ ...plan, atOnce: 1 }))).toEqual(
    ["a", "b", "c", "d", "e"].map((name) => `${name} passed`),
  );
  expect(happened).toEqual(["a", "b", "c", "d", "e"]);
});

test("groups run side by side, so many at a time, each in its own order", async () => {
  const [a, b, c] = [gated("a"), gated("b"), gated("c")];
  const run = start({ home: group("", a.case, one("after a")), others: [group("x", b.case), group("y", c.case)] });
  await idle();
  expect(happened).toEqual(["a begins", "b begins"]);
  b.open();
  await idle();
  expect(happened.slice(2)).toEqual(["b ends", "c begins"]);
  a.open();
  c.open();
  expect(await summary(run)).toEqual(["a passed", "after a passed", "b passed", "c passed"]);
  expect(happened).toContain("after a");
});

test("a group that fills the node runs when those beside each other have ended", async () => {
  const [a, b] = [gated("a"), gated("b")];
  const alone = { ...group("y", one("c")), alone: true };
  const run = start({ home: group("", a.case), others: [alone, group("x", b.case)], atOnce: 3 });
  await idle();
  a.open();
  await idle();
  expect(happened).toEqual(["a begins", "b begins", "a ends"]);
  b.open();
  expect(await summary(run)).toEqual(["a passed", "b passed", "c passed"]);
});

test("a case's output is one block, printed when it ends", async () => {
  const [a, b] = [gated("a"), gated("b")];
  const run = start({ home: group("", a.case), others: [group("x", b.case)] });
  await idle();
  expect(run.lines).toEqual(["a begins", "b begins"]);
  b.open();
  await idle();
  a.open();
  await run.outcome;
  const blocks = run.lines.slice(2).map((line) => line.replace(/[\d.]+ s/, "1 s"));
  expect(blocks).toEqual(
    ["b", "a"].flatMap((name) => [`\n[${name}] ${name} holds`, `  | seen by ${name}`, "  passed in 1 s\n"]),
  );
});

test("goes on after a failure, with what is wrong and what the namespace shows", async () => {
  const run = start({ home: group("", one("a", { run: failing }), one("b")) });
  expect(await summary(run)).toEqual(["a failed it is not so", "b passed"]);
  expect(run.lines.join("\n")).toMatch(/--- Events.*FAILED after [\d.]+ s: it is not so/s);
});

test("what could not be set up keeps its own group from running, and no other", async () => {
  const broken = group("x", one("a", { setsUp: true, run: failing }), one("b"));
  expect(await summary(start({ home: group("", one("c")), others: [broken] }))).toEqual([
    "c passed",
    "a failed it is not so",
    "b skipped a did not pass",
  ]);
});

test("nothing runs on what the first cases could not set up", async () => {
  const plan = { first: [one("a", { setsUp: true, run: failing })], others: [group("x", one("b"))], last: [one("c")] };
  expect(await summary(start(plan))).toEqual([
    "a failed it is not so",
    "b skipped a did not pass",
    "c skipped a did not pass",
  ]);
  expect(happened).toEqual([]);
});

test("a case that proves nothing here is skipped, with the reason and without a diagnosis", async () => {
  const skipping = async () => {
    throw new Skip("there is no such class");
  };
  const run = start({ home: group("", one("a", { run: skipping })) });
  expect(await summary(run)).toEqual(["a skipped there is no such class"]);
  expect(run.lines.join("\n")).not.toContain("--- Events");
});

test("what builds on a skipped case is skipped for the same reason", async () => {
  const absent = async () => {
    throw new Skip("there is no operator");
  };
  const others = [group("x", one("a", { setsUp: true, run: absent }), one("b"))];
  expect(await summary(start({ others }))).toEqual([
    "a skipped there is no operator",
    "b skipped there is no operator",
  ]);
});

test("a case's figures come with its outcome, and no other's", async () => {
  const measuring = one("a", { run: async (e2e) => e2e.figure("rows lost", 0) });
  const { results } = await start({ home: group("", measuring, one("b")) }).outcome;
  expect(results.map(({ figures }) => figures)).toEqual([{ "rows lost": 0 }, {}]);
});

test("begins nothing after it was stopped", async () => {
  const signal = AbortSignal.abort();
  expect(await summary(start({ home: group("", one("a")) }, { signal }))).toEqual(["a skipped it was stopped before"]);
});

describe("what a group made", () => {
  const making = (name: string) =>
    one(name, {
      async run(e2e) {
        e2e.cleanUp(`${name}'s`, async () => void happened.push(`${name}'s is removed`));
      },
    });

  test("is removed when the group ends, before the last cases; the home's after them", async () => {
    await start({ home: group("", making("a")), others: [group("x", making("b"))], last: [one("c")] }).outcome;
    expect(happened).toEqual(["b's is removed", "c", "a's is removed"]);
  });

  test("does not hold up the next group", async () => {
    const removal = gate();
    const slow = one("slow", { run: async (e2e) => void e2e.cleanUp("it", () => removal.opened) });
    const run = start({ others: [group("x", slow), group("y", one("next"))], atOnce: 1 });
    await idle();
    expect(happened).toEqual(["next"]);
    removal.open();
    expect((await run.outcome).leftovers).toEqual([]);
  });

  test("is kept if it is to be", async () => {
    await start({ home: group("", making("a")) }, { keep: true }).outcome;
    expect(happened).toEqual([]);
  });

  test("is removed after every group if several have it in common, and was made once", async () => {
    const using = (name: string) =>
      one(name, {
        run: ({ shared }) =>
          shared.once("store", async () => {
            happened.push(`made by ${name}`);
            shared.cleanUp("store", async () => void happened.push("store is removed"));
          }),
      });
    const others = [group("x", using("a"), making("b")), group("y", using("c"))];
    await start({ home: group("", making("d")), others, atOnce: 1 }).outcome;
    expect(happened).toEqual(["made by a", "b's is removed", "d's is removed", "store is removed"]);
  });

  test("is reported if it fails to go", async () => {
    const stubborn = one("a", { run: async (e2e) => void e2e.cleanUp("it", failing) });
    expect((await start({ others: [group("x", stubborn)] }).outcome).leftovers).toEqual(["it: it is not so"]);
  });
});

test("what was made is removed once, the last first, and waited for after all of it", async () => {
  const e2e = e2eOf("n", () => undefined);
  e2e.cleanUp(
    "first",
    async () => happened.push("first"),
    async () => happened.push("first is gone"),
  );
  e2e.cleanUp("second", failing);
  const removeThird = e2e.cleanUp("third", async () => happened.push("third"));
  e2e.cleanUp("fourth", async () => happened.push("fourth"), failing);
  await removeThird();
  expect(await e2e.removeAll()).toEqual(["second: it is not so", "fourth: it is not so"]);
  expect(happened).toEqual(["third", "fourth", "first", "first is gone"]);
});
