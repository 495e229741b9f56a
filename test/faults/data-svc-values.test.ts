import { readFileSync } from "node:fs";
import { request } from "node:https";
import { FormatRegistry } from "@sinclair/typebox";
import * as fc from "fast-check";
import { registerFormats } from "../../lib/data-svc/validation";
import {
  asDataSvc,
  assessment,
  authorityFile,
  call,
  closeServices,
  FEATURES,
  NOBODY,
  type ProblemBody,
  proof,
  type RunningService,
  startReady,
  USER,
} from "../data-svc/support";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();
let service: RunningService;

beforeAll(async () => {
  service = await startReady(await asDataSvc(postgres, await postgres.createMigratedDatabase(), "p"));
  await call(service, "POST /internal/assessments", assessment());
});
afterAll(closeServices);
afterEach(registerFormats);

const seed = Number((globalThis as { FUZZ_SEED?: string }).FUZZ_SEED) || 20_261_130;
const times = (numRuns: number) => ({ seed, numRuns });

const list = (cursor: string) =>
  call(service, `GET /internal/users/${USER}/assessments?cursor=${encodeURIComponent(cursor)}`);
const base64 = (text: string) => Buffer.from(text).toString("base64url");

/** A page, or a refusal that names the field. */
function expectNamed({ status, body }: { status: number; body: ProblemBody }, pointer: RegExp): void {
  if (status === 200 || status === 201) return;
  expect({ status, body }).toMatchObject({ status: 400, body: { type: "urn:diabrisk:problem:invalid-request" } });
  for (const error of body.errors ?? []) expect(error.pointer).toMatch(pointer);
  expect(body.errors).not.toHaveLength(0);
}

describe("a cursor gives a page or 400", () => {
  const id = "3a1f5c0e-7d2b-4c8e-9f10-000000000003";

  test.each<[string, string, number]>([
    ["the end of bigint", "9223372036854775807", 200],
    ["one beyond it", "9223372036854775808", 400],
    ["19 nines", "9999999999999999999", 400],
    ["below the first time of PostgreSQL", "-210866803200000001", 400],
    ["the first time of PostgreSQL", "-210866803200000000", 200],
    ["the year 0", "-62167219200000000", 200],
    ["the year 294277", "9224318016000000000", 400],
    ["the end of negative bigint", "-9223372036854775808", 400],
    ["minus nought", "-0", 200],
  ])("at %s", async (_, micros, status) => {
    const answer = await list(base64(`${micros}.${id}`));
    expect(answer.status).toBe(status);
    expectNamed(answer, /^\/cursor$/);
  });

  const micros = fc.oneof(
    fc.bigInt({ min: -(10n ** 19n), max: 10n ** 19n }).map(String),
    fc.constantFrom("infinity", "-infinity", "NaN", "1e400", "294277-01-01", "0000-01-01", "0x10", "٣", " 1", "1\n"),
  );
  const shaped = fc.tuple(micros, fc.oneof(fc.uuid(), fc.constant(id), fc.string())).map((parts) => parts.join("."));
  const json = fc.json().map((text) => text.slice(0, 140));
  const cursor = fc.oneof(
    fc.oneof(shaped, json, fc.string({ unit: "binary" })).map(base64),
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.constantFrom("", "\0", "%00", "null", "[]"),
  );

  test(`whatever its text (FUZZ_SEED=${seed})`, async () => {
    await fc.assert(
      fc.asyncProperty(cursor, async (text) => expectNamed(await list(text), /^\/cursor$/)),
      times(300),
    );
  });

  test("and pages are exact where a rounded microsecond would skip a row", async () => {
    const exact = 253_402_300_799_999_999n;
    const [row] = await postgres.query<{ micros: string }>(
      postgres.server.url(),
      "select (extract(epoch from timestamptz 'epoch' + ($1::text || ' microseconds')::interval) * 1000000)::bigint as micros",
      [String(exact)],
    );
    expect(row?.micros).toBe(String(exact));
  });
});

describe("a body's values", () => {
  /** JSON texts, some of which JSON.stringify never writes. */
  const hostile = fc.oneof(
    fc.constantFrom("1e400", "-1e400", "-0", "0.0", "5e-324", "1e-400", "1e307", "0.1e1", "9007199254740993"),
    fc.constantFrom('"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\udc00\\ud800"', '"\\ufffe"', '"\u202e"', '""'),
    fc.constantFrom('"infinity"', '"294277-01-01"', '"0000-01-01T00:00:00Z"', '"NaN"', '"null"', "null", "true"),
    fc.constantFrom('{"\\u0000": 1}', '{"constructor": {}}', '{"a": {"__proto__": 1}}', "{}", "[]"),
    fc.constantFrom(`${"[".repeat(5000)}${"]".repeat(5000)}`, `${'{"a":'.repeat(2000)}1${"}".repeat(2000)}`),
    fc.constantFrom(
      JSON.stringify(NOBODY.toUpperCase()),
      '"::ffff:1.2.3.4"',
      '"1:2:3:4:5:6:7::"',
      '"::"',
      '"fe80::1%1"',
    ),
    fc.json(),
    fc.double().map((number) => JSON.stringify(number)),
    fc.string({ unit: "binary" }).map((text) => JSON.stringify(text)),
    fc.ipV6().map((text) => JSON.stringify(text)),
  );
  const MARK = "@hostile@";
  const context = { ip_address: "10.0.0.1", user_agent: "x" };
  const bodies: [string, object][] = [
    ...[...Object.keys(assessment()), "id", "request_context", "other"].map((key): [string, object] => [
      `/${key}`,
      assessment({ [key]: MARK }),
    ]),
    ...["BMI", "HighBP", "Age", "Other"].map((key): [string, object] => [
      `/features/${key}`,
      assessment({ features: { ...FEATURES, [key]: MARK } }),
    ]),
    ...Object.keys(context).map((key): [string, object] => [
      `/request_context/${key}`,
      assessment({ request_context: { ...context, [key]: MARK } }),
    ]),
  ];

  test(`are stored, or refused by the field's name (FUZZ_SEED=${seed})`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...bodies), hostile, async ([pointer, body], value) => {
        const text = JSON.stringify(body).replace(`"${MARK}"`, () => value);
        const answer = await call(service, "POST /internal/assessments", text);
        // JSON that would change a prototype is refused as a whole; an unknown user or model is a refusal of its own.
        const [, problem] = /problem:(.*)$/.exec(answer.body.type ?? "") ?? [];
        if (problem === "malformed-json") return expect(value).toMatch(/__proto__|constructor/);
        if (problem === "user-does-not-exist") return expect(answer.status).toBe(422);
        if (["model-version-does-not-exist", "id-already-used", "body-too-large"].includes(problem ?? "")) return;
        // Another raw score than the one that the calibrated score is of.
        expectNamed(
          answer,
          pointer === "/raw_score" ? /^\/(raw|calibrated)_score(\/|$)/ : new RegExp(`^${pointer}(/|$)`),
        );
      }),
      times(400),
    );
    expect(service.lines.filter((line) => /"level":"(warn|error)"/.test(line))).toEqual([]);
  });
});

describe("what its schema lets through and the database refuses", () => {
  beforeEach(() => FormatRegistry.Set("uuid", () => true));

  test.each<[string, string, unknown, string]>([
    ["a body", "POST /internal/assessments", assessment({ user_id: "no-4711" }), "/user_id"],
    ["a NUL in a body", "POST /internal/assessments", assessment({ id: "no\u00004711" }), "/id"],
    ["a path", "GET /internal/users/no-4711/assessments", undefined, "/id"],
  ])("in %s is a 400 that names the field, with a warning for the developers", async (_, target, body, pointer) => {
    const before = service.lines.length;
    const answer = await call(service, target, body);
    expect(answer).toMatchObject({
      status: 400,
      body: { type: "urn:diabrisk:problem:invalid-request", errors: [{ pointer }] },
    });
    const lines = service.lines.slice(before).join("");
    expect(lines).toContain(`"pointer":"${pointer}"`);
    expect(lines + JSON.stringify(answer.body)).not.toContain("4711");
  });
});

test(`headers of any bytes are none of the service's faults (FUZZ_SEED=${seed})`, async () => {
  const bytes = fc
    .uint8Array({ max: 255, maxLength: 600 })
    .map((values) =>
      Buffer.from(values.map((value) => (value < 0x20 || value === 0x7f ? 0x20 : value))).toString("latin1"),
    );
  const name = fc.constantFrom("User-Agent", "X-Request-Id", "Accept", "Forwarded", "Cookie", "If-None-Match");
  const send = (header: string, value: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = { ...proof(), "Content-Type": "application/json", [header]: value };
      const options = { method: "POST", headers, ca: readFileSync(authorityFile()) };
      const sent = request(`${service.url}/internal/assessments`, options, (answer) => {
        answer.resume().once("end", () => resolve(answer.statusCode));
      });
      sent.once("error", reject).end(JSON.stringify(assessment()));
    });
  await fc.assert(
    fc.asyncProperty(name, bytes, async (header, value) => expect(await send(header, value)).toBe(201)),
    times(100),
  );
});
