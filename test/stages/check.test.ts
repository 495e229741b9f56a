import { ALL_STAGES, STAGES, stagesNamed } from "../../lib/stages";
import { check, checkAll } from "../../lib/stages/check";
import { RELEASED } from "../../lib/stages/released";
import type { Stage } from "../../lib/stages/stage";
import { RELEASED_BEFORE } from "../support/stages";
import { altered, clustered, common, personal, problems } from "./support";

test.each(ALL_STAGES)("$name stands", (stage) => expect(problems(() => check(stage))).toEqual([]));

test.each([personal, common])("the tests' own stage $namespace stands", (stage) =>
  expect(problems(() => check(stage, RELEASED_BEFORE[stage.name]))).toEqual([]),
);

test.each([
  ["without a part", altered(clustered, "cluster.archive.target", undefined), /cluster\.archive\.target is missing/],
  ["with another value for a part", altered(clustered, "cluster.archive", true), /cluster\.archive is true/],
  ["that is none", null as unknown as Stage, /is null/],
])("a stage %s is told of, and does not keep the others from their checks", (_, stage, expected) => {
  expect(problems(() => checkAll([], { prod: common, "prod-ha": stage }))).toEqual([]);
  if (stage) expect(problems(() => checkAll([stage], { "prod-ha": stage }))).toEqual([expect.stringMatching(expected)]);
});

test("all stages together stand", () => expect(problems(() => checkAll(ALL_STAGES))).toEqual([]));

describe("the problems", () => {
  test("of a stage are told at once, with its name and what to do", () => {
    const broken = altered(altered(common, "service.replicas", 1), "database.storage", "1Gi");
    expect(() => check(broken, RELEASED_BEFORE.prod)).toThrow(
      /^Stage prod: 2 problems\n {2}- database\.storage .*\n {2}- service\.minAvailable /s,
    );
  });

  test("of several stages are told at once", () => {
    const broken = [
      altered(STAGES.staging, "service.replicas", 0),
      STAGES.dev,
      altered(STAGES.prod, "config.logLevel", "loud"),
    ];
    expect(problems(() => checkAll(broken))).toEqual([
      expect.stringMatching(/^staging: service\.replicas is 0/),
      expect.stringMatching(/^staging: service\.minAvailable is /),
      expect.stringMatching(/^prod: config\.logLevel is "loud"/),
    ]);
    expect(() => checkAll(broken)).toThrow(/^Stages staging, prod: 3 problems\n/);
    expect(() => checkAll(broken.slice(1))).toThrow(/^Stage prod: 1 problem\n {2}- config\.logLevel/);
  });
});

describe("a stage that is added", () => {
  /** A copy with places of its own for its passwords and backups. */
  const copy = (name: string) => ({
    ...altered(altered(common, "secrets.path", `hospital/${name}`), "backup.target.prefix", name),
    name: name as Stage["name"],
  });
  const [qa, staging] = [copy("qa"), copy("staging")];

  test("may share all the rest of a copied file", () =>
    expect(problems(() => checkAll([], { staging, qa, prod: common }))).toEqual([]));

  test("has a name of its own, or it would be written over the one it was copied from", () => {
    const copied = { ...qa, name: "staging" } as Stage;
    expect(problems(() => checkAll([], { staging, qa: copied }))).toEqual([
      'qa: name is "staging" but STAGES in lib/stages/index.ts has it as qa, so it would be written to dist/staging/ in place ' +
        'of staging. Set name to "qa" in lib/stages/qa.ts.',
    ]);
  });

  test("has the name that it is asked for by", () => {
    expect(problems(() => checkAll([], { staging, qa: { ...qa, name: "aq" as Stage["name"] } }))).toEqual([
      expect.stringMatching(/^qa: name is "aq" but .*written to dist\/aq\/\. Set name to "qa"/),
    ]);
  });

  test("has a path of its own in the store, or it would read the other's passwords", () => {
    const copied = altered(qa, "secrets.path", "hospital/staging");
    expect(problems(() => checkAll([], { staging, qa: copied }))).toEqual([
      'qa: secrets.path is "hospital/staging", from which staging has its passwords, so qa would read them. Set secrets.path ' +
        'in lib/stages/qa.ts to a place of its own, like "diabrisk/qa", and put passwords there.',
    ]);
  });

  test("has a place of its own for its backups, or it would restore the other's", () => {
    const copied = altered(qa, "backup.target.prefix", "staging");
    expect(problems(() => checkAll([], { staging, qa: copied }))).toEqual([
      "qa: backup.target is https://objects.hospital.example:9443/hospital-backups/staging, where staging has its backups, so qa " +
        "would restore them. Set backup.target.prefix in lib/stages/qa.ts to a place of its own, or better another bucket.",
    ]);
  });

  test("may have the same path in another store", () => {
    const elsewhere = altered(altered(qa, "secrets.path", "hospital/staging"), "secrets.store", "another");
    expect(problems(() => checkAll([], { staging, qa: elsewhere }))).toEqual([]);
  });

  test("has a record of what its volume is", () => {
    expect(problems(() => check(qa))).toEqual([
      `lib/stages/released.ts has no record of qa, so nothing says what its volume is. Add a line for qa there, with the storage ` +
        `"60Gi", or set the name to one of ${Object.keys(RELEASED).join(", ")}.`,
    ]);
  });

  test("is told of all that was forgotten at once, beside what else cannot stand", () => {
    const copied = { ...altered(common, "service.replicas", 0), name: "qa" as Stage["name"] };
    const prod = altered(STAGES.prod, "config.logLevel", "loud");
    expect(problems(() => checkAll([copied, prod], { prod: common, aq: copied }))).toEqual([
      expect.stringMatching(/^aq: name is "qa"/),
      expect.stringMatching(/^aq: secrets\.path is "hospital\/prod", from which prod/),
      expect.stringMatching(/^aq: backup\.target is https:.*, where prod has its backups/),
      expect.stringMatching(/^qa: lib\/stages\/released\.ts has no record of qa/),
      expect.stringMatching(/^prod: config\.logLevel/),
    ]);
  });
});

describe("stages by name", () => {
  const names = Object.keys(STAGES);

  test("are all of them if none is named, and those that are named otherwise, in their order", () => {
    expect(stagesNamed([])).toEqual(ALL_STAGES);
    expect(stagesNamed(["prod", "dev"])).toEqual([STAGES.dev, STAGES.prod]);
  });

  test("that do not exist are told with those that do, each of them", () => {
    const known = names.join(", ");
    expect(problems(() => stagesNamed(["production", "dev", "Dev"]))).toEqual([
      `There is no stage "production". The stages are ${known}. Name one of them, or add it to STAGES in lib/stages/index.ts.`,
      `There is no stage "Dev". The stages are ${known}. Name one of them, or add it to STAGES in lib/stages/index.ts.`,
    ]);
  });
});
