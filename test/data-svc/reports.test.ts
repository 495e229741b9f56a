import { Client } from "pg";
import { ADMIN, assessment, behalf, call, eventually, NOBODY, USER, useService } from "./support";

const used = useService();

interface Report {
  readonly id: string;
  readonly assessment_id: string;
  readonly format: string;
  readonly content_url: string;
  readonly metadata: object;
  readonly generated_at: string;
}

const rows = (sql: string, ...values: unknown[]) =>
  used.postgres.query<Record<string, unknown>>(used.database, sql, values);
let id: string;
beforeEach(async () => {
  id = (await call<{ id: string }>(used.service, "POST /internal/assessments", assessment())).body.id;
});

const given = (changes: object = {}) => ({ format: "pdf", content_url: `s3://reports/${id}.pdf`, ...changes });
const create = <Body = Report>(body: unknown, init?: RequestInit) =>
  call<Body>(used.service, `POST /internal/assessments/${id}/reports`, body, init);
const list = async () =>
  (await call<{ items: Report[] }>(used.service, `GET /internal/assessments/${id}/reports`)).body;
const remove = (report: string, init?: RequestInit) =>
  call(used.service, `DELETE /internal/reports/${report}`, undefined, init);
const entries = (action: string) =>
  rows(
    `select actor_id, subject_id, caller, resource_type, resource_id, request_metadata - 'request_id' as metadata
     from audit_logs where action = $1 and (resource_id = $2 or request_metadata ->> 'assessment_id' = $2) order by id`,
    action,
    id,
  );

describe("POST /internal/assessments/{id}/reports", () => {
  test("stores a report of each format, and lists them", async () => {
    const metadata = { pages: 3, language: "de", é: ["\u{1f600}", null, 0.1] };
    const pdf = await create(given({ metadata }), behalf(ADMIN));
    const html = await create(given({ format: "html", content_url: "https://x.example/a" }));
    expect([pdf.status, html.status]).toEqual([201, 201]);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]{15}Z$/);
    const common = { id: expect.any(String), assessment_id: id, generated_at: time };
    expect(pdf.body).toEqual({ ...given(), ...common, metadata });
    expect(await list()).toEqual({ items: [html.body, pdf.body] });
    expect(html.body.metadata).toEqual({});
    const entry = { subject_id: USER, caller: "tester", resource_type: "report" };
    expect(await entries("report.create")).toEqual([
      { ...entry, actor_id: ADMIN, resource_id: pdf.body.id, metadata: { assessment_id: id, format: "pdf" } },
      { ...entry, actor_id: null, resource_id: html.body.id, metadata: { assessment_id: id, format: "html" } },
    ]);
    expect(await entries("report.list")).toEqual([
      { ...entry, actor_id: null, resource_type: "assessment", resource_id: id, metadata: { ids: [id] } },
    ]);
  });

  test("stores a report once when it is sent again, also at the same time", async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => create(given({ metadata: { a: 1, b: 2 } }))));
    const again = await create(given({ metadata: { b: 2, a: 1.0 } }));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 201]);
    expect(new Set([...answers, again].map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(await entries("report.create")).toHaveLength(1);
  });

  test.each([{ content_url: "s3://reports/other.pdf" }, { metadata: { pages: 4 } }])(
    "refuses another report of the same format: %j",
    async (changes) => {
      const { body: before } = await create(given());
      expect(await create(given(changes))).toMatchObject({
        status: 409,
        body: { type: "urn:diabrisk:problem:report-already-exists", errors: [{ pointer: "/format" }] },
      });
      expect(await list()).toEqual({ items: [before] });
    },
  );

  test("refuses the place of a document that is about to be deleted, until that is done", async () => {
    const { body } = await create(given());
    await remove(body.id);
    expect(await create(given())).toMatchObject({
      status: 409,
      body: { type: "urn:diabrisk:problem:document-to-be-deleted", errors: [{ pointer: "/content_url" }] },
    });
    expect(await list()).toEqual({ items: [] });
    await rows("delete from erasure.documents");
    expect((await create(given())).status).toBe(201);
  });

  test("refuses the place of a document that was deleted, as a late retry has it", async () => {
    const { body } = await create(given());
    await remove(body.id);
    const [document] = await rows("select id from erasure.documents where report_id = $1", body.id);
    await call(used.service, `DELETE /internal/erased-documents/${document?.id}`);
    expect(await create(given())).toMatchObject({
      status: 409,
      body: { type: "urn:diabrisk:problem:already-deleted", errors: [{ pointer: "/content_url" }] },
    });
    expect(await list()).toEqual({ items: [] });
  });

  const taken = {
    status: 409,
    body: { type: "urn:diabrisk:problem:document-already-used", errors: [{ pointer: "/content_url" }] },
  };

  test.each([0, 1900])("refuses the place of another report's document, with %i octets more", async (more) => {
    const content_url = `s3://reports/${id}/${"x".repeat(more)}`;
    const first = id;
    expect((await create(given({ content_url }))).status).toBe(201);
    expect(await create(given({ content_url, format: "html" }))).toMatchObject(taken);
    id = (await call<{ id: string }>(used.service, "POST /internal/assessments", assessment())).body.id;
    expect(await create(given({ content_url }))).toMatchObject(taken);
    await call(used.service, `DELETE /internal/assessments/${first}`);
    expect((await create(given({ content_url }))).body).toMatchObject({
      type: "urn:diabrisk:problem:document-to-be-deleted",
    });
  });

  test("waits for a deletion of the place's report, and refuses the place", async () => {
    const content_url = `s3://reports/${id}/shared.pdf`;
    await create(given({ content_url }));
    const client = new Client({ connectionString: used.database });
    await client.connect();
    await client.query("begin");
    await client.query("delete from assessments where id = $1", [id]);
    id = (await call<{ id: string }>(used.service, "POST /internal/assessments", assessment())).body.id;
    const answer = create<unknown>(given({ content_url }));
    const waits =
      "select from pg_stat_activity where wait_event_type = 'Lock' and query ~ 'insert into public.reports'";
    await eventually(async () => (await rows(waits)).length > 0);
    await client.query("commit");
    await client.end();
    expect((await answer).body).toMatchObject({ type: "urn:diabrisk:problem:document-to-be-deleted" });
  });

  const nested = `${"[".repeat(7000)}${"]".repeat(7000)}`;
  test.each<[string, unknown, string]>([
    ["no format", { content_url: "s3://r/x" }, "/format"],
    ["another format", given({ format: "docx" }), "/format"],
    ["no place", { format: "pdf" }, "/content_url"],
    ["a place that is no URL", given({ content_url: "x.pdf" }), "/content_url"],
    ["a place that is a script", given({ content_url: "javascript:alert(1)" }), "/content_url"],
    ["a place with a space", given({ content_url: "s3://r/a b" }), "/content_url"],
    ["a place that is too long", given({ content_url: `s3://${"x".repeat(2044)}` }), "/content_url"],
    ["metadata that is a list", given({ metadata: [] }), "/metadata"],
    ["metadata with a NUL", given({ metadata: { a: "\u0000" } }), "/metadata"],
    ["metadata with half a character", given({ metadata: { a: "\ud800" } }), "/metadata"],
    ["metadata whose numbers are long", given({ metadata: { a: Array(60).fill(1e300) } }), "/metadata"],
    [
      "metadata that is deep",
      `{"format":"pdf","content_url":"s3://r/x","metadata":{"a":${nested}}}`,
      expect.stringMatching(/^\/metadata\/a\//),
    ],
    ["a field that nobody knows", given({ pages: 3 }), "/pages"],
  ])("refuses %s", async (_, body, pointer) => {
    const answer = await create<{ errors: unknown }>(body);
    expect([answer.status, answer.body.errors]).toEqual([400, [expect.objectContaining({ pointer })]]);
    expect(used.service.lines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });

  test.each([
    [NOBODY, undefined, 404, "/id"],
    ["7", undefined, 400, "/id"],
    [undefined, NOBODY, 422, "/x-on-behalf-of"],
  ])("refuses assessment %s on behalf of %s", async (assessmentId, onBehalfOf, status, pointer) => {
    const target = `POST /internal/assessments/${assessmentId ?? id}/reports`;
    const answer = await call(used.service, target, given(), behalf(onBehalfOf));
    expect(answer).toMatchObject({ status, body: { errors: [{ pointer }] } });
    expect(await rows("select from reports where assessment_id = $1", id)).toEqual([]);
  });
});

test.each([
  [NOBODY, 404],
  ["7", 400],
])("GET /internal/assessments/{id}/reports refuses %s", async (unknown, status) =>
  expect(await call(used.service, `GET /internal/assessments/${unknown}/reports`)).toMatchObject({
    status,
    body: { errors: [{ pointer: "/id" }] },
  }),
);

describe("DELETE /internal/reports/{id}", () => {
  test("leaves the document to be deleted and the other report, is on record once, and may be sent again", async () => {
    const { body: pdf } = await create(given());
    const { body: html } = await create(given({ format: "html", content_url: "s3://reports/x.html" }));
    const answers = [await remove(pdf.id, behalf(USER)), await remove(pdf.id.toUpperCase()), await remove(NOBODY)];
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204]);
    expect(await list()).toEqual({ items: [html] });
    const documents = "select content_url from erasure.documents where report_id = $1";
    expect(await rows(documents, pdf.id)).toEqual([{ content_url: pdf.content_url }]);
    expect(await entries("report.delete")).toEqual([
      {
        ...{ actor_id: USER, subject_id: USER, caller: "tester", resource_type: "report", resource_id: pdf.id },
        metadata: { assessment_id: id, format: "pdf" },
      },
    ]);
  });

  test.each([
    ["7", undefined, 400, "/id"],
    [NOBODY, NOBODY, 422, "/x-on-behalf-of"],
  ])("refuses %s on behalf of %s", async (report, onBehalfOf, status, pointer) =>
    expect(await remove(report, behalf(onBehalfOf))).toMatchObject({ status, body: { errors: [{ pointer }] } }),
  );
});
