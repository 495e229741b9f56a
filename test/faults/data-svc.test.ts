import { type AddressInfo, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { SCHEMA_VERSION } from "../../lib/contract";
import { Database } from "../../lib/data-svc/database";
import type { DatabaseFailure } from "../../lib/data-svc/database-failure";
import { createLogger } from "../../lib/data-svc/logging";
import { Metrics } from "../../lib/data-svc/metrics";
import { freePort } from "../../lib/local/embedded-postgres";
import {
  assessment,
  blockInserts,
  call,
  closeServices,
  eventually,
  metricsOf,
  type RunningService,
  start,
  startReady,
  testSettings,
} from "../data-svc/support";
import { usePostgres } from "../support/postgres";
import { lossyWay } from "./support/lossy-way";

const postgres = usePostgres();
afterEach(closeServices);

interface ReadyBody {
  readonly checks: Record<string, { status: string; message: string }>;
}

/** Waits for a server as long as a test may take. */
const HELD = { OUTAGE_WAIT_MS: "60000" };

const readiness = (service: RunningService) => call<ReadyBody>(service, "GET /readyz");
const isReady = async (service: RunningService) => (await readiness(service)).status === 200;
const getModel = (service: RunningService) => call(service, "GET /internal/model-versions/active");
const post = (service: RunningService) => call(service, "POST /internal/assessments", assessment());

describe("when the database goes away", () => {
  test("readiness turns false and requests get 503, and both recover without a restart", async () => {
    const service = await startReady(await postgres.createMigratedDatabase(), { POOL_WAIT_MS: "300" });
    expect(await isReady(service)).toBe(true);
    await postgres.server.stop("immediate");
    await eventually(async () => !(await isReady(service)));
    expect((await readiness(service)).body.checks.database).toEqual({
      status: "failed",
      message: expect.stringMatching(/Nothing listens|lost/),
    });
    for (const answer of [await getModel(service), await post(service)]) {
      expect([answer.status, answer.body.type]).toEqual([503, "urn:diabrisk:problem:database-unavailable"]);
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    }
    await postgres.server.restart();
    await eventually(() => isReady(service));
    expect((await post(service)).status).toBe(201);
    expect(service.messages().filter((message) => message.startsWith("Readiness"))).toEqual([
      "Readiness is now true",
      expect.stringMatching(/^Readiness is now false: .*(Nothing listens|lost)/),
      "Readiness is now true",
    ]);
  });

  test("a request that comes during a short restart waits and is answered", async () => {
    const service = await startReady(await postgres.createMigratedDatabase(), { POOL_WAIT_MS: "5000" });
    await postgres.server.stop("fast");
    const answers = [getModel(service), post(service)];
    await postgres.server.restart();
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 201]);
  });

  test("reads wait and are answered while a crash takes every connection at once", async () => {
    const service = await startReady(await postgres.createMigratedDatabase(), { POOL_WAIT_MS: "5000" });
    const statuses = new Set<number>();
    let over = false;
    const read = async () => {
      while (!over) statuses.add((await getModel(service)).status);
    };
    const readers = Array.from({ length: 8 }, read);
    await postgres.server.stop("immediate");
    await postgres.server.restart();
    over = true;
    await Promise.all(readers);
    expect([...statuses]).toEqual([200]);
  });

  test("requests wait for a server longer than for a busy pool", async () => {
    const url = await postgres.createMigratedDatabase();
    const waits = { POOL_MAX: "2", POOL_WAIT_MS: "2000", OUTAGE_WAIT_MS: "30000", STATEMENT_TIMEOUT_MS: "20000" };
    const service = await startReady(url, waits);
    const release = await blockInserts(url);
    const blocked = [post(service), post(service)];
    await eventually(async () => (await metricsOf(service)).includes('state="idle"} 0'));
    await eventually(async () => (await post(service)).body.type === "urn:diabrisk:problem:pool-exhausted");
    await release();
    expect((await Promise.all(blocked)).map(({ status }) => status)).toEqual([201, 201]);
    await postgres.server.stop("immediate");
    const held: ReturnType<typeof getModel>[] = [];
    const refused: number[] = [];
    while (held.length < 600) {
      const answer = getModel(service);
      answer.then(({ status }) => status === 503 && refused.push(status));
      held.push(answer);
      // All at once would not fit into the queue of new connections.
      if (held.length % 50 === 0) await sleep(50);
    }
    // So many are too many at a time.
    await eventually(async () => refused.length >= 90, 20_000);
    await postgres.server.restart();
    const statuses = (await Promise.all(held)).map(({ status }) => status);
    const served = statuses.filter((status) => status === 200).length;
    expect(served).toBe(held.length - refused.length);
    expect(served).toBeGreaterThanOrEqual(500);
  });

  test("requests wait while every commit waits for a replica, longer than for a busy pool or a statement", async () => {
    const url = await postgres.createMigratedDatabase();
    const waits = { ...HELD, POOL_MAX: "2", POOL_WAIT_MS: "1500", STATEMENT_TIMEOUT_MS: "500" };
    const service = await startReady(url, waits);
    const replicas = async (names: string) => {
      await postgres.query(url, `alter system set synchronous_standby_names = '${names}'`);
      await postgres.query(url, "select pg_reload_conf()");
    };
    await replicas("gone");
    try {
      const answers = Array.from({ length: 6 }, () => post(service));
      const waiting = "select 1 from pg_stat_activity where wait_event = 'SyncRep' and backend_type = 'client backend'";
      await eventually(async () => (await postgres.query(url, waiting)).length === 2);
      // Longer than each of those waits.
      await sleep(3500);
      await replicas("");
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(6).fill(201));
      expect(await postgres.query(url, "select id from assessments")).toHaveLength(6);
    } finally {
      await replicas("");
    }
  });

  test("a stop does not wait for a server", async () => {
    const service = await startReady(await postgres.createMigratedDatabase(), { ...HELD, POOL_WAIT_MS: "300" });
    await postgres.server.stop("immediate");
    const held = getModel(service);
    await eventually(async () => /state="waiting"\} 1/.test(await metricsOf(service)));
    const began = performance.now();
    await service.close();
    expect((await held).status).toBe(503);
    expect(performance.now() - began).toBeLessThan(10_000);
    await postgres.server.restart();
  });

  test.each([{}, { id: "7c2f3f5e-51a4-4d2c-9d0e-6f0f7f1e9a11" }])(
    "a write whose commit is not answered is found again and stored once: %j",
    async (chosen) => {
      const url = await postgres.createMigratedDatabase();
      const way = await lossyWay(postgres.server.port);
      const service = await startReady(way.to(url), HELD);
      let cuts = 0;
      // Prepared statements are run by their names.
      way.cutsAfter = (asked) => asked.includes("commit") && cuts++ === 0;
      const answer = await call<{ id: string }>(service, "POST /internal/assessments", { ...assessment(), ...chosen });
      expect([answer.status, cuts]).toEqual([201, 2]);
      expect(await postgres.query(url, "select id from assessments")).toEqual([{ id: answer.body.id }]);
      expect(await postgres.query(url, "select resource_id from audit_logs")).toEqual([
        { resource_id: answer.body.id },
      ]);
      await service.close();
      way.close();
    },
  );

  test("a request under way is done again, and stored once", async () => {
    const url = await postgres.createMigratedDatabase();
    const service = await startReady(url);
    const release = await blockInserts(url);
    const answer = post(service);
    const blocked =
      "select pid from pg_stat_activity where application_name like 'data-svc/%' and wait_event_type = 'Lock'";
    await eventually(async () => (await postgres.query(url, blocked)).length === 1);
    await postgres.query(url, `select pg_terminate_backend(pid) from (${blocked}) as _`);
    await eventually(async () => (await postgres.query(url, blocked)).length === 1);
    await release();
    expect((await answer).status).toBe(201);
    expect(await postgres.query(url, "select id from assessments")).toHaveLength(1);
  });

  test("without a word, as when its node is lost, readiness turns false and requests get 503", async () => {
    const way = await lossyWay(postgres.server.port);
    const url = way.to(await postgres.createMigratedDatabase());
    const service = await startReady(url, { POOL_WAIT_MS: "300", STATEMENT_TIMEOUT_MS: "200" });
    way.passes = () => false;
    expect((await post(service)).status).toBe(503);
    await eventually(async () => !(await isReady(service)));
    way.passes = () => true;
    await eventually(() => isReady(service));
    expect((await post(service)).status).toBe(201);
    await service.close();
    way.close();
  });

  test("a server that takes connections and never answers is no pool without room", async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    const url = `postgres://x:x@127.0.0.1:${port}/x`;
    const database = testDatabase(url, { POOL_WAIT_MS: "300", POOL_MAX: "2" });
    const ask = () => database.query({ name: "one", text: "select 1" }).catch((error: DatabaseFailure) => error);
    const failures = (await Promise.all([ask(), ask(), ask(), ask()])) as DatabaseFailure[];
    const expected = ["unreachable", "The database did not answer in time."];
    expect(failures.map(({ kind, message }) => [kind, message])).toEqual(failures.map(() => expected));
    expect(database.refusal).toBe(expected[1]);
    silent.close();
  });

  test("a request waits no longer than its bound, however late its last try began", async () => {
    const port = await freePort();
    const database = testDatabase(`postgres://x:x@127.0.0.1:${port}/x`, { POOL_WAIT_MS: "1500" });
    const silent = createServer();
    setTimeout(() => silent.listen(port, "127.0.0.1"), 1000);
    // Timers of one process go off in their order, however slow it is.
    let late = false;
    const bound = setTimeout(() => (late = true), 2200);
    await expect(database.query({ name: "one", text: "select 1" })).rejects.toThrow(/Nothing listens/);
    expect(late).toBe(false);
    clearTimeout(bound);
    silent.close();
  });

  test("a request of many slow statements has one deadline for all of them, and stores nothing", async () => {
    const url = await postgres.createDatabase();
    await postgres.query(url, "create table t (n int)");
    const database = testDatabase(url, { POOL_WAIT_MS: "300", STATEMENT_TIMEOUT_MS: "1000" });
    let late = false;
    const bound = setTimeout(() => (late = true), 3000);
    const { query, transaction } = database.forRequest(new AbortController().signal);
    await query({ name: "slow", text: "select pg_sleep(0.8)" });
    const slow = transaction(async (run) => {
      for (let n = 0; n < 5; n++) await run({ name: `slow${n}`, text: "insert into t select 1 from pg_sleep(0.8)" });
    });
    await expect(slow).rejects.toMatchObject({ kind: "overloaded" });
    expect(late).toBe(false);
    clearTimeout(bound);
    await database.close();
    await eventually(
      async () => (await postgres.query(url, "select from pg_locks where relation = 't'::regclass")).length === 0,
    );
    expect(await postgres.query(url, "select from t")).toEqual([]);
  });

  test("a rollback after a refused row is part of that deadline", async () => {
    const way = await lossyWay(postgres.server.port);
    const database = testDatabase(way.to(await postgres.createDatabase()), {
      ...{ POOL_WAIT_MS: "300", STATEMENT_TIMEOUT_MS: "1500" },
    });
    let late = false;
    // Its deadline is 2.8 s; with a statement's time for the rollback it would be 4.3 s.
    const bound = setTimeout(() => (late = true), 3700);
    const { transaction } = database.forRequest(new AbortController().signal);
    const refused = transaction(async (run) => {
      await run({ name: "slow", text: "select pg_sleep(1.4)" });
      await run({ name: "wrong", text: "select 1 / 0" }).finally(() => {
        way.passes = () => false;
      });
    });
    await expect(refused).rejects.toMatchObject({ code: "22012" });
    expect(late).toBe(false);
    clearTimeout(bound);
    way.close();
    await database.close();
  });

  test("a schema that is taken back makes it unready", async () => {
    const url = await postgres.createMigratedDatabase();
    const service = await startReady(url);
    await postgres.query(url, `update schema_migrations set version = ${SCHEMA_VERSION - 1}`);
    await eventually(async () => !(await isReady(service)));
    expect((await readiness(service)).body.checks.schema?.message).toBe(
      `The schema is at version ${SCHEMA_VERSION - 1}; this release needs ${SCHEMA_VERSION}.`,
    );
  });
});

describe("when connections run out", () => {
  test("the pool sheds load with 503 while all of it is held, says so in /readyz, and recovers", async () => {
    const url = await postgres.createMigratedDatabase();
    const service = await startReady(url, { POOL_MAX: "2", POOL_WAIT_MS: "1500", STATEMENT_TIMEOUT_MS: "60000" });
    const release = await blockInserts(url);
    const held = [post(service), post(service)];
    await eventually(async () => (await metricsOf(service)).includes('state="idle"} 0'));
    const shed = getModel(service);
    let answer = await readiness(service);
    await eventually(async () => {
      answer = await readiness(service);
      return answer.status !== 200;
    });
    expect(answer.body.checks.pool).toEqual({
      status: "failed",
      message: "2 of 2 connections in use, 1 requests waiting.",
    });
    const { status, headers, body } = await shed;
    expect([status, body.type]).toEqual([503, "urn:diabrisk:problem:pool-exhausted"]);
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    await release();
    expect((await Promise.all(held)).map((answer) => answer.status)).toEqual([201, 201]);
    expect(await isReady(service)).toBe(true);
    expect((await getModel(service)).status).toBe(200);
  });

  test("the server's own limit gives 503 too", async () => {
    const url = await postgres.createMigratedDatabase();
    await postgres.query(url, "create role few login password 'few' connection limit 1");
    await postgres.query(url, "grant all on all tables in schema public to few");
    const limited = url.replace(/\/\/[^@]+@/, "//few:few@");
    const service = await startReady(limited, { POOL_WAIT_MS: "300", STATEMENT_TIMEOUT_MS: "60000" });
    const release = await blockInserts(url);
    const held = post(service);
    await eventually(async () => (await metricsOf(service)).includes('state="idle"} 0'));
    expect(await getModel(service)).toMatchObject({
      status: 503,
      body: { type: "urn:diabrisk:problem:pool-exhausted" },
    });
    const many = await Promise.all(Array.from({ length: 40 }, () => getModel(service)));
    expect(new Set(many.map(({ body }) => body.type))).toEqual(new Set(["urn:diabrisk:problem:pool-exhausted"]));
    expect((await readiness(service)).body.checks.pool?.message).toMatch(
      /^\d of \d connections in use, \d requests waiting\. No new one can be made: The server has no connection left/,
    );
    await release();
    expect((await held).status).toBe(201);
  });

  test("a statement that takes too long is cancelled and answered with 503", async () => {
    const url = await postgres.createMigratedDatabase();
    const service = await startReady(url, { STATEMENT_TIMEOUT_MS: "200" });
    const release = await blockInserts(url);
    expect(await post(service)).toMatchObject({
      status: 503,
      body: { type: "urn:diabrisk:problem:database-unavailable" },
    });
    await release();
    expect((await post(service)).status).toBe(201);
  });
});

test("a volume that is full gives 503, and a warning in /readyz until a write succeeds", async () => {
  const url = await postgres.createMigratedDatabase();
  const service = await startReady(url);
  await postgres.query(
    url,
    `create function full_disk() returns trigger language plpgsql as $$ begin raise sqlstate '53100'; end $$;
     create trigger full_disk before insert on audit_logs execute function full_disk();`,
  );
  expect(await post(service)).toMatchObject({ status: 503, body: { type: "urn:diabrisk:problem:storage-full" } });
  const { status, body } = await readiness(service);
  expect([status, body.checks.storage]).toEqual([
    200,
    { status: "warning", message: expect.stringMatching(/volume was full \d+ s ago: writes are answered with 503/) },
  ]);
  await postgres.query(url, "drop trigger full_disk on audit_logs");
  expect((await post(service)).status).toBe(201);
  expect((await readiness(service)).body.checks.storage?.status).toBe("ok");
});

test("a database that is kept read-only gives 503 for writes, and a warning in /readyz as long as it is", async () => {
  const url = await postgres.createMigratedDatabase();
  const service = await startReady(url);
  const set = (value: string) =>
    postgres.query(postgres.server.url(), `alter system set default_transaction_read_only = ${value}`);
  const storage = async () => (await readiness(service)).body.checks.storage;
  await set("on");
  await postgres.query(postgres.server.url(), "select pg_reload_conf()");
  await eventually(async () => (await storage())?.status === "warning");
  expect(await storage()).toMatchObject({ message: expect.stringMatching(/takes no writes/) });
  expect((await readiness(service)).status).toBe(200);
  expect(await post(service)).toMatchObject({
    status: 503,
    body: { type: "urn:diabrisk:problem:database-unavailable", detail: expect.stringMatching(/nearly full/) },
  });
  expect((await getModel(service)).status).toBe(200);
  await set("off");
  await postgres.query(postgres.server.url(), "select pg_reload_conf()");
  await eventually(async () => (await post(service)).status === 201);
  await eventually(async () => (await storage())?.status === "ok");
});

test("a busy pool asks the database nothing, and forgets nothing of what it said", async () => {
  const url = await postgres.createMigratedDatabase();
  const service = await startReady(url, { POOL_MAX: "2", STATEMENT_TIMEOUT_MS: "60000" });
  const storage = async () => (await readiness(service)).body.checks.storage;
  const warning = { status: "warning", message: expect.stringMatching(/takes no writes/) };
  await postgres.connected(url, async (blocker) => {
    await blocker.query(`alter database ${new URL(url).pathname.slice(1)} set default_transaction_read_only = on`);
    await blocker.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
    await eventually(async () => (await storage())?.status === "warning");
    await blocker.query("begin read write; lock table model_versions");
    const held = [getModel(service), getModel(service)];
    await eventually(async () => (await metricsOf(service)).includes('state="idle"} 0'));
    expect(await storage()).toEqual(warning);
    await blocker.query("commit");
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200]);
  });
});

test("a rotated password is used without a restart, and no request sees the time between", async () => {
  const url = await postgres.createMigratedDatabase();
  await postgres.query(
    url,
    "create role rotated login password 'old'; grant all on all tables in schema public to rotated",
  );
  const files = { "/run/url": url.replace(/\/\/[^@]+@/, "//rotated:old@") };
  const service = await start(testSettings("", { DATABASE_URL_FILE: "/run/url" }, files));
  await service.ready;
  await postgres.query(url, "alter role rotated password 'new'");
  await postgres.query(url, "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'rotated'");
  const answer = post(service);
  await eventually(() => postgres.server.log.some((line) => line.includes('authentication failed for user "rotated"')));
  files["/run/url"] = files["/run/url"].replace("old", "new");
  expect((await answer).status).toBe(201);
});

test("probes share one question a second", async () => {
  const service = await startReady(await postgres.createMigratedDatabase());
  await Promise.all(Array.from({ length: 50 }, () => isReady(service)));
  const body = await metricsOf(service);
  const asked = Number(/query_duration_seconds_count\{query="schema_state",outcome="ok"\} (\d+)/.exec(body)?.[1]);
  // One by the start, and one or two by the probes, depending on when a second ends.
  expect(asked).toBeGreaterThanOrEqual(2);
  expect(asked).toBeLessThanOrEqual(3);
});

/** The pool alone, without a service. */
function testDatabase(url: string, environment: Record<string, string>): Database {
  const log = createLogger("silent", { write: () => undefined });
  return new Database(testSettings(url, environment).database, log, new Metrics());
}
