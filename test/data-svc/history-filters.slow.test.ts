import { assessment, call, FEATURES, NOBODY, type ProblemBody, USER, useService } from "./support";

const used = useService();
beforeAll(async () => {
  // Times a second apart, three of each, so that pages end within equal times. Levels by turns.
  await used.postgres.query(
    used.database,
    `insert into assessments
       (user_id, model_version_id, features, raw_score, calibrated_score, risk_level, confidence_level, created_at)
     select $1, m.id, $2, score, calibrated_score(calibration_data, score),
       risk_level(calibration_data, calibrated_score(calibration_data, score)), 'low',
       timestamptz '2026-01-01 00:00:00Z' + (n / 3) * interval '1 second' + (n % 2) * interval '1 microsecond'
     from model_versions m, generate_series(0, 299) n, lateral (select (n % 5) / 5.0 as score) scores
     where is_active`,
    [USER, FEATURES],
  );
});

interface Item {
  readonly id: string;
  readonly risk_level: string;
  readonly created_at: string;
}

const page = (query: URLSearchParams) =>
  call<{ items: Item[]; next_cursor: string | null }>(used.service, `GET /internal/users/${USER}/assessments?${query}`);

/** All pages, with one more assessment stored before each of them. */
async function allPages(filters: readonly [string, string][], limit: number): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams([...filters, ["limit", String(limit)]]);
    if (cursor) query.set("cursor", cursor);
    const [{ body }] = await Promise.all([page(query), call(used.service, "POST /internal/assessments", assessment())]);
    expect(body.items.length).toBeLessThanOrEqual(limit);
    items.push(...body.items);
    cursor = body.next_cursor;
  } while (cursor);
  return items;
}

const levels = (...names: string[]) => names.map((name) => ["risk_level", name] as [string, string]);
const FROM: [string, string] = ["from", "2026-01-01T00:00:10.000001Z"];
// The same as 00:01:00Z.
const TO: [string, string] = ["to", "2026-01-01T02:01:00+02:00"];

test.each([
  { filters: [FROM], limit: 7, where: "created_at >= '2026-01-01 00:00:10.000001Z'" },
  { filters: [TO], limit: 100, where: "created_at < '2026-01-01 00:01:00Z'" },
  {
    filters: [FROM, TO],
    limit: 4,
    where: "created_at >= '2026-01-01 00:00:10.000001Z' and created_at < '2026-01-01 00:01:00Z'",
  },
  { filters: levels("diabetes"), limit: 13, where: "risk_level = 'diabetes'" },
  { filters: levels("diabetes", "no_diabetes"), limit: 20, where: "risk_level <> 'prediabetes'" },
  {
    filters: [FROM, TO, ...levels("prediabetes")],
    limit: 3,
    where:
      "created_at >= '2026-01-01 00:00:10.000001Z' and created_at < '2026-01-01 00:01:00Z' and risk_level = 'prediabetes'",
  },
])("pages of $limit have exactly the rows that pass, while new ones are stored: $where", async (tried) => {
  const wanted = `select id from assessments where user_id = $1 and ${tried.where} order by created_at desc, id desc`;
  const before = await used.postgres.query(used.database, wanted, [USER]);
  const found = (await allPages(tried.filters, tried.limit)).map(({ id }) => ({ id }));
  const after = await used.postgres.query(used.database, wanted, [USER]);
  // A page that began before an insert need not have it; those behind it must have all else.
  const newer = after.slice(0, after.length - before.length);
  expect(found.filter(({ id }) => !newer.some((row) => row.id === id))).toEqual(before);
  expect(before.length).toBeGreaterThan(10);
});

test("a span that holds nothing is an empty page, and one of nobody still has nobody", async () => {
  const query = new URLSearchParams([FROM, ["to", FROM[1]]]);
  expect((await page(query)).body).toEqual({ items: [], next_cursor: null });
  const nobody = await call(used.service, `GET /internal/users/${NOBODY}/assessments?${query}`);
  expect(nobody).toMatchObject({ status: 404, body: { errors: [{ pointer: "/id" }] } });
});

test.each([
  ["from=2026-01-01", "/from"],
  ["to=2026-02-30T00:00:00Z", "/to"],
  ["from=2026-01-01T00:00:00", "/from"],
  // A plus that is not escaped is a space.
  ["from=2026-01-01T00:00:00+02:00", "/from"],
  ["from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "/to"],
  ["risk_level=severe", "/risk_level/0"],
  ["risk_level=diabetes&risk_level=", "/risk_level/1"],
  ["risk_level=diabetes,prediabetes", "/risk_level/0"],
  ["risk_level=diabetes&risk_level=diabetes", "/risk_level"],
  ["from=2026-01-01T00:00:00Z&from=2026-01-01T00:00:00Z", "/from"],
  ["level=diabetes", "/level"],
])("refuses ?%s", async (query, pointer) => {
  const { status, body } = await call<ProblemBody>(used.service, `GET /internal/users/${USER}/assessments?${query}`);
  expect([status, body.errors?.[0]?.pointer]).toEqual([400, pointer]);
});

test("from year one to the last one are times that the database takes", async () => {
  const query = new URLSearchParams([
    ["from", "0001-01-01T00:00:00+14:00"],
    ["to", "9999-12-31T23:59:59.999999999-14:00"],
    ["limit", "100"],
  ]);
  expect((await page(query)).body.items).toHaveLength(100);
});
