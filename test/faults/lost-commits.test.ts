import { asDataSvc, assessment, call, closeServices, type RunningService, startReady } from "../data-svc/support";
import { usePostgres } from "../support/postgres";
import { type LossyWay, lossyWay } from "./support/lossy-way";

const postgres = usePostgres();
let database: string;
let way: LossyWay;
let service: RunningService;

beforeAll(async () => {
  database = await postgres.createMigratedDatabase();
  const url = await asDataSvc(postgres, database, "secret");
  way = await lossyWay(Number(new URL(url).port));
  service = await startReady(way.to(url));
});
afterEach(() => {
  way.cutsAfter = () => false;
});
afterAll(async () => {
  await closeServices();
  way.close();
});

/** The next commit stands, and its answer is lost. */
function loseNextCommit(): () => boolean {
  let lost = false;
  way.cutsAfter = (asked) => {
    const cuts = !lost && asked.includes("commit");
    lost ||= cuts;
    return cuts;
  };
  return () => lost;
}

const entries = async (action: string, id: string) =>
  (
    await postgres.query<{ entries: number }>(
      database,
      `select count(*)::int as entries from audit_logs
       where action = $1 and (resource_id = $2 or request_metadata ->> 'assessment_id' = $2)`,
      [action, id],
    )
  )[0]?.entries;

const create = async () => (await call<{ id: string }>(service, "POST /internal/assessments", assessment())).body.id;

test("a deletion whose commit was lost is no 404, and is on record once", async () => {
  const id = await create();
  const wasLost = loseNextCommit();
  expect((await call(service, `DELETE /internal/assessments/${id}`)).status).toBe(204);
  expect([wasLost(), await entries("assessment.delete", id)]).toEqual([true, 1]);
});

test("a report whose commit was lost is stored once, and is new to its client", async () => {
  const id = await create();
  const wasLost = loseNextCommit();
  const report = { format: "pdf", content_url: `s3://reports/${id}` };
  const { status, body } = await call<{ id: string }>(service, `POST /internal/assessments/${id}/reports`, report);
  expect([wasLost(), status, await entries("report.create", id)]).toEqual([true, 201, 1]);
  const wasLostAgain = loseNextCommit();
  expect((await call(service, `DELETE /internal/reports/${body.id}`)).status).toBe(204);
  expect([wasLostAgain(), await entries("report.delete", id)]).toEqual([true, 1]);
});
