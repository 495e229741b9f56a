import { readFileSync } from "node:fs";
import * as path from "node:path";
import { Client } from "pg";
import { ADMIN, assessment, behalf, call, eventually, NOBODY, USER, useService } from "./support";

const used = useService();

interface Document {
  readonly id: number;
  readonly report_id: string;
  readonly content_url: string;
  readonly erased_at: string;
}

const rows = <Row extends object>(sql: string, ...values: unknown[]) =>
  used.postgres.query<Row>(used.database, sql, values);
const erase = (user: string, onBehalfOf?: string) =>
  call<{ erased: boolean; documents: number }>(
    used.service,
    `DELETE /internal/users/${user}`,
    undefined,
    behalf(onBehalfOf),
  );
const pending = async (query = "") =>
  (await call<{ items: Document[] }>(used.service, `GET /internal/erased-documents${query}`)).body.items;
const acknowledge = (id: number | string) => call<string>(used.service, `DELETE /internal/erased-documents/${id}`);

/** A user with a session and with assessments, each with both reports. */
async function person(name: string, assessments = 2): Promise<string> {
  const [user] = await rows<{ id: string }>(
    "insert into users (email) values ($1) returning id",
    `${name}@example.org`,
  );
  const id = user?.id ?? "";
  await rows(
    "insert into auth_sessions (user_id, token_hash, expires_at) values ($1, sha512($2), now() + '1 day')",
    id,
    id,
  );
  for (let count = 0; count < assessments; count++) {
    const { body } = await call<{ id: string }>(
      used.service,
      "POST /internal/assessments",
      assessment({ user_id: id }),
      behalf(id),
    );
    for (const format of ["pdf", "html"])
      await rows(
        "insert into reports (assessment_id, format, content_url) values ($1, $2, $3)",
        body.id,
        format,
        `s3://reports/${name}/${count}.${format}`,
      );
  }
  return id;
}

/** Drops what another test left. */
beforeEach(() => rows("delete from erasure.documents"));

describe("DELETE /internal/users/{id}", () => {
  test("erases the person from every table, once, and the audit log says so", async () => {
    const id = await person("ann");
    const answer = await erase(id, ADMIN);
    expect([answer.status, answer.body]).toEqual([200, { erased: true, documents: 4 }]);
    const left = `
      select (select count(*)::int from users where id = $1) as users,
        (select count(*)::int from assessments where user_id = $1) as assessments,
        (select count(*)::int from auth_sessions where user_id = $1) as sessions,
        (select count(*)::int from reports where content_url like '%/ann/%') as reports`;
    expect(await rows(left, id)).toEqual([{ users: 0, assessments: 0, sessions: 0, reports: 0 }]);
    const again = await erase(id, ADMIN);
    expect([again.status, again.body]).toEqual([200, { erased: false, documents: 0 }]);
    const entries = await rows<{ action: string }>(
      `select action, actor_id, subject_id, caller, ip_address, user_agent, request_metadata - 'request_id' as metadata
       from audit_logs where subject_id = $1 order by id`,
      id,
    );
    const forgotten = { actor_id: id, caller: "tester", metadata: { model_version: "v1.0.0" } };
    const common = { subject_id: id, ip_address: null, user_agent: null };
    expect(entries).toEqual([
      { ...common, ...forgotten, action: "assessment.create" },
      { ...common, ...forgotten, action: "assessment.create" },
      { ...common, action: "audit.erase", actor_id: null, caller: "data_svc", metadata: { entries: 2 } },
      {
        // The address is the asking service's, since nothing said where the administrator was.
        ...{ ...common, action: "user.erase", actor_id: ADMIN, caller: "tester", ip_address: "127.0.0.1" },
        metadata: { assessments: 2, documents: 4 },
      },
    ]);
  });

  test("leaves everybody else as they were", async () => {
    const [bob, eve] = [await person("bob"), await person("eve")];
    await erase(bob);
    const sql =
      "select count(distinct a.id)::int as assessments, count(r.id)::int as reports from assessments a join reports r on r.assessment_id = a.id where user_id = $1";
    expect(await rows(sql, eve)).toEqual([{ assessments: 2, reports: 4 }]);
    expect((await pending()).every(({ content_url }) => content_url.includes("/bob/"))).toBe(true);
  });

  test("erases once when it is asked several times at the same time", async () => {
    const id = await person("tom");
    const answers = await Promise.all(Array.from({ length: 5 }, () => erase(id)));
    expect(answers.filter(({ body }) => body.erased)).toHaveLength(1);
    expect(await pending()).toHaveLength(4);
  });

  test("erases the person who asks for it, who may ask again", async () => {
    const id = await person("sue", 1);
    expect(await erase(id, id)).toMatchObject({ status: 200, body: { erased: true, documents: 2 } });
    expect(await erase(id, id.toUpperCase())).toMatchObject({ status: 200, body: { erased: false, documents: 0 } });
    expect(await requestsOf(id)).toEqual([]);
    const entries = await rows(
      "select request_metadata from audit_logs where action = 'user.erase' and actor_id = $1",
      id,
    );
    expect(entries).toEqual([{ request_metadata: { assessments: 1, documents: 2 } }]);
  });

  test.each([
    ["7", undefined, 400, "/id"],
    [NOBODY, "7", 400, "/x-on-behalf-of"],
    [ADMIN, NOBODY, 422, "/x-on-behalf-of"],
  ])("refuses %s on behalf of %s", async (id, onBehalfOf, status, pointer) => {
    const answer = await erase(id, onBehalfOf);
    expect(answer).toMatchObject({ status, body: { errors: [{ pointer }] } });
    expect(await rows("select id from users where id = $1", ADMIN)).toEqual([{ id: ADMIN }]);
  });

  test("answers for nobody that nothing was erased, and writes nothing", async () => {
    expect(await erase(NOBODY)).toMatchObject({ status: 200, body: { erased: false, documents: 0 } });
    expect(await rows("select from audit_logs where subject_id = $1", NOBODY)).toEqual([]);
  });
});

/** Entries that still tell from where somebody asked. */
const requestsOf = (id: string) =>
  rows(
    `select action, ip_address, user_agent, request_metadata from audit_logs
     where actor_id = $1 and (ip_address is not null or user_agent is not null or request_metadata ? 'request_id')`,
    id,
  );

/** A person's reports, and the requests that delete them and their assessments. */
async function deletionsOf(id: string) {
  const reports = await rows<{ id: string; assessment_id: string }>(
    "select r.id, assessment_id from reports r join assessments a on a.id = assessment_id where user_id = $1",
    id,
  );
  const targets = reports.flatMap((report) => [
    `DELETE /internal/reports/${report.id}`,
    `DELETE /internal/assessments/${report.assessment_id}`,
  ]);
  return { reports, targets };
}

describe("somebody who is active while they are erased", () => {
  const read = (id: string, target = `GET /internal/users/${id}/assessments`) =>
    call<unknown>(used.service, target, undefined, behalf(id));

  test("leaves no address behind, whenever their requests come", async () => {
    for (let round = 0; round < 5; round++) {
      const id = await person(`max${round}`, 1);
      const reads = () => Array.from({ length: 12 }, () => read(id));
      const answers = await Promise.all([...reads(), erase(id, id), ...reads()]);
      expect(answers.filter(({ status }) => ![200, 404, 422].includes(status))).toEqual([]);
      expect(await requestsOf(id)).toEqual([]);
    }
  });

  test.each(["actor_id", "subject_id"])(
    "is erased once an entry is committed that was under way, with the %s",
    async (column) => {
      const id = await person(`liv-${column}`, 0);
      const client = new Client({ connectionString: used.database });
      await client.connect();
      await client.query("begin");
      const entry = `insert into audit_logs (${column}, action, resource_type, ip_address) values ($1, 'a', 'b', '::1')`;
      await client.query(entry, [id]);
      const erasing = erase(id);
      const waits = "select from pg_stat_activity where wait_event_type = 'Lock' and query ~ 'erase_user'";
      await Promise.race([erasing, eventually(async () => (await rows(waits)).length > 0)]);
      await client.query("commit");
      await client.end();
      expect((await erasing).body.erased).toBe(true);
      expect(await rows(`select 1 from audit_logs where ${column} = $1 and ip_address is not null`, id)).toEqual([]);
    },
  );

  test("is erased, whatever about them is deleted or stored on behalf of nobody", async () => {
    for (let round = 0; round < 5; round++) {
      const id = await person(`eva${round}`, 3);
      const { reports, targets } = await deletionsOf(id);
      const ask = (target: string) => call<unknown>(used.service, target);
      const store = () => call<unknown>(used.service, "POST /internal/assessments", assessment({ user_id: id }));
      const report = () =>
        call<unknown>(used.service, `POST /internal/assessments/${reports[0]?.assessment_id}/reports`, {
          ...{ format: "html", content_url: `s3://reports/late-${id}` },
        });
      const all = [...targets.map(ask), store(), report(), erase(id), store(), report()];
      const answers = await Promise.all<{ status: number; body: unknown }>(all);
      expect(answers.filter(({ status }) => ![200, 201, 204, 404, 409, 422].includes(status))).toEqual([]);
      const kept =
        "select action from audit_logs where subject_id = $1 and actor_id is null and ip_address is not null";
      expect(await rows(kept, id)).toEqual([]);
    }
  });

  test("is erased, whatever of theirs is being deleted or stored", async () => {
    for (let round = 0; round < 5; round++) {
      const id = await person(`ada${round}`, 3);
      const { targets } = await deletionsOf(id);
      const stored = assessment({ user_id: id });
      const store = () => call<unknown>(used.service, "POST /internal/assessments", stored, behalf(id));
      const all = [...targets.map((target) => read(id, target)), store(), erase(id), store()];
      const answers = await Promise.all<{ status: number; body: unknown }>(all);
      expect(answers.filter(({ status }) => ![200, 201, 204, 422].includes(status))).toEqual([]);
      expect(await requestsOf(id)).toEqual([]);
    }
  });

  test("may erase somebody who erases them", async () => {
    for (let round = 0; round < 10; round++) {
      const [one, other] = [await person(`tim${round}`, 0), await person(`tam${round}`, 0)];
      const answers = await Promise.all([erase(one, other), erase(other, one)]);
      expect(answers.map(({ status }) => status)).toContain(200);
      expect(answers.filter(({ status }) => ![200, 422].includes(status))).toEqual([]);
      // One who is refused, since the other is gone already, stays.
      for (const [place, id] of [one, other].entries())
        if (answers[place]?.status === 200) expect(await requestsOf(id)).toEqual([]);
    }
  });
});

test("erasing again forgets what was left, such as of an account that went by another way", async () => {
  const id = await person("ivo", 1);
  await call(used.service, `GET /internal/users/${id}/assessments`, undefined, behalf(id));
  await rows("delete from users where id = $1", id);
  expect(await requestsOf(id)).toHaveLength(2);
  expect((await erase(id, USER)).body).toEqual({ erased: false, documents: 0 });
  expect(await requestsOf(id)).toEqual([]);
  await erase(id, USER);
  const entries = "select request_metadata from audit_logs where subject_id = $1 and action like '%.erase'";
  expect(await rows(entries, id)).toEqual([{ request_metadata: { entries: 2 } }]);
});

test("docs/operations.md erases in a restored database who was erased since its backup", async () => {
  const guide = readFileSync(path.join(__dirname, "../../docs/operations.md"), "utf8");
  const [, statement = ""] = /```sql\n-- erasures since the backup[^\n]*\n([\s\S]*?)```/.exec(guide) ?? [];
  const restored = await used.postgres.createMigratedDatabase();
  const [id, other] = [await person("ida", 0), await person("lea", 0)];
  const names = "insert into users (id, email) values ($1, 'ida@example.org'), ($2, 'lea@example.org')";
  await used.postgres.query(restored, names, [id, other]);
  await erase(other);
  const [now] = await rows<{ time: string }>("select clock_timestamp()::text as time");
  await erase(id);
  const printed = await rows<{ format: string }>(statement.replace("<time of the backup>", now?.time ?? ""));
  expect(printed).toHaveLength(1);
  for (const { format } of printed) await used.postgres.query(restored, format);
  const left = "select email from users where email !~ 'diabrisk'";
  expect(await used.postgres.query(restored, left)).toEqual([{ email: "lea@example.org" }]);
});

describe("/internal/erased-documents", () => {
  test("lists what has to be deleted, oldest first, until each is acknowledged, with an audit entry", async () => {
    await erase(await person("pia"));
    const all = await pending();
    expect(all.map(({ content_url }) => content_url).sort()).toEqual([
      "s3://reports/pia/0.html",
      "s3://reports/pia/0.pdf",
      "s3://reports/pia/1.html",
      "s3://reports/pia/1.pdf",
    ]);
    expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).sort((a, b) => a - b));
    expect(all[0]?.erased_at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]{15}Z$/);
    const [first, second, ...rest] = all as [Document, Document, ...Document[]];
    expect(await pending("?limit=1")).toEqual([first]);
    expect(await pending(`?limit=1&after=${first.id}`)).toEqual([second]);
    expect([(await acknowledge(first.id)).status, (await acknowledge(first.id)).status]).toEqual([204, 204]);
    expect(await pending()).toEqual([second, ...rest]);
    const sql = "select action, resource_type, caller from audit_logs where resource_id = $1";
    expect(await rows(sql, first.report_id)).toEqual([
      { action: "document.erase", resource_type: "report", caller: "tester" },
    ]);
  });

  test("has the old document of a report that was rendered elsewhere, and none of one that stayed", async () => {
    await person("uma", 1);
    await rows("update reports set generated_at = now() where content_url like '%/uma/%'");
    expect(await pending()).toEqual([]);
    await rows("update reports set content_url = 's3://new' where content_url = 's3://reports/uma/0.pdf'");
    expect((await pending()).map(({ content_url }) => content_url)).toEqual(["s3://reports/uma/0.pdf"]);
  });

  test.each([
    "delete from assessments where user_id = $1",
    "delete from users where id = $1",
    "with target as (select $1::uuid) delete from reports",
  ])("has the documents of whatever deletes reports: %s", async (statement) => {
    const id = await person("kim", 1);
    await rows(statement, id);
    expect((await pending()).filter(({ content_url }) => content_url.includes("/kim/"))).toHaveLength(2);
    await rows("delete from users where id = $1", id);
  });

  test("has those of a table that is emptied", async () => {
    await person("zoe", 1);
    const [before] = await rows<{ reports: number }>("select count(*)::int as reports from reports");
    await rows("truncate assessments cascade");
    expect((await pending("?limit=100")).length).toBe(before?.reports);
  });

  test.each([
    ["GET /internal/erased-documents?limit=0", "/limit"],
    ["GET /internal/erased-documents?limit=101", "/limit"],
    ["GET /internal/erased-documents?after=-1", "/after"],
    ["GET /internal/erased-documents?after=x", "/after"],
    ["DELETE /internal/erased-documents/0", "/id"],
    ["DELETE /internal/erased-documents/x", "/id"],
    ["DELETE /internal/erased-documents/9999999999999999", "/id"],
  ])("refuses %s", async (target, pointer) =>
    expect(await call(used.service, target)).toMatchObject({ status: 400, body: { errors: [{ pointer }] } }),
  );

  test("answers to an id that there never was", async () => expect((await acknowledge(999_999)).status).toBe(204));
});
