import { FUNCTION_EXECUTE, SCHEMA_USAGE, TABLE_PRIVILEGES, type TableGrant } from "../../lib/roles/privileges";
import {
  asDataSvc,
  assessment,
  behalf,
  call,
  closeServices,
  eventually,
  FEATURES,
  NOBODY,
  type RunningService,
  startReady,
  USER,
} from "../data-svc/support";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();
let database: string;
let service: RunningService;
let models = 0;

const MODEL = {
  ...{ trained_at: "2026-01-01T00:00:00Z", auroc: 0.9, auprc: 0.5, calibration_error: 0.01, artifact_path: "/m" },
  calibration_data: {
    isotonic: [
      { raw: 0, calibrated: 0 },
      { raw: 1, calibrated: 1 },
    ],
    thresholds: { prediabetes: 0.3, diabetes: 0.6 },
  },
};

beforeAll(async () => {
  database = await postgres.createMigratedDatabase();
  service = await startReady(await asDataSvc(postgres, database, "secret"));
});
afterAll(closeServices);

/** Uses every statement of every route; whether all of them worked. */
async function works(): Promise<boolean> {
  const id = crypto.randomUUID();
  const history = `GET /internal/users/${USER}/assessments?limit=1`;
  const { body: page } = await call<{ next_cursor?: string | null }>(service, history);
  const answers = [
    await call(service, "GET /internal/model-versions/active"),
    await call(service, "POST /internal/assessments", assessment()),
    await call(service, "POST /internal/assessments", assessment({ id })),
    await call(service, "POST /internal/assessments", assessment({ id })),
    await call(service, history),
    ...(page.next_cursor ? [await call(service, `${history}&cursor=${encodeURIComponent(page.next_cursor)}`)] : []),
    await call(service, `GET /internal/users/${NOBODY}/assessments`),
    await call(service, `GET /internal/assessments/${id}`),
    await call(service, `GET /internal/users/${USER}/export`),
    await call(service, `GET /internal/users/${USER}/export?format=csv`),
    ...(await useReports(id)),
    ...(await useModels()),
    ...(await erasePerson()),
  ];
  return answers.every(({ status }) => status < 500);
}

/** Waits until the service calls itself ready or not, which it does by the schema's version. It reuses the database's answer for a second. */
const untilReady = (ready: boolean) =>
  eventually(async () => ((await call(service, "GET /readyz")).status === 200) === ready);
async function useModels(): Promise<{ status: number }[]> {
  const version = `v2.0.${++models}`;
  return [
    await call(service, "POST /internal/model-versions", { ...MODEL, version }),
    await call(service, "POST /internal/model-versions", { ...MODEL, version }),
    await call(service, `POST /internal/model-versions/${version}/activate`, undefined, behalf(USER)),
    await call(service, "POST /internal/model-versions/v1.0.0/activate"),
  ];
}

/** Stores a report twice, lists and deletes it, and deletes its assessment. */
async function useReports(assessmentId: string): Promise<{ status: number }[]> {
  const reports = `/internal/assessments/${assessmentId}/reports`;
  const report = { format: "pdf", content_url: `s3://reports/${assessmentId}`, metadata: { pages: 3 } };
  const made = await call<{ id?: string }>(service, `POST ${reports}`, report);
  return [
    made,
    await call(service, `POST ${reports}`, report),
    await call(service, `GET ${reports}`),
    await call(service, `DELETE /internal/reports/${made.body.id ?? NOBODY}`),
    await call(service, `DELETE /internal/assessments/${assessmentId}`),
  ];
}

/** Erases somebody who has a report, and acknowledges its document. */
async function erasePerson(): Promise<{ status: number }[]> {
  const [user] = await postgres.query<{ id: string }>(
    database,
    "insert into users (email) values ('a@x.co') returning id",
  );
  const report = `
    with made as (
      insert into assessments
        (user_id, model_version_id, features, raw_score, calibrated_score, risk_level, confidence_level)
      select $1, id, $2, 0, 0, 'no_diabetes', 'low' from model_versions where version = 'v1.0.0' returning id)
    insert into reports (assessment_id, format, content_url) select id, 'pdf', 's3://x' from made`;
  await postgres.query(database, report, [user?.id, FEATURES]);
  try {
    const erased = await call(service, `DELETE /internal/users/${user?.id}`, undefined, behalf(USER));
    const list = await call<{ items?: { id: number }[] }>(service, "GET /internal/erased-documents");
    const gone = await call(service, `DELETE /internal/erased-documents/${list.body.items?.[0]?.id ?? 1}`);
    return [erased, list, gone];
  } finally {
    await postgres.query(database, "delete from users where id = $1", [user?.id]);
  }
}

/** Each privilege of data_svc, as GRANT and REVOKE name it. */
const PRIVILEGES = Object.entries(TABLE_PRIVILEGES).flatMap(([schema, tables]) =>
  Object.entries(tables).flatMap(([table, { data_svc: grant }]) =>
    grant ? namesOf(grant).map((privilege) => `${privilege} on ${schema}.${table}`) : [],
  ),
);

function namesOf(grant: TableGrant): string[] {
  if (Array.isArray(grant)) return [...grant];
  return Object.entries(grant).flatMap(([verb, columns]) => columns.map((column: string) => `${verb} (${column})`));
}

test("every route works with the privileges of a pod", async () => {
  expect(await works()).toBe(true);
  // With a second page.
  expect(await works()).toBe(true);
  await untilReady(true);
});

/** Each function and schema of data_svc, but public, without which nothing is found. */
const OTHERS = [
  ...Object.entries(FUNCTION_EXECUTE).map(
    ([signature, roles]) => [`execute on function public.${signature}`, roles] as const,
  ),
  ...Object.entries(SCHEMA_USAGE).map(([schema, roles]) => [`usage on schema ${schema}`, roles] as const),
].flatMap(([privilege, roles]) => (roles.includes("data_svc") ? [privilege] : []));

test.each([...PRIVILEGES, ...OTHERS])("some route needs the privilege to %s", async (privilege) => {
  await postgres.query(database, `revoke ${privilege} from data_svc`);
  try {
    if (privilege.includes("schema_migrations")) await untilReady(false);
    else expect(await works()).toBe(false);
  } finally {
    await postgres.query(database, `grant ${privilege} to data_svc`);
  }
  await untilReady(true);
});
