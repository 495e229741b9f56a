import { spawn } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EXIT } from "../../lib/contract";
import { addMonth, addSessions, monthsOf, retention } from "../retention/support";
import { Cluster, PASSWORDS } from "../roles/support";
import { usePostgres } from "../support/postgres";

const ROOT = path.resolve(__dirname, "..", "..");
const NUMBERS = ["--partitions-ahead", "14", "--session-days", "7", "--audit-months", "72"];
const OLD_MONTHS = ["2001-01-01", "2001-02-01", "2001-03-01"];

const postgres = usePostgres();
const cluster = new Cluster(postgres);
const database = "retained";
const asked = (sql: string) => cluster.query<Record<string, unknown>>(database, sql);
const asOwner = (sql: string) => cluster.query<Record<string, unknown>>(database, sql, "migrator");
const number = async (sql: string) => Number(Object.values((await asked(sql))[0] ?? {})[0]);
const url = () => postgres.server.url(database, "retention", PASSWORDS.retention);
const run = () => retention(NUMBERS, url());

beforeAll(async () => {
  await cluster.create(database);
  await cluster.bootstrap(database, { keeps: { auditMonths: 72, sessionDays: 7 } });
  await cluster.up(database, "migrator");
});

/** Rows that are past their time, and others that are not. */
async function fill(expired: number): Promise<void> {
  await asked("truncate auth_sessions");
  await addSessions(asked, { expired, live: 50 });
  for (const month of OLD_MONTHS) await addMonth(asOwner, month, 100);
}

/** All that is past is gone, each month was logged once, and nothing else is missing. */
async function assertExact(expiriesBefore: number): Promise<void> {
  expect(await number("select count(*) from auth_sessions")).toBe(50);
  expect(await number("select count(*) from auth_sessions where expires_at < now()")).toBe(0);
  expect((await monthsOf(asked)).filter((name) => name.startsWith("logs_2001"))).toEqual([]);
  expect(await expiries()).toBe(expiriesBefore + OLD_MONTHS.length);
  expect(await number("select count(*) from audit_logs where action = 'old'")).toBe(0);
}
const expiries = () => number("select count(*) from audit_logs where action = 'audit.expire'");

test("killed with SIGKILL at any moment, and run again: exactly what is past is gone, and logged once", async () => {
  const outcomes = new Set<string>();
  for (let round = 0; round < 8; round++) {
    const before = await expiries();
    await fill(20_000);
    const child = spawn(process.execPath, ["--import", "tsx", "lib/retention/main.ts", ...NUMBERS], {
      cwd: ROOT,
      env: { DATABASE_URL: url() },
      stdio: "ignore",
    });
    // Begins once the program has connected, since its start takes longer than its work.
    while (
      child.exitCode === null &&
      !(await number("select count(*) from pg_stat_activity where usename = 'retention'"))
    )
      await sleep(5);
    await sleep(Math.random() * 300);
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    const left = await number("select count(*) from auth_sessions where expires_at < now()");
    outcomes.add(left === 0 ? "all" : left === 20_000 ? "none" : "some");
    // A killed client's statement ends by itself.
    while (await number("select count(*) from pg_stat_activity where usename = 'retention'")) await sleep(5);
    expect((await run()).code).toBe(EXIT.ok);
    await assertExact(before);
  }
  expect(outcomes).toContain("some");
}, 240_000);

test("several at once share the work, and do nothing twice", async () => {
  const before = await expiries();
  await fill(5_000);
  const runs = await Promise.all([run(), run()]);
  expect(runs.map(({ code, err }) => [code, err.replace(/^.*trying again\.\n/gm, "")])).toEqual([
    [EXIT.ok, ""],
    [EXIT.ok, ""],
  ]);
  const purged = runs.map(({ out }) => Number(/Purged (\d+)/.exec(out)?.[1] ?? 0));
  expect(purged.reduce((sum, count) => sum + count, 0)).toBe(5_000);
  await assertExact(before);
});

test("logins, renewals and requests go on meanwhile, and none is lost", async () => {
  const before = await expiries();
  await fill(20_000);
  let logins = 0;
  let slowest = 0;
  const stop = new AbortController();
  const busy = postgres.connected(postgres.server.url(database), async (client) => {
    while (!stop.signal.aborted) {
      const began = performance.now();
      await client.query(`insert into auth_sessions (user_id, token_hash, expires_at)
        select id, sha512(uuid_send(gen_random_uuid())), now() + interval '1 day' from users order by email limit 1`);
      await client.query("update auth_sessions set last_activity = now() where expires_at > now()");
      await client.query("insert into audit_logs (action, resource_type) values ('login', 'session')");
      slowest = Math.max(slowest, performance.now() - began);
      logins++;
    }
  });
  expect((await run()).code).toBe(EXIT.ok);
  stop.abort();
  await busy;
  expect(logins).toBeGreaterThan(3);
  expect(slowest).toBeLessThan(2_000);
  expect(await number("select count(*) from auth_sessions")).toBe(50 + logins);
  expect(await number("select count(*) from audit_logs where action = 'login'")).toBe(logins);
  expect(await expiries()).toBe(before + OLD_MONTHS.length);
});

test("waits a moment at a time for a lock that somebody holds, and goes on", async () => {
  const before = await expiries();
  await fill(10);
  const { code, err } = await postgres.connected(postgres.server.url(database), async (client) => {
    await client.query("begin; lock table audit_logs in access share mode");
    const running = run();
    await sleep(3_500);
    await client.query("rollback");
    return await running;
  });
  expect(err).toMatch(/^audit: others hold a lock \(canceling statement due to lock timeout\); trying again\./m);
  expect(code).toBe(EXIT.ok);
  await assertExact(before);
});

test("leaves a session out that somebody has locked, without waiting for it", async () => {
  const before = await expiries();
  await fill(3);
  await postgres.connected(postgres.server.url(database), async (client) => {
    await client.query("begin; select from auth_sessions where expires_at < now() limit 1 for update");
    const { code, out } = await run();
    expect([code, /Purged (\d+)/.exec(out)?.[1]]).toEqual([EXIT.ok, "2"]);
    await client.query("rollback");
  });
  expect((await run()).out).toContain("Purged 1 session that had");
  await assertExact(before);
});
