import { calibratedOf } from "../support/seeded-model";
import { FEATURES, ROWS, SEEDED } from "./rows";
import { runFiles, useMigratedDatabase } from "./support";

const database = useMigratedDatabase();

const count = async (table: string) => (await database.rows(`select from ${table}`)).length;

describe("updated_at", () => {
  test.each([
    ["users", "update users set role = 'clinician' where id = $1"],
    ["model_versions", "update model_versions set artifact_path = '/other' where id = $1"],
    ["users", "update users set role = 'clinician', updated_at = '2000-01-01' where id = $1"],
  ] as const)("of %s follows: %s", async (table, update) => {
    const { id } = await database.insert(table, { ...ROWS[table], updated_at: "2000-01-01T00:00:00Z" });
    await database.rows(update, [id]);
    const [row] = await database.rows(`select updated_at = now() as stamped from ${table} where id = $1`, [id]);
    expect(row).toEqual({ stamped: true });
  });

  test("stays where nothing changes", async () => {
    const { id } = await database.insert("users", { ...ROWS.users, updated_at: "2000-01-01T00:00:00Z" });
    await database.rows("update users set role = role where id = $1", [id]);
    const [row] = await database.rows("select extract(year from updated_at)::int as year from users where id = $1", [
      id,
    ]);
    expect(row).toEqual({ year: 2000 });
  });
});

/** A raw score whose curve value is the threshold of prediabetes, to the last digits. */
const AT_THRESHOLD = {
  ...ROWS.assessments,
  ...{ raw_score: 0.2 + (0.17 / 0.21) * 0.2, calibrated_score: 0.3499995, risk_level: "prediabetes" },
};

describe("an assessment", () => {
  test.each(["risk_level = 'diabetes'", "created_at = created_at", "features = '{}'"])(
    "refuses set %s",
    async (set) => {
      const before = await database.insert("assessments", ROWS.assessments);
      const error = await database.refusal(`update assessments set ${set}`);
      expect(error.message).toBe(`assessment ${before.id} cannot be changed`);
      expect(error.hint).toMatch(/immutable/);
      expect(await database.rows("select * from assessments")).toEqual([before]);
    },
  );

  test.each([
    ["assessments_calibrated_score_of_model", { calibrated_score: 0.391 }],
    ["assessments_calibrated_score_of_model", { raw_score: 0.41 }],
    ["assessments_risk_level_of_model", { risk_level: "no_diabetes" }],
    ["assessments_risk_level_of_model", { risk_level: "diabetes" }],
    // The level follows the curve, not a score that is rounded to the other side of a threshold.
    ["assessments_risk_level_of_model", { ...AT_THRESHOLD, risk_level: "no_diabetes" }],
  ])("has the scores and the level of its model, by %s, not %j", async (constraint, values) => {
    const error = await database.insertRefused("assessments", { ...ROWS.assessments, ...values });
    expect([error.code, error.constraint, error.table]).toEqual(["23514", constraint, "assessments"]);
    expect(error.message).not.toMatch(/\d\.\d/);
  });

  test("has the higher level at a threshold, however its calibrated score is rounded", async () => {
    for (const calibrated_score of [0.35, Math.fround(0.35), 0.3499991, 0.3500009])
      await database.insert("assessments", { ...AT_THRESHOLD, calibrated_score });
  });

  test("has those of the model that it names, not of the active one", async () => {
    const { id } = await database.insert("model_versions", ROWS.model_versions);
    const other = { ...ROWS.assessments, model_version_id: id };
    expect((await database.insertRefused("assessments", other)).constraint).toBe(
      "assessments_calibrated_score_of_model",
    );
    await database.insert("assessments", { ...other, calibrated_score: 0.4 });
  });

  test("goes with its user, and takes its reports along", async () => {
    const { id } = await database.insert("assessments", ROWS.assessments);
    await database.insert("reports", { assessment_id: id, ...ROWS.reports });
    await database.insert("auth_sessions", ROWS.auth_sessions);
    await database.rows("delete from users where id = $1", [SEEDED.user]);
    expect([await count("assessments"), await count("reports"), await count("auth_sessions")]).toEqual([0, 0, 0]);
  });

  test("keeps its model from being deleted", async () => {
    await database.insert("assessments", ROWS.assessments);
    const error = await database.refusal("delete from model_versions");
    expect(error.constraint).toBe("assessments_model_version_id_fkey");
  });

  test("is found by its features", async () => {
    const { id } = await database.insert("assessments", ROWS.assessments);
    const cohort = "select id from assessments where features @> $1";
    expect(await database.rows(cohort, [{ Age: FEATURES.Age, Sex: FEATURES.Sex }])).toEqual([{ id }]);
    expect(await database.rows(cohort, [{ Age: 1 }])).toEqual([]);
  });
});

test("an e-mail address is unique whatever its case, and kept as it was written", async () => {
  const { email } = await database.insert("users", { email: "Ann@Example.org" });
  expect(email).toBe("Ann@Example.org");
  const rows = await database.rows("select email from users where email_key(email) = email_key($1)", [
    "ANN@example.ORG",
  ]);
  expect(rows).toEqual([{ email }]);
  expect((await database.insertRefused("users", { email: "ann@example.org" })).constraint).toBe("users_email_key");
  await database.insert("users", { email: "Éva@example.org" });
  for (const email of ["éva@example.org", "E\u0301va@example.org", "e\u0301va@EXAMPLE.org"])
    expect((await database.insertRefused("users", { email })).constraint).toBe("users_email_key");
  await database.insert("users", { email: "eva@example.org" });
  // Kelvin, angstrom, an I with a dot and the final sigma have one small letter each.
  for (const [first, ...others] of [
    ["\u212a1@x.co", "k1@x.co", "K1@x.co"],
    ["\u212b2@x.co", "\u00e52@x.co", "a\u030a2@x.co"],
    ["\u01303@x.co", "i\u03073@x.co", "I\u03073@x.co"],
    ["\u03b1\u03a3@x.co", "\u03b1\u03c3@x.co", "\u03b1\u03c2@x.co", "\u0391\u03a3@X.co"],
  ] as const) {
    await database.insert("users", { email: first });
    for (const email of others)
      expect([email, (await database.insertRefused("users", { email })).constraint]).toEqual([
        email,
        "users_email_key",
      ]);
  }
});

test("every letter's upper, lower and title case, composed or not, is in one address", async () => {
  // With a letter before, and accents after, that some letters change with. Surrogates are no characters.
  const apart = await database.rows(`
    with letters as materialized (
      select chr(code) as letter from generate_series(1, 1114111) as code
      where code not between 55296 and 57343
        and (upper(chr(code) collate "und-x-icu") <> chr(code) or lower(chr(code) collate "und-x-icu") <> chr(code))
    ), spelled as (
      select unnest(array[letter, 'j' || letter, letter || U&'\\0345']) as spelling from letters
      union all
      -- upper() makes a letter of an iota below, and gives that the accent.
      select letter || U&'\\030C' from letters where strpos(normalize(letter, nfd), U&'\\0345') = 0
    )
    select spelling, count(distinct email_key(form)) as keys
    from spelled,
      lateral (values (spelling), (upper(spelling collate "und-x-icu")), (lower(spelling collate "und-x-icu")),
        (initcap(spelling collate "und-x-icu"))) as cased (written),
      lateral (values (written), (normalize(written, nfc)), (normalize(written, nfd))) as forms (form)
    group by spelling having count(distinct email_key(form)) > 1`);
  expect(apart).toEqual([]);
  const pair = ["J\u030c@x.co", "\u01f0@x.co"];
  const [row] = await database.rows("select email_key($1) = email_key($2) as same", pair);
  expect(row).toEqual({ same: true });
});

describe("the active model", () => {
  test("is switched by two statements", async () => {
    await database.insert("model_versions", ROWS.model_versions);
    await database.rows("update model_versions set is_active = false where is_active");
    await database.rows("update model_versions set is_active = true where version = 'v2.0.0'");
    expect(await database.rows("select version from model_versions where is_active")).toEqual([{ version: "v2.0.0" }]);
  });

  test("cannot be switched by one that meets the new one first", async () => {
    await database.rows("update model_versions set is_active = false");
    await database.insert("model_versions", { ...ROWS.model_versions, is_active: true });
    const error = await database.refusal("update model_versions set is_active = version = 'v1.0.0'");
    expect(error.constraint).toBe("model_versions_active_key");
  });
});

describe("a calibration curve", () => {
  const seeded = "select calibrated_score(calibration_data, $1) as score from model_versions where is_active";
  const on = async (isotonic: object[], raw: number) => {
    const sql = "select calibrated_score(jsonb_build_object('isotonic', $1::jsonb), $2) as score";
    const [row] = await database.rows<{ score: number }>(sql, [JSON.stringify(isotonic), raw]);
    return row?.score;
  };

  test("is straight between its points", async () => {
    for (let raw = 0; raw <= 1; raw += 0.01) {
      const [row] = await database.rows<{ score: number }>(seeded, [raw]);
      expect(row?.score).toBeCloseTo(calibratedOf(raw), 12);
    }
  });

  test("is flat before the first point and after the last one", async () => {
    const points = [
      { raw: 0.3, calibrated: 0.1 },
      { raw: 0.5, calibrated: 0.7 },
    ];
    for (const [raw, score] of [
      [0, 0.1],
      [0.3, 0.1],
      [0.4, 0.4],
      [0.5, 0.7],
      [1, 0.7],
    ] as const)
      expect(await on(points, raw)).toBeCloseTo(score, 12);
  });

  test("may rise between two points that are one double", async () => {
    const sql =
      "select calibrated_score(calibration_data, 0.5) as score from (select $1::jsonb as calibration_data) as model";
    const points = `[{"raw": 0.5, "calibrated": 0.1}, {"raw": 0.50000000000000000001, "calibrated": 0.9}]`;
    const [row] = await database.rows(sql, [`{"isotonic": ${points}}`]);
    expect(row).toEqual({ score: 0.1 });
  });
});

test.each([
  [0.3499994, 0.35, 0.65, "no_diabetes"],
  [0.35, 0.35, 0.65, "prediabetes"],
  [0.65, 0.35, 0.65, "diabetes"],
  [0.4999, 0.5, 0.5, "no_diabetes"],
  [0.5, 0.5, 0.5, "diabetes"],
])("a score of %d with thresholds %d and %d is %s", async (score, prediabetes, diabetes, level) => {
  const model = { thresholds: { prediabetes, diabetes } };
  expect(await database.rows("select risk_level($1, $2) as level", [model, score])).toEqual([{ level }]);
});

describe("the seeds", () => {
  const seeds = () => database.rows("select id, email, role from users order by email");

  test("are the active model and two test users", async () => {
    const [model] = await database.rows(
      "select version, trained_at, auroc, auprc, calibration_error, artifact_path, calibration_data, is_active from model_versions",
    );
    expect(model).toEqual({
      version: "v1.0.0",
      trained_at: new Date("2015-01-01T00:00:00Z"),
      auroc: 0.8562,
      auprc: 0.4321,
      calibration_error: 0.0234,
      artifact_path: "/models/v1.0.0/model.pkl",
      calibration_data: {
        isotonic: [
          { raw: 0, calibrated: 0 },
          { raw: 0.2, calibrated: 0.18 },
          { raw: 0.4, calibrated: 0.39 },
          { raw: 0.6, calibrated: 0.62 },
          { raw: 0.8, calibrated: 0.81 },
          { raw: 1, calibrated: 1 },
        ],
        thresholds: { prediabetes: 0.35, diabetes: 0.65 },
        metrics: { accuracy: 0.8234, precision: 0.7512, recall: 0.6891, f1: 0.7189 },
      },
      is_active: true,
    });
    expect(await seeds()).toEqual([
      { id: SEEDED.admin, email: "admin@diabrisk.local", role: "admin" },
      { id: SEEDED.user, email: "user@diabrisk.local", role: "registered" },
    ]);
  });

  test("twice are the same as once, whatever has become of them", async () => {
    await database.rows("update users set role = 'clinician' where id = $1", [SEEDED.user]);
    const before = [await seeds(), await database.rows("select * from model_versions")];
    await runFiles(database.client, "up", [7]);
    expect([await seeds(), await database.rows("select * from model_versions")]).toEqual(before);
  });

  test("do not take over from a model that is active", async () => {
    await runFiles(database.client, "down", [7]);
    await database.insert("model_versions", { ...ROWS.model_versions, is_active: true });
    await runFiles(database.client, "up", [7]);
    expect(await database.rows("select version from model_versions where is_active")).toEqual([{ version: "v2.0.0" }]);
    expect(await count("model_versions")).toBe(2);
  });

  test.each([
    ["off", 0],
    ["on", 2],
    ["", 2],
  ])("with diabrisk.test_users = '%s' bring %i users", async (setting, users) => {
    await runFiles(database.client, "down", [7]);
    await database.rows("select set_config('diabrisk.test_users', $1, true)", [setting]);
    await runFiles(database.client, "up", [7]);
    expect([await count("users"), await count("model_versions")]).toEqual([users, 1]);
  });

  test("go without the rows that were there before or came later", async () => {
    await runFiles(database.client, "down", [7]);
    expect([await count("users"), await count("model_versions")]).toEqual([0, 0]);
    const mine = await database.insert("users", { email: "Admin@diabrisk.local" });
    await database.insert("model_versions", { ...ROWS.model_versions, version: "v1.0.0" });
    await runFiles(database.client, "up", [7]);
    await runFiles(database.client, "down", [7]);
    expect(await database.rows("select * from users")).toEqual([mine]);
    expect(await count("model_versions")).toBe(1);
  });

  test.each([
    ["assessments", ROWS.assessments],
    ["auth_sessions", ROWS.auth_sessions],
  ])("stay while %s depend on them, and say so", async (table, row) => {
    await database.insert(table, row);
    await database.client.query("savepoint undo");
    await expect(runFiles(database.client, "down", [7])).rejects.toMatchObject({
      code: "23503",
      message: `the seeded rows are in use by ${table} (1)`,
      hint: expect.stringContaining("Delete those rows first"),
    });
    await database.client.query("rollback to savepoint undo");
    expect([await count("users"), await count("model_versions")]).toEqual([2, 1]);
  });
});
