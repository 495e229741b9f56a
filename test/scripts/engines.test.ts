import { readFileSync } from "node:fs";
import * as path from "node:path";

const { subset } = require("semver") as { subset(inner: string, outer: string): boolean };

const ROOT = path.resolve(__dirname, "..", "..");
const lock: { packages: Record<string, { engines?: { node?: string } }> } = JSON.parse(
  readFileSync(path.join(ROOT, "package-lock.json"), "utf8"),
);
const { "": project, ...packages } = lock.packages;
const ours = project?.engines?.node ?? "*";

/** The packages that do not promise to run on all of these versions. */
const narrower = (range: string) =>
  Object.entries(packages).flatMap(([name, { engines }]) =>
    subset(range, engines?.node ?? "*") ? [] : [`${name}: ${engines?.node}`],
  );

test("every package runs on every Node.js that package.json promises", () => {
  expect(narrower(ours)).toEqual([]);
});

test("a wider promise would be broken", () => {
  expect(narrower(">=20").length).toBeGreaterThan(0);
});

test("the lock file promises the same", () => {
  expect(JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")).engines.node).toBe(ours);
});
