import { LIST, LIST_AFTER } from "../../lib/data-svc/history";
import { FILTER_SETS, filteredBy } from "../../lib/data-svc/history-filters";
import { FEATURES, USER } from "../data-svc/support";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();
let database: string;

const PEOPLE = 500;

beforeAll(async () => {
  database = await postgres.createMigratedDatabase();
  await postgres.connected(database, async (client) => {
    // Foreign keys and triggers would take minutes, and change no plan.
    await client.query("set session_replication_role = replica; drop index assessments_features_idx");
    const users = "insert into users (email) select n || '@example.org' from generate_series(1, $1::int) n";
    await client.query(users, [PEOPLE]);
    // A hundred assessments of everybody, and ten thousand of one person, over three years.
    const fill = `
      insert into assessments
        (user_id, model_version_id, features, raw_score, calibrated_score, risk_level, confidence_level, created_at)
      select u.id, m.id, $1, 0, 0, (array['no_diabetes', 'no_diabetes', 'prediabetes', 'diabetes'])[n % 4 + 1], 'low',
        timestamptz '2026-01-01Z' - random() * interval '3 years'
      from model_versions m, users u, generate_series(1, case u.id when $2 then 10000 else 100 end) n`;
    await client.query(fill, [FEATURES, USER]);
    await client.query("vacuum analyze assessments");
    await client.query("analyze users");
  });
}, 120_000);

interface Plan {
  readonly "Node Type": string;
  readonly "Index Name"?: string;
  readonly "Index Cond"?: string;
  readonly "Relation Name"?: string;
  readonly Plans?: readonly Plan[];
}

const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

/** Values of a statement's parameters, by the field that each comes from. */
const VALUES: Readonly<Record<string, string>> = {
  "/id": `'${USER}'`,
  "/limit": "21",
  "/from": "'2025-03-01Z'",
  "/to": "'2025-06-01Z'",
  "/risk_level": "'{diabetes}'",
};

const lists = [LIST, LIST_AFTER].flatMap((list) => FILTER_SETS.map((filters) => filteredBy(list, filters)));

describe.each(["force_custom_plan", "force_generic_plan"])("with plan_cache_mode = %s", (mode) => {
  test.each(lists)("$name reads the person's rows of the span alone, in order", async ({ name, text, fields }) => {
    const [cursor, ...ofId] = ["'1746057600000000'", "'00000000-0000-4000-8000-000000000000'"];
    const after = [cursor, ...ofId];
    const values = fields.map((field) => (field === "/cursor" ? after.shift() : VALUES[field ?? ""]));
    const plan = await postgres.connected(database, async (client) => {
      await client.query(`set plan_cache_mode = ${mode}`);
      await client.query(`prepare ${name} as ${text}`);
      const explained = await client.query(`explain (format json) execute ${name}(${values.join(", ")})`);
      return (explained.rows[0] as { "QUERY PLAN": { Plan: Plan }[] })["QUERY PLAN"][0]?.Plan as Plan;
    });
    const found = nodes(plan);
    const [scan, ...others] = found.filter((node) => node["Relation Name"] === "assessments");
    expect(others).toEqual([]);
    expect(scan).toMatchObject({ "Node Type": "Index Scan", "Index Name": "assessments_history_idx" });
    expect(scan?.["Index Cond"]).toMatch(/user_id = /);
    const bounds =
      fields.filter((field) => ["/from", "/to"].includes(field ?? "")).length + (name.includes("_after") ? 1 : 0);
    expect(scan?.["Index Cond"]?.match(/created_at/g) ?? []).toHaveLength(bounds);
    expect(found.map((node) => node["Node Type"])).not.toContain("Sort");
  });
});
