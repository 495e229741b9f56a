import { EXIT } from "../../lib/contract";
import { Cluster, PASSWORDS } from "../roles/support";
import { usePostgres } from "../support/postgres";
import { addDeletions, addMonth, addSessions, monthsOf, retention } from "./support";

const postgres = usePostgres();
const cluster = new Cluster(postgres);

const KEEPS = { auditMonths: 72, sessionDays: 7 };
let made = 0;
let database: string;
beforeAll(async () => {
  await cluster.create("model");
  await cluster.bootstrap("model");
  await cluster.up("model", "migrator");
});
beforeEach(async () => {
  database = `retained_${++made}`;
  await cluster.query("postgres", `create database ${database} template model owner owner`);
  await cluster.bootstrap(database, { keeps: KEEPS });
});

const url = (password = PASSWORDS.retention) => postgres.server.url(database, "retention", password);
const asOwner = (sql: string) => cluster.query<Record<string, unknown>>(database, sql, "migrator");
const asked = (sql: string) => cluster.query<Record<string, unknown>>(database, sql);

const NUMBERS = ["--partitions-ahead", "14", "--session-days", "7", "--audit-months", "72"];

test("makes partitions, purges sessions, drops months; a second run changes nothing", async () => {
  await addSessions(asked, { expired: 1_200, live: 3 });
  await addMonth(asOwner, "2001-01-01", 5);
  await asked("insert into audit_logs (action, resource_type) values ('young', 'entry')");
  await addDeletions(asked, 1_100, 31);
  await addDeletions(asked, 4, 29);
  const before = await monthsOf(asked);

  const first = await retention(NUMBERS, url());
  expect(first).toEqual({
    code: EXIT.ok,
    err: "",
    out: [
      "partitions: Made 2 partitions. The audit log has one for this month and 14 ahead.",
      "sessions: Purged 1200 sessions that had ended more than 7 days ago.",
      "audit: Dropped audit.logs_2001_01 with 5 entries, all older than 72 months.",
      "erasures: Forgot 2200 ids of what was deleted more than 30 days ago.",
      "",
    ].join("\n"),
  });
  const months = await monthsOf(asked);
  expect(months.length).toBe(before.length + 2 - 1);
  expect(months).not.toContain("logs_2001_01");
  expect(await asked("select count(*)::int as n from auth_sessions")).toEqual([{ n: 3 }]);
  const remembered = `select (select count(*)::int from erasure.assessments) as assessments,
    count(deleted_at)::int as documents, (count(*) - count(deleted_at))::int as waiting from erasure.documents`;
  expect(await asked(remembered)).toEqual([{ assessments: 4, documents: 4, waiting: 1_104 }]);
  const log = "select caller, action, request_metadata ->> 'entries' as entries from audit_logs order by id";
  const entries = await asked(log);
  expect(entries).toEqual([
    { caller: "diabrisk", action: "young", entries: null },
    { caller: "retention", action: "audit.expire", entries: "5" },
  ]);

  const second = await retention(NUMBERS, url());
  expect(second).toEqual({
    code: EXIT.ok,
    err: "",
    out: [
      "partitions: None to make. The audit log has one for this month and 14 ahead.",
      "sessions: None had ended more than 7 days ago.",
      "audit: No month of the log ended more than 72 months ago.",
      "erasures: Nothing to forget that was deleted more than 30 days ago.",
      "",
    ].join("\n"),
  });
  expect(await monthsOf(asked)).toEqual(months);
  expect(await asked(log)).toEqual(entries);
});

test("a task that fails stops no other, and the run fails", async () => {
  await addSessions(asked, { expired: 2, live: 0 });
  await asked("drop function audit_logs_make_partitions(integer)");
  const { code, err, out } = await retention(NUMBERS, url());
  expect(code).toBe(EXIT.failure);
  expect(err).toMatch(
    /^partitions failed: function audit_logs_make_partitions\(integer\) does not exist\. Deploy this/,
  );
  expect(out).toMatch(/^sessions: Purged 2 sessions .*\naudit: No month /);
});

test("says all that is missing, and deletes by no number that nobody chose", async () => {
  const { code, err } = await retention(["--session-days", "-1"], url());
  expect(code).toBe(EXIT.usage);
  for (const option of ["--partitions-ahead is missing", "--audit-months is missing", "--session-days"])
    expect(err).toContain(option);
});

test.each([
  ["a wrong password", (): string => url("wrong"), EXIT.usage, /partitions failed: .*password of retention is wrong/],
  [
    "no server",
    (): string => "postgres://retention:x@127.0.0.1:1/none",
    EXIT.unreachable,
    /audit failed: .*not reachable/,
  ],
])("tells of %s", async (_, target, expected, message) => {
  const { code, err, out } = await retention([...NUMBERS, "--connect-tries", "1"], target());
  expect([code, out]).toEqual([expected, ""]);
  expect(err).toMatch(message);
});

describe("the role", () => {
  async function refused(sql: string): Promise<string | undefined> {
    try {
      await cluster.query(database, sql, "retention");
    } catch (error) {
      return (error as { code?: string }).code;
    }
    return "allowed";
  }

  test.each([
    "select token_hash from auth_sessions",
    "select count(*) from auth_sessions",
    "delete from auth_sessions",
    "select 1 from audit_logs",
    "insert into audit_logs (action, resource_type) values ('x', 'x')",
    "delete from audit_logs",
    "drop table audit.logs_default",
    "select audit_logs_add_partition('x', now(), now(), 'x')",
    "select audit_logs_erase(gen_random_uuid())",
    "select id from users",
  ])("may not %s", async (sql) => expect(await refused(sql)).toBe("42501"));

  test.each([
    ["a live session", "select auth_sessions_purge(now() + interval '1 day', 100)"],
    ["a session that has just ended", "select auth_sessions_purge(now(), 100)"],
    ["one of less than a week ago", "select auth_sessions_purge(now() - interval '7 days' + interval '1 minute', 100)"],
    ["a young month", "select * from audit_logs_expire(now() - interval '29 days')"],
    ["the memory of a young deletion", "select erasure_purge(now() - interval '6 days', 100)"],
    ["a month of less than six years ago", "select * from audit_logs_expire(now() - interval '71 months')"],
    [
      "by a setting of its own",
      "set diabrisk.audit_months = 1; select * from audit_logs_expire(now() - interval '71 months')",
    ],
  ])("deletes not even %s", async (_, sql) => expect(await refused(sql)).toBe("22023"));

  test.each([
    "alter database DATABASE set diabrisk.audit_months = '1'",
    "alter role all set diabrisk.audit_months = '1'",
  ])("may not %s", async (sql) => expect(await refused(sql.replace("DATABASE", database))).toBe("42501"));

  test("deletes by the stage's numbers, once these are deployed, and little where nobody said any", async () => {
    const shorter = [...NUMBERS.slice(0, 4), "--audit-months", "36"];
    const before = await retention(shorter, url());
    expect([before.code, before.err]).toEqual([EXIT.failure, expect.stringMatching(/entries are kept for 72 months/)]);
    await cluster.bootstrap(database, { keeps: { ...KEEPS, auditMonths: 36 } });
    expect((await retention(shorter, url())).code).toBe(EXIT.ok);
    // By hand, without numbers.
    expect(await cluster.bootstrap(database)).toEqual([]);
    await asked(`alter database ${database} reset all`);
    const unsaid = await retention(NUMBERS, url());
    expect(unsaid.err).toMatch(/kept for 366 days\n.*kept for 360 months/);
  });
});
