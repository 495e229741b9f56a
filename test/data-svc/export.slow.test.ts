import { csvLine } from "../../lib/data-svc/export/csv";
import {
  ADMIN,
  ask,
  assessment,
  behalf,
  call,
  eventually,
  FEATURES,
  NOBODY,
  type ProblemBody,
  proof,
  USER,
  useService,
} from "./support";

const used = useService();
beforeAll(async () => {
  await fill();
});

const rows = <Row extends object = Record<string, unknown>>(sql: string, ...values: unknown[]) =>
  used.postgres.query<Row>(used.database, sql, values);

const EXACT = "28.123456789012345678901";

/** Things that look like the syntax of JSON, CSV or a formula. */
const AWKWARD = [`a "quoted", text`, "=1+1", "two\r\nlines", "", "é \u{1f600}", "\u2028"];

/** More rows than one batch has, next to somebody else's, and every kind of value. */
async function fill(): Promise<void> {
  await rows(
    `insert into assessments
       (user_id, model_version_id, features, raw_score, calibrated_score, risk_level, confidence_level, created_at)
     select person, m.id, $3::jsonb || jsonb_build_object('BMI', $4::numeric + n / 1000.0), score,
       calibrated_score(calibration_data, score),
       risk_level(calibration_data, calibrated_score(calibration_data, score)), 'low',
       timestamptz '2026-01-01 00:00:00Z' + n / 3 * interval '1 microsecond'
     from model_versions m, unnest(array[$1, $2]::uuid[]) person, generate_series(0, 450) n,
       lateral (select (n % 7) / 7.0 as score) scores
     where is_active`,
    ...[USER, ADMIN, FEATURES, EXACT],
  );
  await rows(
    `insert into reports (assessment_id, format, content_url, metadata)
     select id, 'pdf', 's3://r/' || id, jsonb_build_object('title', $1::text[]) from assessments`,
    AWKWARD,
  );
  await rows(
    `insert into auth_sessions (user_id, token_hash, expires_at, user_agent, ip_address, revoked_at)
     select person, sha512((person || n::text)::bytea), now() + interval '1 day', ($3::text[])[n], '2001:db8::1', now()
     from unnest(array[$1, $2]::uuid[]) person, generate_series(1, 6) n`,
    ...[USER, ADMIN, AWKWARD],
  );
}

interface Export {
  readonly exported_at: string;
  readonly account: Record<string, unknown>;
  readonly assessments: { id: string; features: Record<string, number> }[];
  readonly reports: Record<string, unknown>[];
  readonly sessions: Record<string, unknown>[];
  readonly audit_log: Record<string, unknown>[];
  readonly complete: boolean;
}

const exported = <Body = Export>(query = "", init?: RequestInit, user = USER) =>
  call<Body>(used.service, `GET /internal/users/${user}/export${query}`, undefined, init);

test("JSON has every row of every table of the person, and nobody else's", async () => {
  const { status, headers, body } = await exported();
  expect([status, headers.get("content-type"), headers.get("content-disposition")]).toEqual([
    ...[200, "application/json", 'attachment; filename="export.json"'],
  ]);
  expect(Object.keys(body)).toEqual([
    ...["exported_at", "account", "assessments", "reports", "sessions", "audit_log", "complete"],
  ]);
  expect(body.complete).toBe(true);
  // Contents of each table by itself.
  const utc = (column: string) => `to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
  const table = async (sql: string) =>
    (await rows<{ line: object }>(`select row_to_json(t) as line from (${sql}) t`, USER)).map(({ line }) => line);
  expect([body.account]).toEqual(
    await table(`select id, email, role, ${utc("created_at")} as created_at, ${utc("updated_at")} as updated_at,
      ${utc("last_login_at")} as last_login_at from users where id = $1`),
  );
  expect(body.assessments).toEqual(
    await table(`select id, user_id, 'v1.0.0' as model_version, features, raw_score, calibrated_score, risk_level,
      confidence_level, ${utc("a.created_at")} as created_at from assessments a where user_id = $1
      order by a.created_at, id`),
  );
  expect(body.reports).toEqual(
    await table(`select r.id, assessment_id, format, content_url, metadata, ${utc("r.generated_at")} as generated_at
      from reports r join assessments a on a.id = assessment_id where user_id = $1 order by r.generated_at, r.id`),
  );
  expect(body.sessions).toEqual(
    await table(`select id, host(ip_address) as ip_address, user_agent, ${utc("s.created_at")} as created_at,
      ${utc("expires_at")} as expires_at, ${utc("last_activity")} as last_activity, ${utc("revoked_at")} as revoked_at
      from auth_sessions s where user_id = $1 order by s.created_at, id`),
  );
  expect([body.assessments.length, body.reports.length, body.sessions.length]).toEqual([451, 451, 6]);
});

test("JSON keeps every digit of a number", async () => {
  const response = await ask(`${used.service.url}/internal/users/${USER}/export`, { headers: proof() });
  expect(await response.text()).toContain(`"BMI": ${EXACT}`);
});

/** Reads RFC 4180: quoted cells may hold anything, and null is a cell without quotes. */
function parseCsv(text: string): (string | null)[][] {
  const lines: (string | null)[][] = [[]];
  for (const [, quoted, plain = "", end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    lines.at(-1)?.push(quoted?.replaceAll('""', '"') ?? (plain || null));
    if (end === "\r\n") lines.push([]);
    if (end === "") break;
  }
  expect(lines.pop()).toEqual([null]);
  return lines;
}

async function csv(query: string): Promise<Record<string, string | null>[]> {
  const { status, headers, body } = await exported<string>(query);
  expect([status, headers.get("content-type")]).toEqual([200, "text/csv; charset=utf-8; header=present"]);
  expect(headers.get("content-disposition")).toMatch(/^attachment; filename="\w+\.csv"$/);
  const [header = [], ...lines] = parseCsv(body);
  return lines.map((cells) => {
    expect(cells).toHaveLength(header.length);
    return Object.fromEntries(header.map((name, place) => [name ?? "", cells[place] ?? null]));
  });
}

test("CSV has the assessments, with a column for each feature and every digit", async () => {
  const lines = await csv("?format=csv");
  const { body } = await exported();
  const flat = body.assessments.map(({ features, ...others }) => ({ ...others, ...features }));
  const texts = (row: object) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value)]));
  const numbers = ({ BMI, ...cells }: Record<string, string | null>) => ({ ...cells, BMI: String(Number(BMI)) });
  expect(lines.map(numbers)).toEqual(flat.map(texts));
  expect(lines[0]?.BMI).toBe(EXACT);
});

/** A cell as the export in JSON has it. Objects may have other spaces. */
const asJson = (cell: string | null) => (cell?.startsWith("{") ? JSON.parse(cell) : cell);

test.each(["account", "reports", "sessions", "audit_log"] as const)(
  "CSV has the table %s on request",
  async (table) => {
    const lines = await csv(`?format=csv&table=${table}`);
    const { body } = await exported();
    // The export in JSON is later, so its own entry comes last.
    const wanted = ([body[table]].flat() as Record<string, unknown>[]).slice(0, lines.length);
    const read = lines.map((line) =>
      Object.fromEntries(Object.entries(line).map(([name, cell]) => [name, asJson(cell)])),
    );
    const marked = wanted.map((row) =>
      "user_agent" in row && row.user_agent === "=1+1" ? { ...row, user_agent: "'=1+1" } : row,
    );
    expect(read).toEqual(marked);
    expect(lines.length).toBeGreaterThan(0);
  },
);

test.each([
  ["=1+1", "'=1+1"],
  ["+49 30", "'+49 30"],
  ["-cmd", "'-cmd"],
  ["@SUM(A1)", "'@SUM(A1)"],
  ["\tx", "'\tx"],
  ["\r=x", `"'\r=x"`],
  ["＝1", "'＝1"],
  ["=a,b", `"'=a,b"`],
  ["-5.25e-7", "-5.25e-7"],
  ["-5.25e-7x", "'-5.25e-7x"],
  ['a"b', '"a""b"'],
  ["a=b", "a=b"],
  ["", '""'],
  [null, ""],
])("the cell %j is %j in CSV", (cell, text) => expect(csvLine([cell, "x"])).toBe(`${text},x\r\n`));

const CSV = "text/csv; charset=utf-8; header=present";

test.each([
  ["*/*", "application/json"],
  ["text/html, */*;q=0.1", "application/json"],
  ["application/json;q=0.5, text/csv", CSV],
  ["text/*", CSV],
  ["text/csv;q=0, */*", "application/json"],
])("Accept: %s gets %s", async (accept, type) =>
  expect((await exported<unknown>("", { headers: { accept } })).headers.get("content-type")).toBe(type),
);

test("what the query says wins over Accept", async () => {
  const { headers } = await exported<unknown>("?format=json", { headers: { accept: "text/csv" } });
  expect(headers.get("content-type")).toBe("application/json");
});

test.each<[string, RequestInit, string, number, string | undefined]>([
  ["", { headers: { accept: "text/html" } }, USER, 406, undefined],
  ["", { headers: { accept: "text/csv;q=0, application/json;q=0.0" } }, USER, 406, undefined],
  ["?format=xml", {}, USER, 400, "/format"],
  ["?format=json&table=reports", {}, USER, 400, "/table"],
  ["?format=csv&table=users", {}, USER, 400, "/table"],
  ["", {}, "7", 400, "/id"],
  ["", {}, NOBODY, 404, "/id"],
  ["", behalf(NOBODY), USER, 422, "/x-on-behalf-of"],
])("refuses %s with %j for %s", async (query, init, user, status, pointer) => {
  const answer = await exported<ProblemBody>(query, init, user);
  expect([answer.status, answer.body.errors?.[0]?.pointer]).toEqual([status, pointer]);
  expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json/);
});

test("there is no HEAD, which would read everything for nothing", async () => {
  const target = `${used.service.url}/internal/users/${USER}/export`;
  const { status, headers } = await ask(target, { method: "HEAD", headers: proof() });
  expect([status, headers.get("allow")]).toEqual([405, "GET"]);
});

test("an export is on record before its first byte, and has that entry itself", async () => {
  const { body } = await exported("", behalf(ADMIN));
  const entry = body.audit_log.at(-1);
  expect(entry).toEqual({
    ...{ resource_type: "user", resource_id: USER, caller: "tester", about: "person" },
    ...{ done_at: expect.any(String), action: "user.export", done_by: "somebody else" },
    ...{ ip_address: null, user_agent: null },
    request_metadata: { request_id: expect.any(String), format: "json", ids: [USER] },
  });
  expect(String(entry?.done_at) < body.exported_at).toBe(true);
});

test("the audit log of an export has what the person did, without what is others'", async () => {
  const names = "insert into users (email) values ('eve@example.org'), ('dan@example.org') returning id";
  const [mine = "", theirs = ""] = (await rows<{ id: string }>(names)).map(({ id }) => id);
  const store = async (user: string) =>
    (
      await call<{ id: string }>(
        used.service,
        "POST /internal/assessments",
        assessment({ user_id: user }),
        behalf(user),
      )
    ).body.id;
  const [own, foreign] = [await store(mine), await store(theirs)];
  await call(used.service, `GET /internal/assessments/${foreign}`, undefined, behalf(mine));
  await call(used.service, `GET /internal/assessments/${own}`, undefined, behalf(theirs));
  const { body } = await exported("", {}, mine);
  expect(body.audit_log.map((e) => [e.action, e.done_by, e.about, e.resource_id, e.ip_address !== null])).toEqual([
    ["assessment.create", "person", "person", own, true],
    ["assessment.read", "person", "somebody else", null, true],
    ["assessment.read", "somebody else", "person", own, false],
    ["user.export", "nobody", "person", mine, false],
  ]);
  expect(JSON.stringify(body)).not.toContain(theirs);
  expect(JSON.stringify(body)).not.toContain(foreign);
});

test("as many exports at a time as a third of the pool; a further one is asked to come back", async () => {
  await used.postgres.connected(used.database, async (client) => {
    await client.query("begin; lock table auth_sessions in access exclusive mode");
    const held = [exported(), exported("?format=csv&table=sessions")];
    const waiting =
      "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%declare%' and application_name like 'data-svc%'";
    await eventually(async () => (await rows(waiting)).length === 2);
    const further = await exported<ProblemBody>();
    expect([further.status, further.body.type]).toEqual([503, "urn:diabrisk:problem:too-many-exports"]);
    expect(Number(further.headers.get("retry-after"))).toBeGreaterThan(0);
    await client.query("rollback");
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200]);
  });
  expect((await exported()).status).toBe(200);
});
