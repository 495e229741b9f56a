import { asDataSvc, authorityFile, closeServices, FEATURES, metricsOf, proof, startReady } from "../data-svc/support";
import { usePostgres } from "../support/postgres";
import { haveSchemathesis, type Schemathesis } from "./support/schemathesis";

const postgres = usePostgres();
const LIMIT_MS = 600_000;

let schemathesis: Schemathesis | undefined;
beforeAll(async () => {
  schemathesis = await haveSchemathesis();
}, LIMIT_MS);
afterEach(closeServices);

const AGENT = "schemathesis";

/** It tries calls without a right, and a NUL in members of a model's or a report's data that no schema names. */
const EXPECTED = /"A token was refused"|"pointer":"\/(?:calibration_data|metadata)"/;

test(
  "Schemathesis finds nothing in data-svc, with every check (skipped where it cannot be had)",
  async () => {
    if (schemathesis === undefined) return;
    const database = await postgres.createMigratedDatabase();
    const service = await startReady(await asDataSvc(postgres, database, "p"));
    // So many that some are left when others were erased.
    const insert =
      "insert into users (email) select n || '@example.org' from generate_series(1, 1000) as n returning id";
    const users = (await postgres.query<{ id: string }>(database, insert)).map(({ id }) => id);
    // Each with an assessment and a report under the person's own id, so that the ids that are tried lead to some.
    const fill = `
      with made as (
        insert into assessments
          (id, user_id, model_version_id, features, raw_score, calibrated_score, risk_level, confidence_level)
        select u.id, u.id, m.id, $1, 0, 0, 'no_diabetes', 'low' from users u, model_versions m where is_active
        returning id
      )
      insert into reports (id, assessment_id, format, content_url) select id, id, 'pdf', 's3://reports/' || id from made`;
    await postgres.query(database, fill, [FEATURES]);
    const headers = { "User-Agent": AGENT, Authorization: proof().authorization };
    const { code, stdout, stderr } = await schemathesis.run(service.url, {
      headers,
      users,
      authority: authorityFile(),
    });
    expect([code, stdout.split("= FAILURES =")[1] ?? "", stderr]).toEqual([0, "", ""]);
    expect(stdout).toMatch(/Selected: 16\/16\s+Tested: 16\b/);
    // Most bodies name a person who was erased, a version that is taken, or no curve: JSON Schema cannot say so. It warns of nothing else.
    const warnings = stdout.split("= WARNINGS =")[1]?.match(/^\S.*: \d+ operations?\b/gm) ?? [];
    expect(warnings.filter((line) => !line.startsWith("Schema validation mismatch"))).toEqual([]);

    // It reached the rows, and not only the checks of requests.
    const audits = "select count(*)::int as audits from audit_logs where user_agent = $1";
    const [row] = await postgres.query<{ audits: number }>(database, audits, [AGENT]);
    expect(row?.audits).toBeGreaterThan(10);
    const metrics = await metricsOf(service);
    for (const status of [200, 201, 400, 404, 405, 409, 415, 422]) expect(metrics).toContain(`status="${status}"`);
    expect(service.lines.filter((line) => /"level":"(warn|error)"/.test(line) && !EXPECTED.test(line))).toEqual([]);
  },
  LIMIT_MS,
);
