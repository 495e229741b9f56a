import type { Case } from "./case";
import { PLAN } from "./cases";
import { casesOf, narrow, type Plan } from "./plan";

const one = (name: string, setsUp = false, long = false): Case => ({
  ...{ name, title: name, setsUp, long },
  run: async () => undefined,
});

const plan: Plan = {
  first: [one("build", true)],
  home: { name: "", cases: [one("deploy", true), one("a"), one("b")] },
  others: [
    { name: "x", cases: [one("deploy-x", true), one("c"), one("d")] },
    { name: "y", cases: [one("e"), one("long-e", false, true)] },
    { name: "z", cases: [one("deploy-z", true), one("long-z", false, true)] },
  ],
  last: [one("f")],
  atOnce: 2,
};

const names = (narrowed: Plan) => casesOf(narrowed).map(({ name }) => name);
const left = (...cases: string[]) => names(narrow(plan, { cases, all: false }));

test("without a wish all cases are left that do not take minutes, and no group that has none of these", () =>
  expect(left()).toEqual(["build", "deploy", "a", "b", "deploy-x", "c", "d", "e", "f"]));

test("--all leaves every case", () => expect(narrow(plan, { cases: [], all: true })).toBe(plan));

test("a case that takes minutes runs if it is wanted", () =>
  expect(left("long-z")).toEqual(["build", "deploy-z", "long-z"]));

test("a wanted case is left with those that set up for it", () => {
  expect(left("b")).toEqual(["build", "deploy", "b"]);
  expect(left("d")).toEqual(["build", "deploy-x", "d"]);
  expect(left("e", "a")).toEqual(["build", "deploy", "a", "e"]);
});

test("a last case needs what is deployed at home", () => expect(left("f")).toEqual(["build", "deploy", "f"]));

test("groups without a wanted case get no namespace", () =>
  expect(narrow(plan, { cases: ["e"], all: false }).others.map(({ name }) => name)).toEqual(["y"]));

test("every case of ours has a name of its own, and so has every group", () => {
  const names = casesOf(PLAN).map(({ name }) => name);
  const groups = [PLAN.home, ...PLAN.others].map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
  expect(groups).toEqual([...new Set(groups)]);
});
