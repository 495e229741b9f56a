import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { gunzipSync } from "node:zlib";
import { FEATURES, ROWS, SEEDED } from "./rows";
import { useMigratedDatabase } from "./support";

const database = useMigratedDatabase();

const FLAGS =
  "HighBP HighChol CholCheck Smoker Stroke HeartDiseaseorAttack PhysActivity Fruits Veggies HvyAlcoholConsump " +
  "AnyHealthcare NoDocbcCost DiffWalk Sex";
const CODES: Readonly<Record<string, readonly [least: number, most: number]>> = {
  ...Object.fromEntries(FLAGS.split(" ").map((key) => [key, [0, 1] as const])),
  GenHlth: [1, 5],
  MentHlth: [0, 30],
  PhysHlth: [0, 30],
  Age: [1, 13],
  Education: [1, 6],
  Income: [1, 8],
};
const KEYS = [...Object.keys(CODES), "BMI"];

/** What the function says of each. */
async function verdicts(candidates: readonly unknown[]): Promise<(boolean | null)[]> {
  const rows = await database.rows<{ valid: boolean | null }>(
    "select assessment_features_valid(value) as valid from jsonb_array_elements($1) with ordinality order by ordinality",
    [JSON.stringify(candidates)],
  );
  return rows.map(({ valid }) => valid);
}

const allOf = (candidates: readonly unknown[], valid: boolean) => candidates.map(() => valid);

test("there are 21 keys", () => {
  expect([...KEYS].sort()).toEqual(Object.keys(FEATURES).sort());
  expect(KEYS).toHaveLength(21);
});

describe.each(Object.entries(CODES))("%s", (key, [least, most]) => {
  const withValue = (value: unknown) => ({ ...FEATURES, [key]: value });

  test(`is each whole number from ${least} to ${most}`, async () => {
    const codes = Array.from({ length: most - least + 1 }, (_, index) => withValue(least + index));
    expect(await verdicts(codes)).toEqual(allOf(codes, true));
  });

  test("is nothing beyond, and nothing between", async () => {
    const others = [least - 1, most + 1, least + 0.5, most - 1e-9, least - 1e-9, 1e300, -1e300].map(withValue);
    expect(await verdicts(others)).toEqual(allOf(others, false));
  });
});

test("BMI is any number from 10 to 100", async () => {
  const candidates = [10, 10.01, 27.456789, 99.99, 100].map((BMI) => ({ ...FEATURES, BMI }));
  expect(await verdicts(candidates)).toEqual(allOf(candidates, true));
  const others = [9.999999, 100.000001, 0, -25, 1e6].map((BMI) => ({ ...FEATURES, BMI }));
  expect(await verdicts(others)).toEqual(allOf(others, false));
});

test.each(KEYS)("%s is there, and a number", async (key) => {
  const { [key]: value, ...without } = FEATURES;
  const types = [null, "", String(value), "abc", true, [], [value], [[value]], {}, { value }];
  const others = [without, ...types.map((other) => ({ ...FEATURES, [key]: other }))];
  expect(await verdicts(others)).toEqual(allOf(others, false));
});

test("no other key is there, and keys are as they are written", async () => {
  const { Sex, ...without } = FEATURES;
  const others = [
    { ...FEATURES, Diabetes_012: 0 },
    { ...FEATURES, "": 0 },
    { ...FEATURES, sex: 1 },
    { ...without, sex: Sex },
  ];
  expect(await verdicts(others)).toEqual(allOf(others, false));
});

test("it is one object: no scalar, no array of its keys, of its pairs or of itself", async () => {
  const others = [1, "x", "", true, null, {}, [], KEYS, [FEATURES], [[FEATURES]], Object.entries(FEATURES)];
  expect(await verdicts(others)).toEqual(allOf(others, false));
  expect(await database.rows("select assessment_features_valid(null) as valid")).toEqual([{ valid: false }]);
});

test("a code written with a zero fraction is that code", async () => {
  const text = JSON.stringify(FEATURES).replace('"Age":9', '"Age":9.00');
  const [row] = await database.rows("select assessment_features_valid($1::jsonb) as valid", [text]);
  expect(row).toEqual({ valid: true });
});

const SURVEY = path.resolve(__dirname, "../../../shared/data/brfss2015-20k.csv.gz");
const survey = existsSync(SURVEY) ? test : test.skip;
const reason = existsSync(SURVEY) ? "" : ` (skipped: there is no ${path.relative(process.cwd(), SURVEY)})`;

survey(`all 20,000 real answers are accepted${reason}`, async () => {
  const [header = "", ...lines] = gunzipSync(readFileSync(SURVEY)).toString().trim().split("\n");
  const keys = header.trim().split(",");
  const answers = lines.map((line) => {
    const { Diabetes_012: _, ...features } = Object.fromEntries(
      line.split(",").map((cell, i) => [keys[i], Number(cell)]),
    );
    return features;
  });
  expect(answers).toHaveLength(20_000);
  const { raw_score, calibrated_score, risk_level, confidence_level } = ROWS.assessments;
  const [{ count } = { count: 0 }] = await database.rows<{ count: number }>(
    `with stored as (
       insert into assessments
         (user_id, model_version_id, raw_score, calibrated_score, risk_level, confidence_level, features)
       select $1, $2, $3, $4, $5, $6, value from jsonb_array_elements($7) returning 1)
     select count(*)::int from stored`,
    [SEEDED.user, SEEDED.model, raw_score, calibrated_score, risk_level, confidence_level, JSON.stringify(answers)],
  );
  expect(count).toBe(20_000);
});
