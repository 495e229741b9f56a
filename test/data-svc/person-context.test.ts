import { connectTo } from "./client";
import { ADMIN, assessment, call, proof, USER, useService } from "./support";

const used = useService();

const rows = <Row extends object>(sql: string, ...values: unknown[]) =>
  used.postgres.query<Row>(used.database, sql, values);

const PERSON = { ip_address: "2001:db8::7", user_agent: "Firefox, of a person (1.0)" };
const HEADERS = { "X-On-Behalf-Of-Address": PERSON.ip_address, "X-On-Behalf-Of-User-Agent": PERSON.user_agent };
const as = (actor?: string) => ({ headers: { ...HEADERS, ...(actor && { "X-On-Behalf-Of": actor }) } });

const newest = async () =>
  (
    await rows(
      `select actor_id, action, host(ip_address) as ip_address, user_agent from audit_logs
       where action <> 'audit.erase' order by id desc limit 1`,
    )
  )[0];

const create = async (user_id = USER, init = {}) =>
  (await call<{ id: string }>(used.service, "POST /internal/assessments", assessment({ user_id }), init)).body.id;

const newUser = async (name: string) =>
  (await rows<{ id: string }>("insert into users (email) values ($1) returning id", `${name}@x.co`))[0]?.id ?? "";

async function newReport(): Promise<string> {
  const body = { format: "pdf", content_url: `s3://r/${crypto.randomUUID()}` };
  return (await call<{ id: string }>(used.service, `POST /internal/assessments/${await create()}/reports`, body)).body
    .id;
}

test.each<[string, () => Promise<string> | string]>([
  ["assessment.list", () => `GET /internal/users/${USER}/assessments`],
  ["assessment.read", async () => `GET /internal/assessments/${await create()}`],
  ["report.list", async () => `GET /internal/assessments/${await create()}/reports`],
  ["user.export", () => `GET /internal/users/${USER}/export`],
  ["report.delete", async () => `DELETE /internal/reports/${await newReport()}`],
  ["assessment.delete", async () => `DELETE /internal/assessments/${await create()}`],
  ["user.erase", async () => `DELETE /internal/users/${await newUser("erased")}`],
])("%s records where the person was", async (action, target) => {
  const { status } = await call(used.service, await target(), undefined, as(ADMIN));
  expect([200, 204]).toContain(status);
  expect(await newest()).toEqual({ actor_id: ADMIN, action, ...PERSON });
});

test("a body's request_context wins over the headers", async () => {
  await create(USER, as(ADMIN));
  expect(await newest()).toMatchObject({ actor_id: ADMIN, ...PERSON });
  const request_context = { ip_address: "192.0.2.1" };
  await call(used.service, "POST /internal/assessments", assessment({ request_context }), as(ADMIN));
  expect(await newest()).toMatchObject({ ip_address: "192.0.2.1", user_agent: PERSON.user_agent });
});

test.each<[string, (person: string) => string | undefined]>([
  ["themselves", (person) => person],
  ["without a name of who asks", () => undefined],
])("nothing tells where somebody was who is erased by %s", async (_, actorOf) => {
  const person = await newUser("gone");
  const actor = actorOf(person);
  const id = await create(person, as(actor));
  await call(used.service, `GET /internal/assessments/${id}`, undefined, as(actor));
  expect((await rows("select from audit_logs where subject_id = $1 and ip_address is not null", person)).length).toBe(
    2,
  );
  const { status } = await call(used.service, `DELETE /internal/users/${person}`, undefined, as(actor));
  expect(status).toBe(200);
  const kept =
    "select from audit_logs where $1 in (actor_id, subject_id) and (ip_address is not null or user_agent is not null)";
  expect(await rows(kept, person)).toEqual([]);
  const actions = await rows("select action from audit_logs where subject_id = $1 order by id", person);
  expect(actions.map((row) => (row as { action: string }).action)).toEqual([
    ...["assessment.create", "assessment.read", "audit.erase", "user.erase"],
  ]);
});

test.each([
  ["X-On-Behalf-Of-Address", "somewhere"],
  ["X-On-Behalf-Of-Address", "10.0.0.0/8"],
  ["X-On-Behalf-Of-Address", "fe80::1%eth0"],
  ["X-On-Behalf-Of-Address", ""],
  ["X-On-Behalf-Of-Address", "192.0.2.1, 192.0.2.2"],
  ["X-On-Behalf-Of-User-Agent", "x".repeat(513)],
  ["X-On-Behalf-Of-User-Agent", "F\u00efrefox"],
])("%s: %s is refused", async (name, value) => {
  const before = await newest();
  const { status, body } = await call(used.service, `GET /internal/users/${USER}/assessments`, undefined, {
    headers: { [name]: value },
  });
  expect([status, body.errors]).toEqual([400, [{ pointer: `/${name.toLowerCase()}`, message: expect.any(String) }]]);
  expect(await newest()).toEqual(before);
});

test.each([...Object.entries(HEADERS), ["X-On-Behalf-Of", ADMIN]])("%s twice is refused", async (name, value) => {
  const answer = await new Promise<string>((resolve, reject) => {
    let text = "";
    const socket = connectTo(used.service);
    socket.on("data", (part) => {
      text += String(part);
    });
    socket.on("close", () => resolve(text)).on("error", reject);
    const headers = { Host: "data-svc", Authorization: proof().authorization, Connection: "close" };
    const lines = [...Object.entries(headers), [name, value], [name, value]].map((pair) => `${pair.join(": ")}\r\n`);
    socket.write(`GET /internal/users/${USER}/assessments HTTP/1.1\r\n${lines.join("")}\r\n`);
  });
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain(`"pointer":"/${name?.toLowerCase()}"`);
});
