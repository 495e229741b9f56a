import { scoresOf } from "../support/seeded-model";
import { FEATURES, ROWS, SEEDED } from "./rows";
import { useMigratedDatabase } from "./support";

const database = useMigratedDatabase();

type Values = Readonly<Record<string, unknown>>;

interface Rules {
  readonly accepts: readonly Values[];
  /** What is refused, and by which constraint. */
  readonly refuses: readonly (readonly [Values, constraint: string])[];
}

const longEmail = (length: number) => ({ email: `${"a".repeat(length - 5)}@x.co` });

const score = (column: string, constraint: string, least = 0): Rules => ({
  // Those of an assessment depend on each other.
  accepts: [least, 1, 0.856212345678901].map((value) =>
    /_score$/.test(column) ? scoresOf(value) : { [column]: value },
  ),
  refuses: [least - 1e-9, 1 + 1e-9, "NaN", "Infinity", "-Infinity"].map((value) => [{ [column]: value }, constraint]),
});

const CALIBRATION = ROWS.model_versions.calibration_data;
const curve = (...points: readonly (readonly unknown[])[]) => ({
  ...CALIBRATION,
  isotonic: points.map(([raw, calibrated]) => ({ raw, calibrated })),
});

const RULES: Readonly<Record<keyof typeof ROWS, readonly Rules[]>> = {
  users: [
    {
      accepts: [
        { email: "o'hara@x.co" },
        { email: "first.last+tag@sub.example.org" },
        { email: "jürgen@bücher.example" },
        { email: "UPPER@X.CO" },
        longEmail(254),
      ],
      refuses: [
        [longEmail(255), "users_email_length"],
        // 130 characters in 255 octets.
        [{ email: `${"é".repeat(125)}@x.co` }, "users_email_length"],
        ...["created_at", "updated_at", "last_login_at"].map(
          (column) => [{ [column]: "infinity" }, "users_times_finite"] as const,
        ),
        ...[
          "",
          "a",
          "a@x",
          "@x.co",
          "a@",
          "a b@x",
          "a b@x.co",
          "a@x .co",
          "a@x.",
          "a@b@x.co",
          " a@x.co",
          "a@x.co\n",
          // White space of other alphabets, and control characters.
          ..."\u00a0\u2003\u3000\u2028\u0001\u007f\u0085"
            .split("")
            .flatMap((sign) => [`a${sign}b@x.co`, `ab@x${sign}.co`]),
        ].map((email) => [{ email }, "users_email_format"] as const),
        [{ email: "USER@diabrisk.LOCAL" }, "users_email_key"],
      ],
    },
    {
      accepts: ["anonymous", "registered", "clinician", "admin"].map((role) => ({ role })),
      refuses: ["", "Admin", "superuser"].map((role) => [{ role }, "users_role_known"]),
    },
  ],
  model_versions: [
    score("auroc", "model_versions_auroc_range", 0.5),
    score("auprc", "model_versions_auprc_range"),
    score("calibration_error", "model_versions_calibration_error_range"),
    {
      accepts: [{ version: "v0.0.1" }, { version: "v10.20.30" }],
      refuses: [
        ...["", "1.0.0", "v1.0", "v1.0.0.0", "v01.0.0", "v1.0.0-rc1", "V1.0.0", " v1.0.0", "v1.0.0\n"].map(
          (version) => [{ version }, "model_versions_version_shape"] as const,
        ),
        [{ version: "v1.0.0" }, "model_versions_version_key"],
      ],
    },
    {
      accepts: [{ is_active: false }],
      refuses: [
        [{ is_active: true }, "model_versions_active_key"],
        [{ artifact_path: "" }, "model_versions_artifact_path_given"],
        [{ version: `v1.0.${"1".repeat(50)}` }, "model_versions_text_size"],
        [{ artifact_path: "é".repeat(513) }, "model_versions_text_size"],
        [{ calibration_data: { ...CALIBRATION, note: "x".repeat(65_536) } }, "model_versions_text_size"],
        ...["trained_at", "created_at", "updated_at"].flatMap((column) =>
          ["infinity", "-infinity"].map((time) => [{ [column]: time }, "model_versions_times_finite"] as const),
        ),
      ],
    },
    {
      accepts: [
        { calibration_data: { ...CALIBRATION, metrics: {} } },
        { calibration_data: { ...CALIBRATION, metrics: { f1: 0.5 }, later: "member" } },
        { calibration_data: { ...CALIBRATION, thresholds: { prediabetes: 0.4, diabetes: 0.4 } } },
        { calibration_data: curve([0, 0.5], [0.5, 0.5], [1, 1]) },
      ],
      refuses: [
        ...["[]", "null", "{}", '"x"'],
        ...[curve(), curve([0, 0]), curve([0, 0], [0, 1]), curve([0, 0.2], [1, 0.1]), curve([0.5, 0], [0.1, 1])],
        ...[curve([-0.1, 0], [1, 1]), curve([0, 0], [1.1, 1]), curve([0, 0], [1, 1.1]), curve([0, 0], ["1", 1])],
        ...[curve([0, 0], [1, null]), curve([0, 0], [1]), { ...CALIBRATION, isotonic: [0, 1] }],
        ...[{ ...CALIBRATION, isotonic: { a: 1, b: 2 } }, { isotonic: CALIBRATION.isotonic }],
        { thresholds: CALIBRATION.thresholds },
        ...[
          { prediabetes: 0.6, diabetes: 0.3 },
          { prediabetes: -0.1, diabetes: 1 },
          { prediabetes: 0, diabetes: 1.1 },
        ].map((thresholds) => ({ ...CALIBRATION, thresholds })),
        ...[{ prediabetes: 0.3 }, { diabetes: 0.3 }, { prediabetes: "0.3", diabetes: 0.6 }, [0.3, 0.6]].map(
          (thresholds) => ({ ...CALIBRATION, thresholds }),
        ),
        ...[{ f1: 1.1 }, { f1: -0.1 }, { f1: "1" }, { f1: null }, [], null, 1].map((metrics) => ({
          ...CALIBRATION,
          metrics,
        })),
      ].map((calibration_data) => [{ calibration_data }, "model_versions_calibration_data_valid"] as const),
    },
  ],
  assessments: [
    score("raw_score", "assessments_raw_score_range"),
    score("calibrated_score", "assessments_calibrated_score_range"),
    {
      accepts: [0.2, 0.4, 0.8].map(scoresOf),
      refuses: ["", "none", "Diabetes"].map((risk_level) => [{ risk_level }, "assessments_risk_level_known"]),
    },
    {
      accepts: ["high", "medium", "low"].map((confidence_level) => ({ confidence_level })),
      refuses: ["", "certain"].map((level) => [{ confidence_level: level }, "assessments_confidence_level_known"]),
    },
    {
      accepts: [{ features: { ...FEATURES, BMI: 10 } }],
      refuses: [
        [{ features: { ...FEATURES, BMI: 9.99 } }, "assessments_features_valid"],
        [
          {
            features: JSON.stringify(FEATURES)
              .replace('"BMI":', `"BMI":20.${"1".repeat(2048)},"_":`)
              .replace(/,"_":[\d.]+/, ""),
          },
          "assessments_features_size",
        ],
        [{ created_at: "infinity" }, "assessments_created_at_finite"],
      ],
    },
    {
      accepts: [],
      refuses: [
        [{ user_id: SEEDED.model }, "assessments_user_id_fkey"],
        [{ model_version_id: SEEDED.user }, "assessments_model_version_id_fkey"],
      ],
    },
  ],
  reports: [
    {
      accepts: [{ format: "pdf" }, { format: "html" }, { metadata: { pages: 2 } }],
      refuses: [
        [{ format: "docx" }, "reports_format_known"],
        [{ content_url: "" }, "reports_content_url_given"],
        [{ content_url: "x".repeat(2049) }, "reports_text_size"],
        [{ metadata: { note: "x".repeat(16_384) } }, "reports_text_size"],
        [{ generated_at: "-infinity" }, "reports_generated_at_finite"],
        [{ metadata: "[]" }, "reports_metadata_object"],
        [{ assessment_id: SEEDED.user }, "reports_assessment_id_fkey"],
      ],
    },
  ],
  auth_sessions: [
    {
      accepts: [{ ip_address: "203.0.113.7" }, { ip_address: "2001:db8::1" }, { ip_address: null, user_agent: null }],
      refuses: [
        ...[0, 32, 63, 65, 128].map(
          (bytes) => [{ token_hash: Buffer.alloc(bytes) }, "auth_sessions_token_hash_length"] as const,
        ),
        ...["2000-01-01", "2000-01-02"].map(
          (expires_at) => [{ created_at: "2000-01-02", expires_at }, "auth_sessions_expires_after_creation"] as const,
        ),
        ...["expires_at", "last_activity", "revoked_at"].map(
          (column) => [{ [column]: "infinity" }, "auth_sessions_times_finite"] as const,
        ),
        [{ created_at: "-infinity" }, "auth_sessions_times_finite"],
        [{ user_agent: "x".repeat(513) }, "auth_sessions_user_agent_length"],
        [{ user_id: SEEDED.model }, "auth_sessions_user_id_fkey"],
      ],
    },
  ],
  audit_logs: [
    {
      accepts: [
        { actor_id: null, subject_id: null },
        { actor_id: SEEDED.model },
        { ip_address: "203.0.113.7", resource_id: "v1.0.0", request_metadata: { id: 1 } },
      ],
      refuses: [
        [{ caller: "" }, "audit_logs_caller_given"],
        [{ action: "" }, "audit_logs_action_given"],
        [{ resource_type: "" }, "audit_logs_resource_type_given"],
        ...[
          { caller: "x".repeat(340) },
          { action: "x".repeat(101) },
          { resource_type: "x".repeat(101) },
          { resource_id: "x".repeat(256) },
          { user_agent: "x".repeat(513) },
          { request_metadata: { note: "x".repeat(16_384) } },
        ].map((values) => [values, "audit_logs_text_size"] as const),
        [{ timestamp: "infinity" }, "audit_logs_timestamp_finite"],
        [{ request_metadata: "[]" }, "audit_logs_request_metadata_object"],
      ],
    },
  ],
  "erasure.documents": [
    {
      accepts: [{ report_id: SEEDED.user }],
      refuses: [
        [{ content_url: "x".repeat(2049) }, "documents_content_url_size"],
        ...["erased_at", "deleted_at"].map((column) => [{ [column]: "infinity" }, "documents_times_finite"] as const),
      ],
    },
  ],
  "erasure.assessments": [
    {
      accepts: [{ deleted_at: "2001-01-01" }],
      refuses: [[{ deleted_at: "infinity" }, "assessments_deleted_at_finite"]],
    },
  ],
};

/** The schemas with tables of ours, and a table's name as ROWS has it, in information_schema.columns. */
const OURS = "array['public', 'erasure']::regnamespace[]";
const TABLE = "case table_schema when 'public' then '' else table_schema || '.' end || table_name";

const tables = Object.keys(ROWS) as (keyof typeof ROWS)[];
const shown = (values: Values) => JSON.stringify(values).slice(0, 60);
const accepted = tables.flatMap((table) =>
  RULES[table].flatMap(({ accepts }) => [{}, ...accepts].map((values) => [table, shown(values), values] as const)),
);
const refused = tables.flatMap((table) =>
  RULES[table].flatMap(({ refuses }) =>
    refuses.map(([values, constraint]) => [table, shown(values), constraint, values] as const),
  ),
);

/** The table's own row with `values` in it; a report needs an assessment to be of. */
async function rowWith(table: keyof typeof ROWS, values: Values): Promise<Values> {
  if (table !== "reports") return { ...ROWS[table], ...values };
  const { id } = await database.insert("assessments", ROWS.assessments);
  return { assessment_id: id, ...ROWS.reports, ...values };
}

test.each(accepted)("%s takes %s", async (table, _, values) => {
  const row = await rowWith(table, values);
  const stored = await database.insert(table, row);
  for (const [column, value] of Object.entries(values)) {
    if (typeof value === "number") expect(stored[column]).toBe(value);
  }
});

test.each(refused)("%s refuses %s by %s", async (table, _, constraint, values) => {
  const error = await database.insertRefused(table, await rowWith(table, values));
  expect(error.constraint).toBe(constraint);
});

test.each([
  ["reports", "reports_assessment_id_format_key", {}],
  ["reports", "reports_content_url_key", { format: "html" }],
  ["auth_sessions", "auth_sessions_token_hash_key", {}],
] as const)("%s refuses the same row twice by %s, changed by %j", async (table, constraint, changes) => {
  const row = await rowWith(table, {});
  await database.insert(table, row);
  expect((await database.insertRefused(table, { ...row, ...changes })).constraint).toBe(constraint);
});

test("a report's place may be any text", async () => {
  for (const content_url of ["\\x", "\\", "\\\\", "\\012", "é", "x".repeat(2048)])
    await database.insert("reports", await rowWith("reports", { content_url }));
});

test("every check, unique and foreign key is refused by here", async () => {
  const constraints = await database.rows<{ name: string }>(`
    select conname as name from pg_constraint where connamespace = any (${OURS}) and contype in ('c', 'u', 'f')
    union all
    select indexrelid::regclass::text from pg_index i where indisunique and indrelid::regclass::text !~ '^pg_'
      and not exists (select from pg_constraint where conindid = i.indexrelid)`);
  const tested = refused.map(([, , constraint]) => constraint);
  tested.push("reports_assessment_id_format_key", "reports_content_url_key", "auth_sessions_token_hash_key");
  expect([...new Set(tested)].sort()).toEqual(constraints.map(({ name }) => name).sort());
});

test("columns that are needed refuse null", async () => {
  const columns = await database.rows<{ table: keyof typeof ROWS; column: string }>(`
    select ${TABLE} as table, column_name as column from information_schema.columns
    where table_schema in ('public', 'erasure') and is_nullable = 'NO' and is_identity = 'NO'`);
  expect(columns.length).toBeGreaterThan(30);
  for (const { table, column } of columns) {
    const error = await database.insertRefused(table, await rowWith(table, { [column]: null }));
    expect([table, error.column, error.code]).toEqual([table, column, "23502"]);
  }
});

interface Column {
  readonly table: keyof typeof ROWS;
  readonly column: string;
  readonly type: string;
}

/** Columns of these types, in tables of ours. */
const columnsOf = (...types: string[]) =>
  database.rows<Column>(
    `select ${TABLE} as table, column_name as column, data_type as type from information_schema.columns
     join pg_class c on c.oid = format('%I.%I', table_schema, table_name)::regclass and relkind in ('r', 'p')
     where table_schema in ('public', 'erasure') and data_type = any ($1)`,
    [types],
  );

test("no time is infinite", async () => {
  const columns = await columnsOf("timestamp with time zone");
  expect(columns.length).toBeGreaterThan(12);
  for (const { table, column } of columns)
    for (const time of ["infinity", "-infinity"]) {
      const error = await database.insertRefused(table, await rowWith(table, { [column]: time }));
      expect([table, column, time, error.code]).toEqual([table, column, time, "23514"]);
    }
});

test("no text, object or bytes are without a bound", async () => {
  const columns = await columnsOf("text", "character varying", "jsonb", "bytea");
  expect(columns.length).toBeGreaterThan(15);
  const long = "x".repeat(1_000_000);
  for (const { table, column, type } of columns) {
    const given: Values = ROWS[table];
    const values: Readonly<Record<string, unknown>> = {
      jsonb: { ...(given[column] as object | undefined), note: long },
      bytea: Buffer.alloc(1_000_000),
    };
    const error = await database.insertRefused(table, await rowWith(table, { [column]: values[type] ?? long }));
    // By a check, or by the length of a varchar.
    expect([table, column, error.code]).toEqual([table, column, expect.stringMatching(/^(23514|22001)$/)]);
  }
});
