import { Client } from "pg";
import { statements } from "../../bench/growth/database";
import { wrongPlan } from "../../bench/growth/plan";
import { type Key, QUERIES } from "../../bench/growth/queries";
import { rowsIn, sizeOf } from "../../bench/growth/size";
import { usePostgres } from "../support/postgres";

let client: Client;
// Before the server's own end, which would be an error to the client.
afterAll(() => client.end());
const postgres = usePostgres();
const sql = statements(sizeOf("tiny", 400, 4000), 300);
let key: Key;

beforeAll(async () => {
  client = new Client({ connectionString: await postgres.createMigratedDatabase() });
  await client.connect();
  await client.query(await sql("setup"));
  // As the benchmark does: triggers are left out, checks are not.
  await client.query("set session_replication_role = replica");
  for (const [file, last] of [
    ["users", 39],
    ["assessments", 399],
    ["audit", 3999],
  ] as const) {
    await client.query(await sql(file), [0, last]);
  }
  await client.query("reset session_replication_role; analyze");
  [key] = (await client.query<Key>(await sql("keys"), [1])).rows as [Key];
});

test("rows are what the schema and its triggers would take", async () => {
  const { rows } = await client.query(
    `select (select count(*)::int from reports) as reports, (select count(*)::int from audit_logs) as audit,
      (select count(*)::int from assessments join users u on u.id = user_id) as owned,
      (select count(*)::int from assessments a join model_versions m on m.id = a.model_version_id
       where abs(a.calibrated_score - calibrated_score(m.calibration_data, a.raw_score)) > 0.000001
         or a.risk_level <> risk_level(m.calibration_data, a.calibrated_score)) as wrong`,
  );
  expect(rows).toEqual([{ reports: 400, audit: 4000, owned: 400, wrong: 0 }]);
});

/** Queries whose random key may well lie in a month or year without an answer, among so few rows. */
const MAY_BE_EMPTY = /in a year|in a month|from a BMI|next page|first page|by a user/;

test.each(QUERIES.map((query) => [query.name, query] as const))("a key finds an answer: %s", async (name, query) => {
  await client.query("begin");
  const { rowCount } = await client.query(query.text, [...query.values(key)]);
  await client.query("rollback");
  expect(rowCount).toBeGreaterThanOrEqual(MAY_BE_EMPTY.test(name) ? 0 : 1);
});

test("a plan without the wanted index is told", async () => {
  const query = { name: "", indexes: ["reports_pkey"], text: "select * from reports", values: () => [] };
  expect(await wrongPlan(client, query, key)).toBe("Seq Scan; indexes: none");
  await client.query("set enable_seqscan = off");
  expect(
    await wrongPlan(client, { ...query, text: "select * from reports where id = $1", values: () => [key.person] }, key),
  ).toBeUndefined();
  await client.query("reset enable_seqscan");
});

test("rows are numbers with a unit, and too few are refused", () => {
  expect([rowsIn("audit", "2.5M"), rowsIn("audit", "100k"), rowsIn("audit", "250000")]).toEqual([2.5e6, 1e5, 250_000]);
  for (const text of ["9999", "1G", "0.00001M", "", "ten"])
    expect(() => rowsIn("audit", text)).toThrow(`--audit is ${text}`);
});
