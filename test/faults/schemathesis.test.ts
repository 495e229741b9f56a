import { ADMIN, asDataSvc, call, closeServices, startReady, USER } from "../data-svc/support";
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

test(
  "Schemathesis finds nothing in data-svc, with every check (skipped where it cannot be had)",
  async () => {
    if (schemathesis === undefined) return;
    const database = await postgres.createMigratedDatabase();
    const service = await startReady(await asDataSvc(postgres, database, "p"));
    const users = [ADMIN, USER];
    const { code, stdout, stderr } = await schemathesis.run(service.url, { headers: { "User-Agent": AGENT }, users });
    expect([code, stdout.split("= FAILURES =")[1] ?? "", stderr]).toEqual([0, "", ""]);
    expect(stdout).toContain("Tested: 6");
    expect(stdout).not.toMatch(/= WARNINGS =|skipped/);

    // It reached the rows, and not only the checks of requests.
    const audits = "select count(*)::int as audits from audit_logs where user_agent = $1";
    const [row] = await postgres.query<{ audits: number }>(database, audits, [AGENT]);
    expect(row?.audits).toBeGreaterThan(10);
    const metrics = (await call<string>(service, "GET /metrics")).body;
    for (const status of [200, 201, 400, 404, 405, 409, 415, 422]) expect(metrics).toContain(`status="${status}"`);
    expect(service.lines.filter((line) => /"level":"(warn|error)"/.test(line))).toEqual([]);
  },
  LIMIT_MS,
);
