import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { gunzipSync } from "node:zlib";
import { FormatRegistry } from "@sinclair/typebox";
import { Registry } from "prom-client";
import { SCHEMA_VERSION } from "../../lib/contract";
import { Features } from "../../lib/data-svc/api/features";
import { compileValidator, registerFormats } from "../../lib/data-svc/validation";
import { usePostgres } from "../support/postgres";
import { rawOf } from "../support/seeded-model";
import {
  ADMIN,
  asDataSvc,
  ask,
  assessment,
  behalf,
  CALLER,
  call,
  closeServices,
  connectTo,
  eventually,
  FEATURES,
  metricsOf,
  NOBODY,
  type ProblemBody,
  proof,
  type RunningService,
  startReady,
  USER,
} from "./support";

const postgres = usePostgres();
const PASSWORD = "data-svc's p@ssw0rd";
let database: string;
let service: RunningService;

beforeAll(async () => {
  database = await postgres.createMigratedDatabase();
  // With no more privileges than in a pod.
  service = await startReady(await asDataSvc(postgres, database, PASSWORD), { LOG_LEVEL: "trace" });
});
afterAll(closeServices);

interface AssessmentBody {
  readonly id: string;
  readonly risk_level: string;
  readonly created_at: string;
  readonly features: Record<string, number>;
}

interface PageBody {
  readonly items: AssessmentBody[];
  readonly next_cursor: string | null;
}

const post = <Body = AssessmentBody>(changes: Record<string, unknown> = {}, init: RequestInit = {}) =>
  call<Body>(service, "POST /internal/assessments", assessment(changes), init);

/** A registered model that is not active. */
const OTHER_MODEL = `
  insert into model_versions (version, trained_at, auroc, auprc, calibration_error, artifact_path, calibration_data)
  select 'v0.8.0', trained_at, auroc, auprc, calibration_error, artifact_path, calibration_data
  from model_versions where version = 'v1.0.0' on conflict do nothing`;

const newUser = async (name: string) => {
  const [user] = await postgres.query<{ id: string }>(database, "insert into users (email) values ($1) returning id", [
    `${name}@example.org`,
  ]);
  return user?.id ?? "";
};

describe("GET /internal/model-versions/active", () => {
  test("answers the seed's model with its calibration and thresholds", async () => {
    const { status, body } = await call<unknown>(service, "GET /internal/model-versions/active");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      version: "v1.0.0",
      trained_at: "2015-01-01T00:00:00.000000Z",
      auroc: 0.8562,
      auprc: 0.4321,
      calibration_error: 0.0234,
      artifact_path: "/models/v1.0.0/model.pkl",
      calibration_data: {
        isotonic: expect.arrayContaining([{ raw: 0.2, calibrated: 0.18 }]),
        thresholds: { prediabetes: 0.35, diabetes: 0.65 },
        metrics: { accuracy: 0.8234, precision: 0.7512, recall: 0.6891, f1: 0.7189 },
      },
    });
  });

  const RESTORE = `
    update model_versions set is_active = version = 'v1.0.0', calibration_data = jsonb_set(calibration_data, '{thresholds}',
      '{"prediabetes": 0.35, "diabetes": 0.65}')`;

  test.each<[string, string, number, string, RegExp]>([
    ["missing", "is_active = false", 404, "no-active-model", /^No model version is active/],
    ...[
      "#- '{thresholds,diabetes}'",
      "- 'thresholds'",
      `|| '{"thresholds": {"prediabetes": 1e400, "diabetes": 1}}'`,
    ].map((change): [string, string, number, string, RegExp] => [
      "malformed",
      `calibration_data = calibration_data ${change}`,
      503,
      "no-usable-model",
      /^Model v1\.0\.0 is active, but its calibration_data cannot be used: \/thresholds.*Correct it, or activate another/,
    ]),
  ])("while it is %s (%s), writes get 503 with what to do, and readiness and metrics tell of it", async (...row) => {
    const [, change, status, problem, reason] = row;
    const metric = () => metricsOf(service);
    const model = async () =>
      (
        await call<{ ready: boolean; checks: Record<string, { status: string; message: string }> }>(
          service,
          "GET /readyz",
        )
      ).body;
    // Only a row from before the check can be malformed.
    const unchecked = "alter table model_versions drop constraint if exists model_versions_calibration_data_valid";
    await postgres.query(database, `${unchecked}; update model_versions set ${change}`);
    try {
      const read = await call(service, "GET /internal/model-versions/active");
      expect([read.status, read.body.type]).toEqual([status, `urn:diabrisk:problem:${problem}`]);
      const { headers, ...write } = await post<ProblemBody>();
      expect(write).toMatchObject({ status: 503, body: { type: "urn:diabrisk:problem:no-usable-model" } });
      expect(write.body.detail).toMatch(reason);
      expect(headers.get("retry-after")).toBe("2");
      expect((await call(service, `GET /internal/users/${USER}/assessments`)).status).toBe(200);
      await eventually(async () => (await model()).checks.model?.status === "warning");
      const { ready, checks } = await model();
      expect(ready).toBe(true);
      expect(checks.model?.message).toMatch(reason);
      await eventually(async () => (await metric()).includes('data_svc_active_model_usable{database="diabrisk"} 0'));
    } finally {
      await postgres.query(database, RESTORE);
    }
    await eventually(async () => (await model()).checks.model?.status === "ok");
    await eventually(async () => (await metric()).includes('data_svc_active_model_usable{database="diabrisk"} 1'));
    expect((await post()).status).toBe(201);
  });
});

describe("POST /internal/assessments", () => {
  test("stores the assessment and an audit row that holds no health value", async () => {
    const init = { headers: { "user-agent": "gateway/1.0", "x-request-id": "request-1" } };
    const { status, body, headers } = await post({}, init);
    expect(status).toBe(201);
    expect(headers.get("x-request-id")).toBe("request-1");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(body).toEqual({
      ...assessment(),
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      model_version: "v1.0.0",
      risk_level: "prediabetes",
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
    });
    const stored = await postgres.query(database, "select features, raw_score from assessments where id = $1", [
      body.id,
    ]);
    expect(stored).toEqual([{ features: FEATURES, raw_score: 0.4711 }]);
    const audit = await postgres.query(
      database,
      "select actor_id, subject_id, caller, action, resource_type, ip_address, user_agent, request_metadata from audit_logs where resource_id = $1",
      [body.id],
    );
    expect(audit).toEqual([
      {
        // Nobody was named: the person did not do it for all that is known.
        ...{ actor_id: null, subject_id: USER, caller: "tester" },
        action: "assessment.create",
        resource_type: "assessment",
        ip_address: "127.0.0.1",
        user_agent: "gateway/1.0",
        request_metadata: { request_id: "request-1", model_version: "v1.0.0" },
      },
    ]);
  });

  test("writes the person's own address, browser and role where the caller knows them", async () => {
    const request_context = { ip_address: "2001:db8::1", user_agent: "Firefox" };
    const { body } = await post({ request_context }, behalf(ADMIN));
    const sql = "select actor_id, ip_address, user_agent from audit_logs where resource_id = $1";
    expect(await postgres.query(database, sql, [body.id])).toEqual([{ actor_id: ADMIN, ...request_context }]);
  });

  test.each([
    [0, "no_diabetes"],
    [0.3499994, "no_diabetes"],
    [0.35, "prediabetes"],
    [0.6499994, "prediabetes"],
    [0.65, "diabetes"],
    [1, "diabetes"],
  ])("gives a calibrated score of %d the level %s", async (calibrated_score, level) => {
    expect((await post({ calibrated_score, raw_score: rawOf(calibrated_score) })).body.risk_level).toBe(level);
  });

  test.each([
    [0.35, 0.3499995, "prediabetes"],
    [0.35, Math.fround(0.35), "prediabetes"],
    [0.65, 0.6499991, "diabetes"],
    [0.3499994, 0.35, "no_diabetes"],
  ])(
    "gives a raw score whose curve says %d its level, though the calibrated score came as %d",
    async (onCurve, calibrated_score, level) => {
      const { status, body } = await post({ calibrated_score, raw_score: rawOf(onCurve) });
      expect([status, body.risk_level]).toEqual([201, level]);
    },
  );

  test.each([
    [0.4711, 0.471765, 201],
    // In single precision.
    [0.4711, Math.fround(0.471765), 201],
    [0.4711, 0.4717641, 201],
    [0.4711, 0.4717639, 400],
    [0.4711, 0.4711, 400],
    [1, 0, 400],
  ])(
    "a raw score of %d with a calibrated one of %d is answered with %d",
    async (raw_score, calibrated_score, status) => {
      const answer = await call(service, "POST /internal/assessments", assessment({ raw_score, calibrated_score }));
      expect(answer.status).toBe(status);
      if (status === 400)
        expect(answer.body).toMatchObject({
          type: "urn:diabrisk:problem:invalid-request",
          errors: [{ pointer: "/calibrated_score" }],
        });
    },
  );

  test("stores an assessment once when it is sent again under its id, also at the same time", async () => {
    const id = "11111111-2222-4333-8444-555555555555";
    const answers = await Promise.all([post({ id }), post({ id }), post({ id })]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 201]);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    const count = "select (select count(*) from audit_logs where resource_id = $1::text)::int as audits";
    expect(await postgres.query(database, count, [id])).toEqual([{ audits: 1 }]);
    const other = await call(service, "POST /internal/assessments", assessment({ id, raw_score: 0.1 }));
    expect([other.status, other.body.errors]).toEqual([409, [{ pointer: "/id", message: expect.any(String) }]]);
  });

  test.each<[string, Record<string, unknown>, string[]]>([
    ["an unknown field", { colour: 1 }, ["/colour"]],
    ["a risk level of its own", { risk_level: "diabetes" }, ["/risk_level"]],
    ["no user", { user_id: undefined }, ["/user_id"]],
    ["no model", { model_version: undefined }, ["/model_version"]],
    ["a model's version that is none", { model_version: "1.0" }, ["/model_version"]],
    ["a user id that is none", { user_id: "7" }, ["/user_id"]],
    ["a number as text", { raw_score: "0.5" }, ["/raw_score"]],
    ["scores out of range", { raw_score: -0.1, calibrated_score: 1.1 }, ["/raw_score", "/calibrated_score"]],
    ["null as a score", { raw_score: null }, ["/raw_score"]],
    ["an unknown confidence", { confidence_level: "certain" }, ["/confidence_level"]],
    ["features that are a list", { features: [FEATURES] }, ["/features"]],
    ["a feature too many", { features: { ...FEATURES, Height: 180 } }, ["/features/Height"]],
    ["a feature missing", { features: { ...FEATURES, Age: undefined } }, ["/features/Age"]],
    [
      "several wrong features",
      { features: { ...FEATURES, Age: 14, BMI: 9.9, HighBP: true, GenHlth: 2.5 } },
      ["/features/Age", "/features/BMI", "/features/GenHlth", "/features/HighBP"],
    ],
    ["an address that is none", { request_context: { ip_address: "10.0.0.256" } }, ["/request_context/ip_address"]],
    ["an address with a zone", { request_context: { ip_address: "fe80::1%eth0" } }, ["/request_context/ip_address"]],
    ["a NUL in the browser's name", { request_context: { user_agent: "a\u0000" } }, ["/request_context/user_agent"]],
  ])("refuses %s and names it", async (_, changes, pointers) => {
    const { status, headers, body } = await call(service, "POST /internal/assessments", assessment(changes));
    expect(status).toBe(400);
    expect(headers.get("content-type")).toContain("application/problem+json");
    expect(body).toMatchObject({
      type: "urn:diabrisk:problem:invalid-request",
      status: 400,
      request_id: expect.any(String),
    });
    expect(body.errors?.map(({ pointer }) => pointer).sort()).toEqual([...pointers].sort());
  });

  test("names at most fifty wrong fields", async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`field${index}`, 1]));
    const { body } = await call(service, "POST /internal/assessments", many);
    expect(body.errors).toHaveLength(50);
  });

  test.each<[string, Record<string, unknown>, number, string, string]>([
    ["an unknown user", { user_id: NOBODY }, 422, "user-does-not-exist", "/user_id"],
    ["scores of an unknown model", { model_version: "v0.9.0" }, 422, "model-version-does-not-exist", "/model_version"],
    ["scores of an inactive model", { model_version: "v0.8.0" }, 409, "model-not-active", "/model_version"],
  ])("refuses %s and stores nothing", async (_, changes, status, type, pointer) => {
    const count = "select (select count(*) from assessments) + (select count(*) from audit_logs) as rows";
    await postgres.query(database, OTHER_MODEL);
    const before = await postgres.query(database, count);
    const answer = await call(service, "POST /internal/assessments", assessment(changes));
    expect(answer).toMatchObject({ status, body: { type: `urn:diabrisk:problem:${type}`, errors: [{ pointer }] } });
    expect(await postgres.query(database, count)).toEqual(before);
  });
});

describe("any path", () => {
  const plain = { headers: { "content-type": "text/plain" } };
  const typed = (rest: string) => ({ headers: { "content-type": `application/json${rest}` } });
  test.each<[string, string, unknown, RequestInit, number, string]>([
    ["an unknown path", "GET /internal/nothing", undefined, {}, 404, "unknown-route"],
    ["a method that the path lacks", "DELETE /internal/assessments", undefined, {}, 405, "method-not-allowed"],
    ["a broken body at an unknown path", "POST /internal/nothing", "{", {}, 404, "unknown-route"],
    ["a broken body for a method that the path lacks", "PUT /internal/assessments", "{", {}, 405, "method-not-allowed"],
    [
      "QUERY, which must say a type, at a path that lacks it",
      "QUERY /healthz",
      undefined,
      {},
      405,
      "method-not-allowed",
    ],
    ["a method below a parameter", "PUT /internal/users/7/assessments", "{}", {}, 405, "method-not-allowed"],
    ["another media type", "POST /internal/assessments", "features=1", plain, 415, "unsupported-media-type"],
    ["a body too large", "POST /internal/assessments", { user_id: "x".repeat(20_000) }, {}, 413, "body-too-large"],
    ["broken JSON", "POST /internal/assessments", '{"BMI": 4711x', {}, 400, "malformed-json"],
    ["an empty body", "POST /internal/assessments", "", {}, 400, "malformed-json"],
    ["a prototype in the body", "POST /internal/assessments", '{"__proto__": {}}', {}, 400, "malformed-json"],
    ["a body that is no object", "POST /internal/assessments", "null", {}, 400, "invalid-request"],
    ["broken percent-encoding", "GET /internal/users/%zz/assessments", undefined, {}, 400, "malformed-http"],
    ["a user id that is none", "GET /internal/users/7/assessments", undefined, {}, 400, "invalid-request"],
    [
      "a user id longer than any",
      `GET /internal/users/${"x".repeat(101)}/assessments`,
      undefined,
      {},
      400,
      "invalid-request",
    ],
    [
      "a cursor of another's making",
      `GET /internal/users/${USER}/assessments?cursor=MQ`,
      undefined,
      {},
      400,
      "invalid-request",
    ],
    [
      "a body in another encoding",
      "POST /internal/assessments",
      "{}",
      typed("; charset=utf-16"),
      415,
      "unsupported-media-type",
    ],
    [
      "a compressed body",
      "POST /internal/assessments",
      "{}",
      { headers: { "content-encoding": "gzip" } },
      415,
      "unsupported-media-type",
    ],
    ["an unknown user", `GET /internal/users/${NOBODY}/assessments`, undefined, {}, 404, "unknown-user"],
    ["a page too long", `GET /internal/users/${USER}/assessments?limit=101`, undefined, {}, 400, "invalid-request"],
    [
      "a page of a fraction",
      `GET /internal/users/${USER}/assessments?limit=1.5`,
      undefined,
      {},
      400,
      "invalid-request",
    ],
    ["two limits", `GET /internal/users/${USER}/assessments?limit=1&limit=2`, undefined, {}, 400, "invalid-request"],
    ["an unknown query", `GET /internal/users/${USER}/assessments?page=2`, undefined, {}, 400, "invalid-request"],
    ["a broken cursor", `GET /internal/users/${USER}/assessments?cursor=x`, undefined, {}, 400, "invalid-request"],
  ])("refuses %s", async (_, target, body, init, status, type) => {
    const answer = await call(service, target, body, init);
    expect([answer.status, answer.body.type]).toEqual([status, `urn:diabrisk:problem:${type}`]);
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
    expect(answer.body.detail).not.toContain("4711");
  });

  /** The answer to bytes that no client library sends. */
  async function raw(bytes: string | Buffer): Promise<string> {
    const socket = connectTo(service);
    socket.write(bytes);
    const [answer] = await once(socket, "data");
    socket.destroy();
    return String(answer);
  }

  test("refuses what is not HTTP, under an id that the log knows", async () => {
    const answer = await raw("features=1\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*application\/problem\+json[\s\S]*malformed-http/);
    const [, id] = /"request_id":"([^"]+)"/.exec(answer) ?? [];
    expect(answer).toContain(`X-Request-Id: ${id}\r\n`);
    expect(service.lines.filter((line) => line.includes(String(id)))).toHaveLength(1);
  });

  test("refuses a body that is not UTF-8", async () => {
    const body = Buffer.from('{"user_id":"\xe4"}', "latin1");
    const head = `POST /internal/assessments HTTP/1.1\r\nHost: x\r\nAuthorization: ${proof().authorization}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    expect(await raw(Buffer.concat([Buffer.from(head), body]))).toMatch(/^HTTP\/1\.1 400 [\s\S]*malformed-json/);
  });

  test("refuses a method that fastify does not know, as the client's mistake", async () => {
    expect(await raw("QUERY /healthz HTTP/1.1\r\nHost: x\r\n\r\n")).toMatch(/^HTTP\/1\.1 4\d\d /);
  });

  test("says which methods there are", async () => {
    const { headers } = await call(service, "DELETE /internal/assessments");
    expect(headers.get("allow")).toBe("POST");
  });
});

describe("GET /internal/users/{id}/assessments", () => {
  const list = (user: string, query = "") => call<PageBody>(service, `GET /internal/users/${user}/assessments${query}`);

  test("answers an empty page for a user without assessments", async () => {
    expect((await list(await newUser("empty"))).body).toEqual({ items: [], next_cursor: null });
  });

  test("pages newest first through equal times and single microseconds, each row once", async () => {
    const user = await newUser("pages");
    const times = ["05.000001", "05.000002", "05.000002", "05.000002", "05.000003", "05.000999", "06.000000"];
    const insert = `
      insert into assessments (user_id, model_version_id, features, raw_score, calibrated_score, risk_level, confidence_level, created_at)
      select $1, m.id, $2, 0, 0, 'no_diabetes', 'low', $3::timestamptz from model_versions m where is_active`;
    for (const time of times) await postgres.query(database, insert, [user, FEATURES, `2026-01-02T03:04:${time}Z`]);
    const seen: AssessmentBody[] = [];
    let cursor: string | null = "";
    for (let page = 0; cursor !== null; page++) {
      const { body } = await list(user, `?limit=2${cursor && `&cursor=${cursor}`}`);
      expect(body.items).toHaveLength(page < 3 ? 2 : 1);
      seen.push(...body.items);
      cursor = body.next_cursor;
    }
    const sql = "select id from assessments where user_id = $1 order by created_at desc, id desc";
    expect(seen.map(({ id }) => ({ id }))).toEqual(await postgres.query(database, sql, [user]));
    expect(seen.map(({ created_at }) => created_at.slice(17, 26))).toEqual([...times].reverse());
  });

  test("ends without a cursor when the last page is full", async () => {
    const user = await newUser("full");
    for (let count = 0; count < 2; count++) await post({ user_id: user });
    const { body } = await list(user, "?limit=2");
    expect([body.items.length, body.next_cursor]).toEqual([2, null]);
  });
});

describe("the rules for features", () => {
  const VARIANTS: unknown[] = [
    FEATURES,
    ...[null, true, 7, "x", [], [FEATURES], {}, Object.keys(FEATURES)],
    ...Object.keys(FEATURES).flatMap((key) =>
      [-1, 0, 1, 2, 5, 6, 7, 8, 9, 10, 13, 14, 30, 31, 100, 100.5, 0.5, 1.5, 1e300, null, true, "1", [1], {}].map(
        (value) => ({
          ...FEATURES,
          [key]: value,
        }),
      ),
    ),
    ...Object.keys(FEATURES).map((key) => ({ ...FEATURES, [key]: undefined })),
    ...["", "bmi", "Diabetes_012", "constructor"].map((key) => ({ ...FEATURES, [key]: 1 })),
  ];

  test(`are the table's own, for ${VARIANTS.length} variants`, async () => {
    registerFormats();
    const validate = compileValidator({ schema: Features, method: "POST", url: "/", httpPart: "body" });
    const texts = VARIANTS.map((variant) => JSON.stringify(variant));
    const ours = texts.map((text) => !("error" in (validate(JSON.parse(text)) as object)));
    const sql =
      "select assessment_features_valid(v::jsonb) as valid from unnest($1::text[]) with ordinality t(v, n) order by n";
    const theirs = await postgres.query<{ valid: boolean }>(database, sql, [texts]);
    const different = texts.filter((_, index) => ours[index] !== theirs[index]?.valid);
    expect(different).toEqual([]);
    expect(ours.filter(Boolean).length).toBeGreaterThan(50);
  });

  const rows = path.resolve(__dirname, "../../../shared/data/brfss2015-20k.csv.gz");
  const testWithData = existsSync(rows) ? test : test.skip;
  testWithData("accept real survey rows (skipped where ../shared/data is not)", async () => {
    const [header = "", ...lines] = gunzipSync(readFileSync(rows)).toString().trim().split("\n");
    const names = header.split(",").slice(1);
    const every = lines.filter((_, index) => index % 50 === 0);
    const answers: number[] = [];
    for (let batch = 0; batch < every.length; batch += 8) {
      const posts = every.slice(batch, batch + 8).map((line) => {
        const values = line.split(",").slice(1).map(Number);
        return post({ features: Object.fromEntries(names.map((name, index) => [name, values[index]])) });
      });
      answers.push(...(await Promise.all(posts)).map(({ status }) => status));
    }
    expect(answers).toHaveLength(400);
    expect(new Set(answers)).toEqual(new Set([201]));
  });
});

const wearing = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe("the log", () => {
  test("holds no health value, no user, no password and no token, even at the lowest level", async () => {
    const headers = { cookie: "session=t0ken", "x-on-behalf-of": USER };
    await post({ raw_score: 0.987654321 }, { headers });
    await post({ raw_score: 0.987654321 }, { headers: { authorization: "Bearer t0ken.t0ken.t0ken" } });
    await post({ raw_score: 987654321 }, { headers });
    await call(service, "POST /internal/assessments", '{"BMI": 987654321', { headers });
    await call(service, `GET /internal/users/${USER}/assessments?cursor=987654321`, undefined, { headers });
    const text = service.lines.join("");
    expect(text).toContain('"route":"/internal/users/:id/assessments"');
    for (const secret of ["987654321", "HighBP", "t0ken", USER, postgres.server.password])
      expect(text).not.toContain(secret);
    for (const part of proof().authorization.slice("Bearer ".length).split(".")) expect(text).not.toContain(part);
    expect(text).toContain(`"caller":"${CALLER.name}"`);
  });

  /** In every place of a request where a caller can put a text or a number of its own. */
  const MARK = "0.471147114711";
  const requests: [string, () => Promise<{ body: unknown }>][] = [
    ["body", () => post({ raw_score: Number(MARK), request_context: { user_agent: MARK } })],
    ["header", () => post({}, { headers: { "user-agent": MARK, cookie: MARK, "x-on-behalf-of": MARK } })],
    ["token", () => call(service, "GET /internal/model-versions/active", undefined, wearing(MARK))],
    ["path", () => call(service, `GET /internal/users/${MARK}/assessments`)],
    ["query", () => call(service, `GET /internal/users/${USER}/assessments?cursor=${MARK}`)],
    ["unknown path", () => call(service, `GET /internal/${MARK}?${MARK}=${MARK}`)],
  ];

  test.each([
    "22P02",
    "22003",
    "22023",
    "23505",
    "23514",
    "23502",
    "42804",
    "42601",
    "P0001",
    "XX000",
    "53100",
    "57014",
  ])("and every answer are free of the request's values when the database quotes them with %s", async (code) => {
    const before = service.lines.length;
    // A row that waits to be quoted, also where only reads come.
    const quote = `raise exception using errcode = '${code}', detail = new::text, hint = new::text, message = new::text`;
    await postgres.query(
      database,
      `create function quote() returns trigger language plpgsql as $$ begin ${quote}; end $$;
         create trigger quote before insert on audit_logs for each row execute function quote();
         create trigger quote before insert on assessments for each row when (new.raw_score::text = '${MARK}') execute function quote();`,
    );
    FormatRegistry.Set("uuid", () => true);
    try {
      for (const [place, send] of requests) {
        const { body } = await send();
        expect({ place, body: JSON.stringify(body) }).toEqual({ place, body: expect.not.stringContaining(MARK) });
      }
      const lines = service.lines.slice(before).join("");
      expect(lines).not.toContain(MARK);
      expect(lines).toContain(`"code":"${code}"`);
    } finally {
      registerFormats();
      await postgres.query(database, "drop function quote cascade");
    }
  });

  test("holds nothing of a row that the database refuses", async () => {
    const before = service.lines.length;
    await postgres.query(
      database,
      "alter table assessments add constraint none check (raw_score <> 0.123454321) not valid",
    );
    try {
      const { status, body } = await call(
        service,
        "POST /internal/assessments",
        assessment({ raw_score: 0.123454321 }),
      );
      expect([status, body.type]).toEqual([500, "urn:diabrisk:problem:internal"]);
      const lines = service.lines.slice(before).join("");
      expect(lines).toContain('"constraint":"none"');
      expect(lines).toContain(body.request_id);
      expect(lines + JSON.stringify(body)).not.toMatch(/123454321|Failing row|HighBP/);
    } finally {
      await postgres.query(database, "alter table assessments drop constraint none");
    }
  });
});

describe("GET /metrics", () => {
  test("is made once a second, for any number of readers", async () => {
    const made = jest.spyOn(Registry.prototype, "metrics");
    const answers = await Promise.all(Array.from({ length: 5 }, () => metricsOf(service)));
    for (let reader = 0; reader < 3; reader++) answers.push(await metricsOf(service));
    expect(made.mock.calls.length).toBeLessThanOrEqual(1);
    made.mockRestore();
    expect(new Set(answers).size).toBe(1);
    await eventually(async () => (await metricsOf(service)) !== answers[0]);
  });

  test("is Prometheus' format, with pool, queries, HTTP and schema version", async () => {
    const { body, headers } = await call<string>({ url: service.metricsUrl }, "GET /metrics");
    expect(headers.get("content-type")).toContain("text/plain; version=0.0.4");
    const sample = /^[a-z0-9_]+(\{[a-zA-Z_]+="[^"]*"(,[a-zA-Z_]+="[^"]*")*\})? (-?[\d.]+(e[+-]?\d+)?|NaN|\+Inf)$/;
    const wrong = body.split("\n").filter((line) => line && !line.startsWith("# ") && !sample.test(line));
    expect(wrong).toEqual([]);
    for (const expected of [
      /^data_svc_pool_connections\{state="total"\} [1-9]/m,
      /^data_svc_pool_connections\{state="waiting"\} 0$/m,
      /^data_svc_pool_max_connections 6$/m,
      /^data_svc_query_duration_seconds_count\{query="store_assessment",outcome="ok"\} \d+$/m,
      /^data_svc_http_request_duration_seconds_count\{method="POST",route="\/internal\/assessments",status="201"\} \d+$/m,
      new RegExp(`^data_svc_schema_version\\{database="diabrisk"\\} ${SCHEMA_VERSION}$`, "m"),
      new RegExp(`^data_svc_schema_version_required ${SCHEMA_VERSION}$`, "m"),
      /^data_svc_schema_dirty\{database="diabrisk"\} 0$/m,
      /^data_svc_database_read_only\{database="diabrisk"\} 0$/m,
      /^data_svc_build_info\{version="1\.0\.0",node="v\d+\.\d+\.\d+"\} 1$/m,
      /^process_resident_memory_bytes \d+$/m,
    ]) {
      expect(body).toMatch(expected);
    }
  });
});

describe("the port of the metrics", () => {
  const metrics = () => ({ url: service.metricsUrl });

  test.each(["GET /healthz", "GET /openapi.json", `GET /internal/users/${USER}/assessments`, "POST /metrics"])(
    "has nothing for %s",
    async (target) => {
      const { status, body } = await call(metrics(), target);
      expect([status, body.type]).toEqual([404, "urn:diabrisk:problem:unknown-route"]);
    },
  );

  test("is the only one that has them", async () => {
    const { status, body } = await call(service, "GET /metrics");
    expect([status, body.type]).toEqual([404, "urn:diabrisk:problem:unknown-route"]);
  });
});

describe("GET /openapi.json", () => {
  interface Operation {
    readonly summary: string;
    readonly requestBody?: { content: Record<string, { schema: unknown }> };
    readonly parameters?: { name: string; in: string }[];
    readonly responses: Record<string, { description: string; content: Record<string, unknown> }>;
  }
  interface Document {
    readonly openapi: string;
    readonly info: { title: string; version: string };
    readonly paths: Record<string, Record<string, Operation>>;
    readonly components: { schemas: Record<string, { properties: Record<string, unknown> }> };
  }
  const document = async () => (await call<Document>(service, "GET /openapi.json")).body;

  test("is made once, for any number of readers", async () => {
    const stringify = jest.spyOn(JSON, "stringify");
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask(`${service.url}/openapi.json`)));
    const texts = new Set(await Promise.all(answers.map((answer) => answer.text())));
    const made = stringify.mock.results.filter(({ value }) => String(value).includes("createAssessment"));
    stringify.mockRestore();
    expect([texts.size, made.length]).toEqual([1, 0]);
    expect(answers[0]?.headers.get("content-type")).toContain("application/json");
  });

  test("describes every route with its answers", async () => {
    const { openapi, info, paths } = await document();
    expect(openapi).toBe("3.1.0");
    expect(info).toMatchObject({ title: "DiabRisk data-svc", version: "1.0.0" });
    const operations = Object.entries(paths).flatMap(([route, methods]) =>
      Object.entries(methods).map(
        ([method, { responses }]) => `${method} ${route}: ${Object.keys(responses).join(" ")}`,
      ),
    );
    expect(operations.sort()).toEqual([
      "delete /internal/assessments/{id}: 204 400 401 403 422 500 503",
      "delete /internal/erased-documents/{id}: 204 400 401 403 422 500 503",
      "delete /internal/reports/{id}: 204 400 401 403 422 500 503",
      "delete /internal/users/{id}: 200 400 401 403 422 500 503",
      "get /healthz: 200",
      "get /internal/assessments/{id}/reports: 200 400 401 403 404 422 500 503",
      "get /internal/assessments/{id}: 200 400 401 403 404 422 500 503",
      "get /internal/erased-documents: 200 400 401 403 500 503",
      "get /internal/model-versions/active: 200 400 401 403 404 500 503",
      "get /internal/users/{id}/assessments: 200 400 401 403 404 422 500 503",
      "get /internal/users/{id}/export: 200 400 401 403 404 406 422 426 500 503",
      "get /openapi.json: 200",
      "get /readyz: 200 503",
      "post /internal/assessments/{id}/reports: 200 201 400 401 403 404 409 413 415 422 500 503",
      "post /internal/assessments: 200 201 400 401 403 409 413 415 422 500 503",
      "post /internal/model-versions/{version}/activate: 200 400 401 403 404 422 500 503",
      "post /internal/model-versions: 200 201 400 401 403 409 413 415 422 500 503",
    ]);
  });

  test("gives each operation a summary, each answer a description, each problem its media type", async () => {
    const { paths } = await document();
    for (const operation of Object.values(paths).flatMap((methods) => Object.values(methods))) {
      expect(operation.summary).toBeTruthy();
      for (const [status, answer] of Object.entries(operation.responses)) {
        expect(answer.description).toBeTruthy();
        if (Number(status) >= 400 && operation.responses["404"]) {
          expect(Object.keys(answer.content)).toEqual(["application/problem+json"]);
        }
      }
    }
  });

  test("holds the schemas that requests are checked against", async () => {
    const { paths, components } = await document();
    const body = paths["/internal/assessments"]?.post?.requestBody?.content["application/json"]?.schema;
    expect(body).toEqual({ $ref: "#/components/schemas/NewAssessment" });
    expect(components.schemas.NewAssessment?.properties.features).toEqual({ $ref: "#/components/schemas/Features" });
    expect(components.schemas.Features).toMatchObject({
      additionalProperties: false,
      required: Object.keys(FEATURES),
      properties: {
        BMI: { type: "number", minimum: 10, maximum: 100 },
        Age: { type: "integer", minimum: 1, maximum: 13 },
      },
    });
    const parameters = paths["/internal/users/{id}/assessments"]?.get?.parameters?.map(({ name, in: place }) => [
      name,
      place,
    ]);
    expect(parameters).toEqual(
      expect.arrayContaining([
        ["id", "path"],
        ["limit", "query"],
        ["cursor", "query"],
      ]),
    );
  });
});
