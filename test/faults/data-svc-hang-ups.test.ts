import { readFileSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import * as path from "node:path";
import { issueTls } from "../../lib/secrets/issue";
import {
  assessment,
  blockInserts,
  call,
  closeServices,
  connectTo,
  eventually,
  metricsOf,
  NOBODY,
  proof,
  type RunningService,
  start,
  startReady,
  testSettings,
} from "../data-svc/support";
import { usePostgres } from "../support/postgres";
import { secured } from "../support/tls";

const postgres = usePostgres();
afterEach(closeServices);

const body = JSON.stringify(assessment());
const head = (length = Buffer.byteLength(body)) =>
  `POST /internal/assessments HTTP/1.1\r\nHost: x\r\nAuthorization: ${proof().authorization}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

/** A connection of a client of its own, on which these bytes were sent. */
function client(service: RunningService, bytes: string, below?: Socket): Socket {
  const socket = connectTo(service, below);
  socket.write(bytes);
  return socket;
}

const post = (service: RunningService) => call(service, "POST /internal/assessments", assessment());
const stored = async (url: string) =>
  (await postgres.query(url, "select from assessments union all select from audit_logs")).length;

const state = (url: string, condition: string) =>
  postgres.query(
    url,
    `select query from pg_stat_activity where application_name like 'data-svc/%' and datname = current_database() and ${condition}`,
  );
const waiting = async (url: string) => (await state(url, "wait_event_type = 'Lock'")).length;

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly status?: number;
}

/** The log since then: level, message and status of each line. */
const linesSince = (service: RunningService, before: number) =>
  service.lines.slice(before).map((line) => {
    const { level, msg, status } = JSON.parse(line) as Line;
    return [level, msg, status];
  });

const HUNG_UP = ["info", "Request", 499];

test("a client that hangs up within its body is no outage of the database", async () => {
  const service = await startReady(await postgres.createMigratedDatabase());
  const before = service.lines.length;
  const { hostname, port } = new URL(service.url);
  const below = connect(Number(port), hostname);
  const closing = client(service, head() + body.slice(0, 20));
  client(service, head() + body.slice(0, 20), below);
  await new Promise((resolve) => setTimeout(resolve, 100));
  closing.destroy();
  below.resetAndDestroy();
  await eventually(() => linesSince(service, before).filter(([, , status]) => status === 499).length === 2);
  await new Promise((resolve) => setTimeout(resolve, 200));
  // A client that closes its half alone still gets an answer to what it sent.
  const lines = linesSince(service, before).filter(([, msg]) => msg !== "The request is not HTTP");
  expect(lines).toEqual([HUNG_UP, HUNG_UP]);
  const metrics = await metricsOf(service);
  expect(metrics).toMatch(
    /http_request_duration_seconds_count\{method="POST",route="\/internal\/assessments",status="499"\} 2\n/,
  );
  expect(metrics).not.toContain('status="503"');
});

test("what a client gave up is cancelled on the server and rolled back, and the pool stays whole", async () => {
  const url = await postgres.createMigratedDatabase();
  // Nothing else ends a statement in the time of this test.
  const service = await startReady(url, { POOL_MAX: "2", STATEMENT_TIMEOUT_MS: "60000" });
  const before = service.lines.length;
  const release = await blockInserts(url);
  for (let round = 0; round < 3; round++) {
    const clients = [client(service, head() + body), client(service, head() + body)];
    await eventually(async () => (await waiting(url)) === 2);
    for (const socket of clients) socket.destroy();
    await eventually(async () => (await waiting(url)) === 0);
  }
  await eventually(async () => (await state(url, "state <> 'idle'")).length === 0);
  expect(linesSince(service, before)).toEqual(Array.from({ length: 6 }, () => HUNG_UP));
  expect(await metricsOf(service)).toContain('query="store_assessment",outcome="cancelled"} 6');
  await release();
  expect(await stored(url)).toBe(0);
  const answers = await Promise.all(Array.from({ length: 8 }, () => post(service)));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
});

test("a client that hangs up while it waits for a connection waits no longer", async () => {
  const url = await postgres.createMigratedDatabase();
  const service = await startReady(url, { POOL_MAX: "1", POOL_WAIT_MS: "30000", STATEMENT_TIMEOUT_MS: "60000" });
  const release = await blockInserts(url);
  const held = post(service);
  await eventually(async () => (await waiting(url)) === 1);
  const count = async () => /state="waiting"\} (\d+)/.exec(await metricsOf(service))?.[1];
  const socket = client(
    service,
    `GET /internal/model-versions/active HTTP/1.1\r\nHost: x\r\nAuthorization: ${proof().authorization}\r\n\r\n`,
  );
  await eventually(async () => (await count()) === "1");
  socket.destroy();
  await eventually(async () => (await count()) === "0");
  await release();
  expect((await held).status).toBe(201);
  expect((await post(service)).status).toBe(201);
});

/** Makes every commit of an assessment take so long. */
const slowCommits = (url: string, seconds: number) =>
  postgres.query(
    url,
    `create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(${seconds}); return null; end $$;
     create constraint trigger slow after insert on audit_logs deferrable initially deferred for each row execute function slow();`,
  );

test("a commit that takes longer than the deadline gets 503, and is not cancelled", async () => {
  const url = await postgres.createMigratedDatabase();
  await slowCommits(url, 3);
  const service = await startReady(url, { POOL_WAIT_MS: "300", STATEMENT_TIMEOUT_MS: "300" });
  expect((await post(service)).status).toBe(503);
  await eventually(async () => (await stored(url)) === 2);
});

test("a commit under way is not cancelled", async () => {
  const url = await postgres.createMigratedDatabase();
  await slowCommits(url, 1);
  const service = await startReady(url);
  const before = service.lines.length;
  const socket = client(service, head() + body);
  await eventually(async () => (await state(url, "query = 'commit' and state = 'active'")).length === 1);
  socket.destroy();
  await eventually(async () => (await stored(url)) === 2);
  expect(linesSince(service, before)).toEqual([HUNG_UP]);
});

test("a client that hangs up between two statements leaves a connection that can be used", async () => {
  const url = await postgres.createMigratedDatabase();
  const service = await startReady(url, { POOL_MAX: "1" });
  const pids = () => state(url, "true").then((rows) => rows.length);
  const before = service.lines.length;
  // Refused rows are rolled back, whether or not their client has gone.
  for (let round = 0; round < 20; round++) {
    const unknown = JSON.stringify(assessment({ user_id: NOBODY }));
    const socket = client(service, head(Buffer.byteLength(unknown)) + unknown);
    setTimeout(() => socket.destroy(), round);
    await new Promise((resolve) => socket.once("close", resolve));
  }
  expect((await post(service)).status).toBe(201);
  await eventually(async () => (await pids()) === 1);
  expect(linesSince(service, before).filter(([level]) => level !== "info")).toEqual([]);
  expect(await stored(url)).toBe(2);
});

test("requests that a client sent one behind another end with it, each with its line", async () => {
  const url = await postgres.createMigratedDatabase();
  const service = await startReady(url, { POOL_MAX: "2", STATEMENT_TIMEOUT_MS: "60000" });
  const before = service.lines.length;
  const release = await blockInserts(url);
  const socket = client(service, (head() + body).repeat(12));
  await eventually(async () => (await waiting(url)) === 2);
  socket.destroy();
  await eventually(async () => (await waiting(url)) === 0);
  await eventually(() => service.lines.length >= before + 12);
  expect(linesSince(service, before)).toEqual(Array.from({ length: 12 }, () => HUNG_UP));
  await release();
  expect(await stored(url)).toBe(0);
});

test("a statement on an encrypted connection is cancelled as well", async () => {
  const { server, authority } = await issueTls(["localhost"], new Date());
  await secured(postgres, server);
  const file = path.join(postgres.server.directory, "ca.crt");
  writeFileSync(file, authority.certificate);
  const url = await postgres.createMigratedDatabase();
  const encrypted = `${url.replace("127.0.0.1", "localhost")}?sslmode=verify-full&sslrootcert=${file}`;
  const settings = testSettings(encrypted, { STATEMENT_TIMEOUT_MS: "60000" }, (name) => readFileSync(name, "utf8"));
  const service = await start(settings);
  await service.ready;
  const release = await blockInserts(url);
  const socket = client(service, head() + body);
  await eventually(async () => (await waiting(url)) === 1);
  socket.destroy();
  await eventually(async () => (await waiting(url)) === 0);
  await release();
  expect((await post(service)).status).toBe(201);
  expect(await stored(url)).toBe(2);
});
