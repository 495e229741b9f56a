import { readFileSync } from "node:fs";
import * as path from "node:path";
import { ADMIN, asDataSvc, assessment, behalf, call, metricsOf, NOBODY, startReady, USER, useService } from "./support";

const used = useService();

interface Page {
  readonly items: { id: string }[];
  readonly next_cursor: string | null;
}

const list = <Body = Page>(user: string, query = "", init: RequestInit = {}) =>
  call<Body>(used.service, `GET /internal/users/${user}/assessments${query}`, undefined, init);

/** The runbook's statements that put lines of the log into the table; those that read the file are left out. */
function runbook(): string[] {
  const text = readFileSync(path.resolve(__dirname, "../../docs/runbooks.md"), "utf8");
  const [block = ""] = /-c "create temporary table kept[\s\S]*?< entries\.jsonl/.exec(text) ?? [];
  return [...block.matchAll(/-c "([^"]*)"/g)].flatMap(([, sql = ""]) => (sql.startsWith("\\copy") ? [] : [sql]));
}

/** Entries of reads since the last call, oldest first. */
async function newEntries() {
  const sql = "select * from audit_logs where id > $1 and action like '%.list' order by id";
  const entries = await used.postgres.query<{ id: string; timestamp: Date }>(used.database, sql, [last]);
  last = entries.at(-1)?.id ?? last;
  return entries.map(({ id: _, timestamp: __, ...entry }) => entry);
}
let last = "0";

const entry = (metadata: object, changes: object = {}) => ({
  ...{ actor_id: null, subject_id: USER, caller: "tester", action: "assessment.list", resource_type: "assessment" },
  ...{ resource_id: null, ip_address: "127.0.0.1", user_agent: null, request_metadata: metadata },
  ...changes,
});

test("each page has an entry of who read whose assessments, and which", async () => {
  for (let count = 0; count < 3; count++) await call(used.service, "POST /internal/assessments", assessment());
  const headers = { ...behalf(ADMIN).headers, "X-Request-Id": "first", "User-Agent": "gateway/1" };
  const { body: first } = await list(USER, "?limit=2", { headers });
  const { body: second } = await list(USER, `?limit=2&cursor=${first.next_cursor}`, {
    headers: { "X-Request-Id": "second" },
  });
  expect([first.items.length, second.items.length]).toEqual([2, 1]);
  const ids = ({ items }: Page) => items.map(({ id }) => id);
  expect(await newEntries()).toEqual([
    entry({ request_id: "first", ids: ids(first) }, { actor_id: ADMIN, user_agent: "gateway/1" }),
    entry({ request_id: "second", ids: ids(second) }),
  ]);
});

test("a person without assessments and one who does not exist have entries, too", async () => {
  const headers = { "X-Request-Id": "none" };
  expect((await list(ADMIN, "", { headers })).body).toEqual({ items: [], next_cursor: null });
  expect((await list(NOBODY, "", { headers })).status).toBe(404);
  expect(await newEntries()).toEqual([
    entry({ request_id: "none", ids: [] }, { subject_id: ADMIN }),
    // An erased person is unknown, too, and where they were is forgotten.
    entry({ request_id: "none", refused: "unknown-user" }, { subject_id: NOBODY, ip_address: null }),
  ]);
});

test("nobody reads on behalf of somebody who is no user", async () => {
  const { status, body } = await list<{ type: string; errors: object[] }>(USER, "", behalf(NOBODY));
  expect([status, body.type]).toEqual([422, "urn:diabrisk:problem:user-does-not-exist"]);
  expect(body.errors).toEqual([{ pointer: "/x-on-behalf-of", message: "is not the id of a user" }]);
  expect(await newEntries()).toEqual([]);
});

test("on a server without writes a read is answered, its entry is in the service's log, and the runbook adds it", async () => {
  const readOnly = await startReady(await asDataSvc(used.postgres, used.database, "secret"));
  const kept: { audit_entry: { timestamp: string } }[] = [];
  await used.postgres.query(used.database, `alter role data_svc set default_transaction_read_only = on`);
  try {
    await used.postgres.query(
      used.database,
      "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'data_svc'",
    );
    const target = `GET /internal/users/${USER}/assessments?limit=1`;
    const { body } = await call<Page>(readOnly, target, undefined, {
      headers: { ...behalf(ADMIN).headers, "X-Request-Id": "kept" },
    });
    kept.push(...readOnly.lines.map((line) => JSON.parse(line)).filter((line) => line.audit_entry));
    expect(kept).toEqual([
      expect.objectContaining({
        ...{ level: "error", request_id: "kept", msg: "An audit entry could not be written" },
        audit_entry: {
          ...entry({ request_id: "kept", ids: [body.items[0]?.id] }, { actor_id: ADMIN }),
          timestamp: expect.stringMatching(/^\d{4}-/),
        },
      }),
    ]);
    expect(await metricsOf(readOnly)).toContain("data_svc_audit_entries_unwritten_total 1");
  } finally {
    await used.postgres.query(used.database, "alter role data_svc reset default_transaction_read_only");
  }
  expect(await newEntries()).toEqual([]);
  const [create = "", add = ""] = runbook();
  await used.postgres.connected(used.database, async (client) => {
    await client.query(create);
    for (const line of readOnly.lines.filter((line) => line.includes('"audit_entry"')))
      await client.query("insert into kept values ($1)", [line]);
    // Again, it adds nothing.
    for (let times = 0; times < 2; times++) await client.query(add);
  });
  const [{ timestamp = "" } = {}] = kept.map(({ audit_entry: entry }) => entry);
  const sql = "select from audit_logs where timestamp = $1";
  expect(await used.postgres.query(used.database, sql, [timestamp])).toHaveLength(1);
  expect(await newEntries()).toEqual([entry({ request_id: "kept", ids: [expect.any(String)] }, { actor_id: ADMIN })]);
});
