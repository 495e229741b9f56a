import { Client } from "pg";
import { ADMIN, assessment, behalf, call, eventually, NOBODY, USER, useService } from "./support";

const used = useService();

const rows = (sql: string, ...values: unknown[]) => used.postgres.query(used.database, sql, values);
const create = async () =>
  (await call<{ id: string }>(used.service, "POST /internal/assessments", assessment({ id: crypto.randomUUID() })))
    .body;
const entries = (id: string) =>
  rows(
    `select action, actor_id, subject_id, caller, resource_type, host(ip_address) as ip, user_agent,
       request_metadata - 'request_id' as metadata
     from audit_logs where resource_id = $1 and action <> 'assessment.create' order by id`,
    id,
  );
const entry = { actor_id: ADMIN, subject_id: USER, caller: "tester", resource_type: "assessment", ip: "127.0.0.1" };

test("the Location of a new assessment leads to it, in capitals as well", async () => {
  const made = await call<{ id: string }>(used.service, "POST /internal/assessments", assessment());
  const location = made.headers.get("location") ?? "";
  expect(location).toBe(`/internal/assessments/${made.body.id}`);
  expect(await call(used.service, `GET ${location}`)).toMatchObject({ status: 200, body: made.body });
  const capitals = `GET /internal/assessments/${made.body.id.toUpperCase()}`;
  expect(await call(used.service, capitals)).toMatchObject({ status: 200, body: made.body });
});

test("reading is on record: who, whose, which", async () => {
  const { id } = await create();
  await call(used.service, `GET /internal/assessments/${id}`, undefined, {
    headers: { ...behalf(ADMIN).headers, "user-agent": "Lynx" },
  });
  expect(await entries(id)).toEqual([
    { ...entry, action: "assessment.read", user_agent: "Lynx", metadata: { ids: [id] } },
  ]);
});

test("deleting takes the reports along, leaves their documents to be deleted, and is on record once", async () => {
  const { id } = await create();
  for (const format of ["pdf", "html"])
    await call(used.service, `POST /internal/assessments/${id}/reports`, {
      format,
      content_url: `s3://r/${id}.${format}`,
    });
  const erase = () =>
    call(used.service, `DELETE /internal/assessments/${id}`, undefined, {
      headers: { ...behalf(ADMIN).headers, "user-agent": "Lynx" },
    });
  expect([(await erase()).status, (await erase()).status]).toEqual([204, 204]);
  expect(await rows("select from assessments where id = $1", id)).toEqual([]);
  expect(await rows("select from reports where assessment_id = $1", id)).toEqual([]);
  const documents = "select content_url from erasure.documents where content_url like '%' || $1 || '%' order by 1";
  expect(await rows(documents, id)).toEqual([
    { content_url: `s3://r/${id}.html` },
    { content_url: `s3://r/${id}.pdf` },
  ]);
  expect(await entries(id)).toEqual([
    { ...entry, action: "assessment.delete", user_agent: "Lynx", metadata: { documents: 2 } },
  ]);
  expect(await call(used.service, `GET /internal/assessments/${id}`)).toMatchObject({
    status: 404,
    body: { type: "urn:diabrisk:problem:unknown-assessment", errors: [{ pointer: "/id" }] },
  });
});

test("deleting several times at the same time deletes once", async () => {
  const { id } = await create();
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => call(used.service, `DELETE /internal/assessments/${id}`)),
  );
  expect(answers.map(({ status }) => status)).toEqual([204, 204, 204, 204, 204]);
  expect(await entries(id)).toHaveLength(1);
});

describe("a late retry", () => {
  const refused = {
    status: 409,
    body: { type: "urn:diabrisk:problem:already-deleted", errors: [{ pointer: "/id" }] },
  };
  const store = (id: string) => call(used.service, "POST /internal/assessments", assessment({ id }));

  test("does not bring a deleted assessment back, whatever deleted it", async () => {
    const [deleted, purged, other] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
    for (const id of [deleted, purged]) expect((await store(id)).status).toBe(201);
    await call(used.service, `DELETE /internal/assessments/${deleted}`);
    await rows("delete from assessments where id = $1", purged);
    for (const id of [deleted, purged]) {
      expect(await store(id)).toMatchObject(refused);
      expect(await rows("select from assessments where id = $1", id)).toEqual([]);
    }
    expect((await store(other)).status).toBe(201);
  });

  test("that meets the deletion waits for it", async () => {
    const { id } = await create();
    const client = new Client({ connectionString: used.database });
    await client.connect();
    await client.query("begin");
    await client.query("delete from assessments where id = $1", [id]);
    const again = store(id);
    const waits = "select from pg_stat_activity where wait_event_type = 'Lock' and query ~ 'insert into public.assess'";
    await eventually(async () => (await rows(waits)).length > 0);
    await client.query("commit");
    await client.end();
    expect(await again).toMatchObject(refused);
  });
});

test.each([
  ["GET /internal/assessments/7", undefined, 400, "/id"],
  ["DELETE /internal/assessments/7", undefined, 400, "/id"],
  [`GET /internal/assessments/${NOBODY}`, undefined, 404, "/id"],
  [`DELETE /internal/assessments/${NOBODY}`, NOBODY, 422, "/x-on-behalf-of"],
])("refuses %s on behalf of %s", async (target, onBehalfOf, status, pointer) => {
  const answer = await call(used.service, target, undefined, behalf(onBehalfOf));
  expect(answer).toMatchObject({ status, body: { errors: [{ pointer }] } });
});

test("a reader who is nobody learns nothing, and a deleter deletes nothing", async () => {
  const { id } = await create();
  for (const method of ["GET", "DELETE"]) {
    const answer = await call(used.service, `${method} /internal/assessments/${id}`, undefined, behalf(NOBODY));
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: "/x-on-behalf-of" }] } });
  }
  expect(await rows("select id from assessments where id = $1", id)).toEqual([{ id }]);
  expect(await entries(id)).toEqual([]);
});
