import * as fs from "node:fs";
import * as path from "node:path";
import type { Outcome } from "../../lib/deploy/kubectl";
import { addMigration, addStage, changeStages, removeMade, type StageStep } from "./newcomer/steps";
import { Checkout } from "./support/checkout";

/** Of a suite, on a machine that has other work as well. */
const MINUTES = 60_000;

let here: Checkout;
beforeAll(() => {
  here = new Checkout();
});
afterAll(() => here.remove());

const said = ({ stdout, stderr }: Outcome) => stdout + stderr;
/** With time for a machine that has other work: nothing here is about how long something takes. */
const suite = (...tests: string[]) => here.run("npx", "jest", "-u", "--silent", "--testTimeout=120000", ...tests);
const npm = (...args: string[]) => here.run("npm", "run", "-s", ...args);

describe("of a stage that is added as README says", () => {
  afterEach(() => {
    here.undo();
    removeMade(here);
  });

  test.each<[StageStep, RegExp[]]>([
    ["its name in stage.ts", [/lib\/stages\/trial\.ts.*Type '"trial"' is not assignable to type '"dev" \|/]],
    ["the name in its file", [/lib\/stages\/index\.ts[\s\S]*Type '"staging"' is not assignable to type '"trial"'/]],
    ["its entry in STAGES", [/lib\/stages\/index\.ts.*Property 'trial' is missing/]],
    ["its volume in released.ts", [/lib\/stages\/released\.ts.*Property 'trial' is missing/]],
  ])(
    "%s is no step that can be forgotten: it does not compile",
    async (forgotten, expected) => {
      addStage(here, forgotten);
      const outcome = await npm("typecheck");
      expect(outcome.code).not.toBe(0);
      for (const pattern of expected) expect(said(outcome)).toMatch(pattern);
    },
    300_000,
  );

  test.each<[StageStep, RegExp]>([
    [
      "the name in its file",
      /trial: name is "staging" but .*in place of staging\. Set name to "trial" in lib\/stages\/trial\.ts/,
    ],
    [
      "its path in the store",
      /(staging|trial): secrets\.path is "diabrisk\/staging", from which (trial|staging) has .*Set secrets\.path/,
    ],
    ["its bucket", /(staging|trial): backup\.target is .*where (trial|staging) has its backups.*Set backup\.target/],
    ["its volume in released.ts", /lib\/stages\/released\.ts has no record of trial.*Add a line for trial there/],
  ])("%s is missed by synth, too, which runs without a compiler", async (forgotten, expected) => {
    addStage(here, forgotten);
    const outcome = await npm("synth");
    expect(outcome.code).toBe(1);
    expect(said(outcome)).toMatch(expected);
    expect(fs.existsSync(path.join(here.folder, "dist"))).toBe(false);
  });
});

/** Tests of stages and of this project's migrations, and what counts either elsewhere. */
const ABOUT = /^(?:app|charts|contract|migrations|policy|roles|secrets|stages|synth)\//;
const COUNTS = /\b(?:SCHEMA_VERSION|MIGRATIONS|(?:ALL_)?STAGES)\b/;

function concerned(): string[] {
  const names = fs.readdirSync(path.join(here.folder, "test"), { recursive: true, encoding: "utf8" });
  const tests = names.filter((name) => name.endsWith(".test.ts") && !/^(?:faults|e2e)\//.test(name));
  return tests
    .filter((name) => ABOUT.test(name) || COUNTS.test(here.read(`test/${name}`)))
    .map((name) => `/test/${name}$`);
}

test(
  "a stage and a migration that are added as README says, another replica and more memory leave everything green, and can be undone",
  async () => {
    const before = here.contents();
    addStage(here);
    changeStages(here);
    await addMigration(here);

    expect(said(await npm("format"))).toContain("Checked");
    for (const step of ["typecheck", "lint", "lint:sql", "synth"]) {
      const outcome = await npm(step);
      expect([step, outcome.code, outcome.code === 0 ? "" : said(outcome)]).toEqual([step, 0, ""]);
    }
    expect(await npm("policy", "--", "dist/trial")).toMatchObject({ code: 0 });
    const tests = await suite(...concerned());
    expect(tests.code === 0 ? "" : said(tests)).toBe("");

    here.undo();
    removeMade(here);
    const again = await suite("test/app/app", "test/migrations/catalogue");
    expect(again.code === 0 ? "" : said(again)).toBe("");
    expect(here.contents()).toEqual(before);
  },
  30 * MINUTES,
);
