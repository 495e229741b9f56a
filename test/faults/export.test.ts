import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../lib/local/embedded-postgres";
import {
  ask,
  askForStream,
  call,
  closeServices,
  connectTo,
  eventually,
  FEATURES,
  ownIdentity,
  proof,
  type RunningService,
  startReady,
  USER,
  whoCalls,
} from "../data-svc/support";
import { useBundle } from "../support/bundle";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();
const bundle = useBundle("lib/data-svc/main.ts");
const programs: ChildProcess[] = [];
let database: string;

const ROWS = 100_000;
const MIB = 1024 * 1024;

beforeAll(async () => {
  database = await postgres.createMigratedDatabase();
  await postgres.connected(database, async (client) => {
    // Foreign keys, triggers and the larger indexes would take a minute, and change nothing here.
    await client.query("set session_replication_role = replica");
    await client.query("drop index assessments_features_idx, assessments_bmi_idx");
    await client.query(
      `insert into assessments
         (user_id, model_version_id, features, raw_score, calibrated_score, risk_level, confidence_level, created_at)
       select $1, m.id, $2, 0, 0, 'no_diabetes', 'low', timestamptz '2026-01-01Z' + n * interval '1 second'
       from model_versions m, generate_series(1, $3::int) n`,
      [USER, FEATURES, ROWS],
    );
    await client.query("vacuum analyze assessments");
  });
}, 120_000);
afterEach(async () => {
  for (const program of programs.splice(0)) program.kill("SIGKILL");
  await closeServices();
});

const exporting = (url: string, query = "") =>
  askForStream(`${url}/internal/users/${USER}/export${query}`, { headers: proof() });

/** Takes the whole answer and keeps its end. */
async function take(answer: Response, pauseMs = 0): Promise<{ bytes: number; rows: number; end: string }> {
  const taken = { bytes: 0, rows: 0, end: "" };
  for await (const chunk of answer.body ?? []) {
    const text = Buffer.from(chunk).toString("latin1");
    taken.bytes += chunk.length;
    taken.rows += text.split("\n").length - 1;
    taken.end = (taken.end + text).slice(-100);
    if (pauseMs && taken.bytes % 7 === 0) await sleep(pauseMs);
  }
  return taken;
}

/** data-svc in a process of its own, so that its memory is its own. */
async function program(): Promise<{ readonly url: string; readonly peak: () => number }> {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const ports = { HOST: "127.0.0.1", PORT: String(port), METRICS_PORT: String(metricsPort) };
  const child = spawn(process.execPath, ["--max-old-space-size=64", bundle.file], {
    env: { ...ports, ...whoCalls(), ...ownIdentity(), DATABASE_URL: database },
    stdio: "ignore",
  });
  programs.push(child);
  const url = `https://127.0.0.1:${port}`;
  await eventually(async () => (await ask(`${url}/readyz`).catch(() => undefined))?.status === 200);
  const peak = () => {
    const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  };
  return { url, peak };
}

test("memory stays flat with a hundred thousand assessments, for a quick reader and for slow ones", async () => {
  const { url, peak } = await program();
  // Everything is loaded, and the heap has the size of a busy service.
  for (let count = 0; count < 300; count++) await call({ url }, `GET /internal/users/${USER}/assessments?limit=100`);
  const before = peak();
  const json = await take(await exporting(url));
  expect(json.bytes).toBeGreaterThan(50 * MIB);
  expect(json.rows).toBeGreaterThan(ROWS);
  expect(json.end).toMatch(/\],\n"complete":true\}\n$/);
  const slow = await Promise.all([take(await exporting(url, "?format=csv"), 20), take(await exporting(url), 20)]);
  expect(slow[0].rows).toBe(ROWS + 1);
  expect(slow[1].rows).toBeGreaterThan(ROWS);
  // Three documents were sent, two of them at the same time; half of one would not fit. 19 MiB were measured.
  expect(peak() - before).toBeLessThan(json.bytes / MIB / 2);
}, 240_000);

const sessions = (condition: string) =>
  postgres.query(
    database,
    `select pid from pg_stat_activity where application_name like 'data-svc/%' and datname = current_database() and ${condition}`,
  );
const IN_TRANSACTION = "xact_start is not null";

/** A client that takes what there is at first, and nothing more. */
async function stalled(service: RunningService, version = "1.1"): Promise<Socket> {
  const socket = connectTo(service);
  socket.write(
    `GET /internal/users/${USER}/export HTTP/${version}\r\nHost: x\r\nAuthorization: ${proof().authorization}\r\n\r\n`,
  );
  await once(socket, "data");
  socket.pause();
  return socket;
}

interface Line {
  readonly msg: string;
  readonly level: string;
  readonly status?: number;
  readonly err?: { readonly type: string };
}

const linesOf = ({ lines }: RunningService) => lines.map((line) => JSON.parse(line) as Line);
const brokeOff = (service: RunningService) =>
  linesOf(service).filter(({ msg, status }) => msg === "An export broke off" || (msg === "Request" && status !== 200));

/** The rest of what a client gets that reads on. */
async function restOf(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text = (text + chunk.toString("latin1")).slice(-1000);
  });
  socket.resume();
  if (!socket.closed) await once(socket, "close");
  return text;
}

/** An answer in chunks without the last of them. */
const CUT = expect.not.stringMatching(/"complete":true|0\r\n\r\n$/);

describe("an export that cannot go on", () => {
  test.each(["", "?format=csv"])("is cut within its chunks, not ended: %s", async (query) => {
    const service = await startReady(database);
    const answer = await exporting(service.url, query);
    const [reader] = [answer.body?.getReader()];
    await reader?.read();
    await postgres.query(
      database,
      `select pg_terminate_backend(pid) from pg_stat_activity where ${IN_TRANSACTION} and pid <> pg_backend_pid()`,
    );
    const rest = async () => {
      while (!(await reader?.read())?.done);
    };
    expect(answer.status).toBe(200);
    await expect(rest()).rejects.toThrow(/aborted/);
    await eventually(() => brokeOff(service).length === 2);
    expect(brokeOff(service)).toMatchObject([
      { level: "warn", msg: "An export broke off", err: { type: "DatabaseFailure" } },
      { msg: "Request", status: 503 },
    ]);
  });

  test("is refused to a client without chunks, to which an end would look whole", async () => {
    const service = await startReady(database);
    const socket = await stalled(service, "1.0");
    expect(await restOf(socket)).toBe("");
    const { msg, status } = linesOf(service).at(-1) ?? {};
    expect([msg, status]).toEqual(["Request", 426]);
  });

  test("because its client takes nothing gives its connection back within seconds", async () => {
    const service = await startReady(database);
    const socket = await stalled(service);
    expect(await sessions(IN_TRANSACTION)).toHaveLength(1);
    await eventually(async () => (await sessions(IN_TRANSACTION)).length === 0, 15_000);
    expect(await restOf(socket)).toEqual(CUT);
    expect(brokeOff(service)).toMatchObject([
      { level: "info", msg: "An export broke off", err: { type: "SlowReader" } },
      { msg: "Request", status: 499 },
    ]);
    expect((await exporting(service.url, "?format=csv&table=account")).status).toBe(200);
  });

  test("because its time is up is cut, however its client reads", async () => {
    const service = await startReady(database, { EXPORT_TIMEOUT_MS: "300" });
    await expect(take(await exporting(service.url), 50)).rejects.toThrow(/aborted/);
    await eventually(async () => (await sessions(IN_TRANSACTION)).length === 0);
    expect(brokeOff(service)).toMatchObject([{ err: { type: "DatabaseFailure" } }, { status: 503 }]);
  });

  test("because its client hangs up is cancelled", async () => {
    const service = await startReady(database);
    const socket = await stalled(service);
    socket.destroy();
    await eventually(async () => (await sessions(IN_TRANSACTION)).length === 0, 2000);
    await eventually(() => brokeOff(service).some(({ status }) => status === 499));
    expect(linesOf(service).filter(({ level }) => level === "error")).toEqual([]);
  });

  test("because the service stops does not hold the stop up", async () => {
    const service = await startReady(database);
    const socket = await stalled(service);
    const since = performance.now();
    await service.close();
    expect(performance.now() - since).toBeLessThan(3000);
    expect(await restOf(socket)).toEqual(CUT);
  });
});
