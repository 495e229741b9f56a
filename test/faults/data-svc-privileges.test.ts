import { TABLE_PRIVILEGES, type TableGrant } from "../../lib/roles/privileges";
import {
  asDataSvc,
  assessment,
  call,
  closeServices,
  eventually,
  NOBODY,
  type RunningService,
  startReady,
  USER,
} from "../data-svc/support";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();
let database: string;
let service: RunningService;

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
  ];
  return answers.every(({ status }) => status < 500);
}

/** Waits until the service calls itself ready or not, which it does by the schema's version. It reuses the database's answer for a second. */
const untilReady = (ready: boolean) =>
  eventually(async () => ((await call(service, "GET /readyz")).status === 200) === ready);

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

test.each([...PRIVILEGES, "execute on function public.assessment_features_valid(jsonb)"])(
  "some route needs the privilege to %s",
  async (privilege) => {
    await postgres.query(database, `revoke ${privilege} from data_svc`);
    try {
      if (privilege.includes("schema_migrations")) await untilReady(false);
      else expect(await works()).toBe(false);
    } finally {
      await postgres.query(database, `grant ${privilege} to data_svc`);
    }
    await untilReady(true);
  },
);
