import type { Case } from "./case";
import { PLAN } from "./cases";
import { casesOf, narrow, type Plan } from "./plan";

const one = (name: string, setsUp = false): Case => ({ name, title: name, setsUp, run: async () => undefined });

const plan: Plan = {
  first: [one("build", true)],
  home: { name: "", cases: [one("deploy", true), one("a"), one("b")] },
  others: [
    { name: "x", cases: [one("deploy-x", true), one("c"), one("d")] },
    { name: "y", cases: [one("e")] },
  ],
  last: [one("f")],
  atOnce: 2,
};

const left = (...wanted: string[]) => casesOf(narrow(plan, wanted)).map(({ name }) => name);

test("without a wish all cases are left", () => expect(narrow(plan, [])).toBe(plan));

test("a wanted case is left with those that set up for it", () => {
  expect(left("b")).toEqual(["build", "deploy", "b"]);
  expect(left("d")).toEqual(["build", "deploy-x", "d"]);
  expect(left("e", "a")).toEqual(["build", "deploy", "a", "e"]);
});

test("a last case needs what is deployed at home", () => expect(left("f")).toEqual(["build", "deploy", "f"]));

test("groups without a wanted case get no namespace", () =>
  expect(narrow(plan, ["e"]).others.map(({ name }) => name)).toEqual(["y"]));

test("every case of ours has a name of its own, and so has every group", () => {
  const names = casesOf(PLAN).map(({ name }) => name);
  const groups = [PLAN.home, ...PLAN.others].map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
  expect(groups).toEqual([...new Set(groups)]);
});
