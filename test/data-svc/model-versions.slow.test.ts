import { Client } from "pg";
import type { NewAssessment } from "../../lib/data-svc/api/assessment";
import { createAssessment } from "../../lib/data-svc/assessments";
import type { Run } from "../../lib/data-svc/database";
import { ADMIN, assessment, behalf, call, eventually, NOBODY, useService } from "./support";

const used = useService();
afterEach(() => activate("v1.0.0"));

interface Model {
  readonly id: string;
  readonly version: string;
}

const STRAIGHT = [
  { raw: 0, calibrated: 0 },
  { raw: 1, calibrated: 1 },
];
const THRESHOLDS = { prediabetes: 0.3, diabetes: 0.6 };

function model(changes: Record<string, unknown> = {}) {
  return {
    version: "v2.0.0",
    trained_at: "2026-02-03T04:05:06.789+01:00",
    auroc: 0.9,
    auprc: 0.5,
    calibration_error: 0.01,
    artifact_path: "/models/v2.0.0/model.pkl",
    calibration_data: { isotonic: STRAIGHT, thresholds: THRESHOLDS },
    ...changes,
  };
}

const register = <Body = Model>(changes: Record<string, unknown> = {}, onBehalfOf?: string) =>
  call<Body>(used.service, "POST /internal/model-versions", model(changes), behalf(onBehalfOf));
const activate = (version: string, onBehalfOf?: string) =>
  call<Model>(used.service, `POST /internal/model-versions/${version}/activate`, undefined, behalf(onBehalfOf));
const active = async () =>
  (await used.postgres.query<Model>(used.database, "select version from model_versions where is_active")).map(
    ({ version }) => version,
  );
const entries = (action: string) =>
  used.postgres.query(
    used.database,
    `select actor_id, subject_id, caller, resource_type, resource_id, request_metadata - 'request_id' as metadata
     from audit_logs where action = $1 order by id`,
    [action],
  );
const modelCheck = async () =>
  (await call<{ checks: Record<string, { message: string }> }>(used.service, "GET /readyz")).body.checks.model?.message;

describe("POST /internal/model-versions", () => {
  test("registers a model, inactive, with an audit entry; the same one again changes nothing", async () => {
    const first = await register({}, ADMIN);
    expect(first.status).toBe(201);
    const { calibration_data, ...rest } = model();
    expect(first.body).toEqual({
      ...rest,
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      trained_at: "2026-02-03T03:05:06.789000Z",
      calibration_data,
    });
    expect(await active()).toEqual(["v1.0.0"]);
    const again = await register({}, ADMIN);
    expect(again).toMatchObject({ status: 200, body: first.body });
    expect(await entries("model_version.create")).toEqual([
      {
        ...{ actor_id: ADMIN, subject_id: null, caller: "tester" },
        ...{ resource_type: "model_version", resource_id: "v2.0.0", metadata: {} },
      },
    ]);
    expect(await register({ auroc: 0.8 })).toMatchObject({
      status: 409,
      body: { type: "urn:diabrisk:problem:version-already-used", errors: [{ pointer: "/version" }] },
    });
  });

  const curve = (...points: (readonly [number, number])[]) => ({
    calibration_data: { isotonic: points.map(([raw, calibrated]) => ({ raw, calibrated })), thresholds: THRESHOLDS },
  });
  const thresholds = (prediabetes: number, diabetes: number) => ({
    calibration_data: { isotonic: STRAIGHT, thresholds: { prediabetes, diabetes } },
  });
  test.each<[string, Record<string, unknown>, string]>([
    ["no version", { version: undefined }, "/version"],
    ["a version that is none", { version: "2.0" }, "/version"],
    ["to be active at once", { is_active: true }, "/is_active"],
    ["an id of its own", { id: NOBODY }, "/id"],
    ["a time that is none", { trained_at: "infinity" }, "/trained_at"],
    ["a day that the calendar lacks", { trained_at: "2026-02-30T00:00:00Z" }, "/trained_at"],
    ["a time without a zone", { trained_at: "2026-02-03T04:05:06" }, "/trained_at"],
    ["an AUROC below chance", { auroc: 0.4 }, "/auroc"],
    ["a path that is empty", { artifact_path: "" }, "/artifact_path"],
    ["a path with a NUL", { artifact_path: "a\u0000" }, "/artifact_path"],
    ["a path that is too long", { artifact_path: "x".repeat(1025) }, "/artifact_path"],
    ["a curve of one point", curve([0, 0]), "/calibration_data/isotonic"],
    ["a curve that falls", curve([0, 0.5], [1, 0.4]), "/calibration_data"],
    ["a curve that goes back", curve([0, 0], [0.5, 0.5], [0.4, 0.6]), "/calibration_data"],
    ["a curve beyond 1", curve([0, 0], [1.1, 1]), "/calibration_data/isotonic/1/raw"],
    ["thresholds out of order", thresholds(0.6, 0.3), "/calibration_data"],
    [
      "a metric beyond 1",
      { calibration_data: { ...model().calibration_data, metrics: { f1: 1.1 } } },
      "/calibration_data/metrics/f1",
    ],
    [
      "data that is too long",
      { calibration_data: { ...model().calibration_data, note: "x".repeat(65_600) } },
      "/calibration_data",
    ],
    [
      "a NUL in what it does not know",
      { calibration_data: { ...model().calibration_data, note: "\u0000" } },
      "/calibration_data",
    ],
  ])("refuses %s, and names it", async (_, changes, pointer) => {
    const answer = await call(used.service, "POST /internal/model-versions", model({ version: "v3.0.0", ...changes }));
    expect([answer.status, answer.body.errors?.map((error) => error.pointer)]).toEqual([400, [pointer]]);
    expect(answer.body.type).toBe("urn:diabrisk:problem:invalid-request");
  });

  test("refuses an actor who is nobody, and registers nothing", async () => {
    const answer = await register({ version: "v3.0.0" }, NOBODY);
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: "/x-on-behalf-of" }] } });
    const sql = "select count(*)::int as models from model_versions where version = 'v3.0.0'";
    expect(await used.postgres.query(used.database, sql)).toEqual([{ models: 0 }]);
  });

  test("takes a curve of a thousand points", async () => {
    const isotonic = Array.from({ length: 1000 }, (_, n) => ({ raw: n / 1000, calibrated: n / 1000 }));
    const answer = await register({ version: "v2.1.0", calibration_data: { isotonic, thresholds: THRESHOLDS } });
    expect(answer.status).toBe(201);
  });
});

describe("POST /internal/model-versions/{version}/activate", () => {
  beforeAll(() => register());

  test("makes it the only active one, once, with an audit entry; readiness and assessments follow", async () => {
    const answer = await activate("v2.0.0", ADMIN);
    expect(answer).toMatchObject({
      status: 200,
      body: { version: "v2.0.0", artifact_path: "/models/v2.0.0/model.pkl" },
    });
    expect(await active()).toEqual(["v2.0.0"]);
    expect((await activate("v2.0.0")).body).toEqual(answer.body);
    const [first] = await entries("model_version.activate");
    expect(first).toEqual({
      ...{ actor_id: ADMIN, subject_id: null, caller: "tester" },
      ...{ resource_type: "model_version", resource_id: "v2.0.0", metadata: { before: "v1.0.0" } },
    });
    expect(await entries("model_version.activate")).toHaveLength(1);
    await eventually(async () => (await modelCheck()) === "Model v2.0.0 is active.");
    const post = (changes: object) => call(used.service, "POST /internal/assessments", assessment({ ...changes }));
    expect((await post({})).body.type).toBe("urn:diabrisk:problem:model-not-active");
    expect((await post({ model_version: "v2.0.0" })).body.errors).toMatchObject([{ pointer: "/calibrated_score" }]);
    expect((await post({ model_version: "v2.0.0", calibrated_score: 0.4711 })).status).toBe(201);
  });

  test("ends a time without an active model", async () => {
    await used.postgres.query(used.database, "update model_versions set is_active = false");
    await eventually(async () => /POST \/internal\/model-versions/.test((await modelCheck()) ?? ""));
    expect((await activate("v2.0.0")).status).toBe(200);
    await eventually(async () => (await modelCheck()) === "Model v2.0.0 is active.");
    expect((await entries("model_version.activate")).at(-1)).toMatchObject({ metadata: { before: null } });
  });

  test("leaves one active, however many are activated at the same time", async () => {
    const versions = Array.from({ length: 12 }, (_, n) => (n % 2 ? "v1.0.0" : "v2.0.0"));
    const answers = await Promise.all(versions.map((version) => activate(version)));
    expect(answers.map(({ status, body }) => [status, body.version])).toEqual(
      versions.map((version) => [200, version]),
    );
    expect(await active()).toHaveLength(1);
  });

  test("does not keep an assessment from being stored that met it half-way", async () => {
    const client = new Client({ connectionString: used.database });
    await client.connect();
    const tries: string[] = [];
    const run: Run = async ({ name, text }, values = []) => {
      tries.push(name);
      const { rows } = await client.query(text, [...values]);
      if (tries.length === 1) await activate("v2.0.0");
      return rows;
    };
    const given = assessment({ model_version: "v2.0.0", calibrated_score: 0.4711 }) as NewAssessment;
    const origin = { caller: "tester", requestId: "r", actor: undefined, ipAddress: undefined, userAgent: undefined };
    const stored = await createAssessment({ query: run, transaction: (work) => work(run) }, given, origin);
    await client.end();
    expect(stored).toMatchObject({ created: true, assessment: { model_version: "v2.0.0" } });
    expect(tries.filter((name) => name === "store_assessment")).toHaveLength(2);
  });

  test.each([
    ["v9.9.9", undefined, 404, "unknown-model-version", "/version"],
    ["active", undefined, 400, "invalid-request", "/version"],
    ["v2.0.0", "7", 400, "invalid-request", "/x-on-behalf-of"],
    ["v2.0.0", NOBODY, 422, "user-does-not-exist", "/x-on-behalf-of"],
  ])("refuses %s on behalf of %s and changes nothing", async (version, onBehalfOf, status, problem, pointer) => {
    expect(await activate(version, onBehalfOf)).toMatchObject({
      status,
      body: { type: `urn:diabrisk:problem:${problem}`, errors: [{ pointer }] },
    });
    expect(await active()).toEqual(["v1.0.0"]);
  });
});
