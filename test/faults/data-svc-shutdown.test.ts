import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { freePort } from "../../lib/local/embedded-postgres";
import {
  ask,
  assessment,
  blockInserts,
  call,
  closeServices,
  connectTo,
  eventually,
  metricsOf,
  ownIdentity,
  proof,
  startReady,
  USER,
  whoCalls,
} from "../data-svc/support";
import { useBundle } from "../support/bundle";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();
const bundle = useBundle("lib/data-svc/main.ts");
const processes: ChildProcess[] = [];
afterEach(async () => {
  for (const process of processes.splice(0)) process.kill("SIGKILL");
  await closeServices();
});

interface Program {
  readonly process: ChildProcess;
  readonly url: string;
  readonly metricsUrl: string;
  readonly exit: Promise<number | null>;
  log(): string;
}

/** The program itself, in a process of its own. */
async function run(environment: Record<string, string>): Promise<Program> {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const child = spawn(process.execPath, [bundle.file], {
    env: {
      ...{ HOST: "127.0.0.1", PORT: String(port), METRICS_PORT: String(metricsPort) },
      ...{ ...whoCalls(), ...ownIdentity(), SHUTDOWN_DELAY_MS: "0", ...environment },
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  processes.push(child);
  let text = "";
  const listen = (chunk: Buffer) => {
    text += chunk;
  };
  child.stdout.on("data", listen);
  child.stderr.on("data", listen);
  const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const urlOf = (free: number, scheme = "http") => `${scheme}://127.0.0.1:${free}`;
  return { process: child, url: urlOf(port, "https"), metricsUrl: urlOf(metricsPort), exit, log: () => text };
}

const WAITING =
  "select pid from pg_stat_activity where application_name like 'data-svc/%' and wait_event_type = 'Lock'";

describe("the program", () => {
  test("on SIGTERM turns unready, finishes what is under way, refuses what is new, and exits 0", async () => {
    const database = await postgres.createMigratedDatabase();
    const program = await run({ DATABASE_URL: database, SHUTDOWN_DELAY_MS: "500" });
    await eventually(() => program.log().includes('"msg":"Ready"'));
    const release = await blockInserts(database);
    const answer = call(program, "POST /internal/assessments", assessment());
    await eventually(async () => (await postgres.query(database, WAITING)).length === 1);
    program.process.kill("SIGTERM");
    await eventually(() => program.log().includes('"msg":"Stopping"'));
    const unready = await call<{ checks: unknown }>(program, "GET /readyz");
    expect([unready.status, unready.body.checks]).toEqual([
      503,
      { lifecycle: { status: "failed", message: "The service is stopping." } },
    ]);
    expect(unready.headers.get("connection")).toBe("close");
    await eventually(() =>
      ask(`${program.url}/healthz`).then(
        () => false,
        () => true,
      ),
    );
    await release();
    expect((await answer).status).toBe(201);
    expect(await program.exit).toBe(0);
    expect(program.log()).toMatch(/"msg":"Stopped"\}\s*$/);
  });

  test("is stopped at once by a second signal", async () => {
    const database = await postgres.createMigratedDatabase();
    const program = await run({ DATABASE_URL: database, SHUTDOWN_DELAY_MS: "20000" });
    await eventually(() => program.log().includes('"msg":"Ready"'));
    program.process.kill("SIGTERM");
    await eventually(() => program.log().includes('"msg":"Stopping"'));
    program.process.kill("SIGINT");
    expect(await program.exit).toBe(1);
  });

  test("exits 0 when it is stopped while it still waits for the database", async () => {
    const program = await run({ DATABASE_URL: `postgres://u:p@127.0.0.1:${await freePort()}/d` });
    await eventually(() => program.log().includes('"attempt":1'));
    program.process.kill("SIGTERM");
    expect(await program.exit).toBe(0);
  });

  test.each<[string, () => Promise<Record<string, string>>, RegExp]>([
    [
      "wrong settings",
      async () => ({ PORT: "http", POOL_MAX: "0" }),
      /PORT is .*DATABASE_URL is not set.*POOL_MAX is /,
    ],
    [
      "no database",
      async () => ({
        DATABASE_URL: `postgres://u:p@127.0.0.1:${await freePort()}/d`,
        ...{ STARTUP_TRIES: "2", STARTUP_PAUSE_MS: "20" },
      }),
      /"msg":"No database after 2 tries: Nothing listens/,
    ],
    [
      "a port in use",
      async () => ({ DATABASE_URL: postgres.server.url(), PORT: String(postgres.server.port) }),
      /another process listens there/,
    ],
  ])("exits 1 on %s, with the reason as its last line", async (_, environment, expected) => {
    const program = await run(await environment());
    expect(await program.exit).toBe(1);
    const last = program.log().trim().split("\n").at(-1) ?? "";
    expect(JSON.parse(last)).toMatchObject({ level: "fatal" });
    expect(last).toMatch(expected);
  });

  test.each([
    ["has sent nothing", ""],
    ["has sent half of a head", "GET /healthz HTTP/1.1\r\nHost: x\r\n"],
    [
      "has sent half of a body",
      "POST /internal/assessments HTTP/1.1\r\nHost: x\r\nAuthorization: PROOF\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
    ],
  ])("does not wait for a connection that %s", async (_, bytes) => {
    const program = await run({ DATABASE_URL: await postgres.createMigratedDatabase(), SHUTDOWN_TIMEOUT_MS: "9000" });
    await eventually(() => program.log().includes('"msg":"Ready"'));
    const socket = connectTo(program);
    await once(socket, "secureConnect");
    await new Promise((resolve) => socket.write(bytes.replace("PROOF", proof().authorization), resolve));
    // It has read what came before when it has answered what came after.
    await call(program, "GET /healthz");
    program.process.kill("SIGTERM");
    expect(await program.exit).toBe(0);
    socket.destroy();
  });

  test.each([
    ["has not begun its handshake", Buffer.alloc(0)],
    ["has sent half of a ClientHello", Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])],
  ])("does not wait for a connection that %s", async (_, bytes) => {
    const program = await run({ DATABASE_URL: await postgres.createMigratedDatabase(), SHUTDOWN_TIMEOUT_MS: "4000" });
    await eventually(() => program.log().includes('"msg":"Ready"'));
    const socket = connect(Number(new URL(program.url).port), "127.0.0.1").on("error", () => undefined);
    await once(socket, "connect");
    socket.write(bytes);
    await call(program, "GET /healthz");
    program.process.kill("SIGTERM");
    expect(await program.exit).toBe(0);
    socket.destroy();
  });

  test("answers while the reader of its log stalls, and tells how many lines it left out", async () => {
    const program = await run({ DATABASE_URL: await postgres.createMigratedDatabase() });
    await eventually(() => program.log().includes('"msg":"Ready"'));
    program.process.stdout?.pause();
    const [each, lanes] = [400, 16];
    const ask = async () => {
      for (let n = 0; n < each; n += 1) await call(program, "GET /internal/nothing");
    };
    await Promise.all(Array.from({ length: lanes }, ask));
    const leftOut = Number(/^data_svc_log_lines_left_out_total (\d+)$/m.exec(await metricsOf(program))?.[1]);
    expect(leftOut).toBeGreaterThan(0);
    program.process.stdout?.resume();
    await eventually(() => program.log().includes("lines were left out"));
    const written = program.log().match(/"msg":"Request"/g)?.length ?? 0;
    expect(written).toBe(each * lanes - leftOut);
    expect(program.log()).toContain(`"lines":${leftOut},"msg":"The log's reader stalled`);
    program.process.kill("SIGTERM");
    expect(await program.exit).toBe(0);
    expect(program.log()).toMatch(/"msg":"Stopped"\}\s*$/);
  });

  test("refuses reads whose entry neither the database takes nor the reader of its log", async () => {
    const url = new URL(await postgres.createMigratedDatabase());
    url.searchParams.set("options", "-c default_transaction_read_only=on");
    const program = await run({ DATABASE_URL: url.href, LOG_LEVEL: "fatal" });
    const ready = async () => (await call(program, "GET /readyz")).status === 200;
    await eventually(() => ready().catch(() => false));
    const read = (id: string) =>
      call(program, `GET /internal/users/${USER}/assessments`, undefined, { headers: { "X-Request-Id": id } });
    expect((await read("taken")).status).toBe(200);
    expect(program.log()).toContain('"request_id":"taken","audit_entry":{"action":"assessment.list"');
    program.process.stdout?.pause();
    let last = await read("first");
    for (let count = 1; last.status === 200 && count < 1000; count += 1) last = await read(`read ${count}`);
    expect(last).toMatchObject({ status: 503, body: { detail: expect.stringContaining("log's reader has stalled") } });
    program.process.stdout?.resume();
    await eventually(async () => (await read("again")).status === 200);
    program.process.kill("SIGTERM");
    expect(await program.exit).toBe(0);
  });

  test("stops although the reader of its log stalls", async () => {
    const program = await run({ DATABASE_URL: await postgres.createMigratedDatabase() });
    await eventually(() => program.log().includes('"msg":"Ready"'));
    program.process.stdout?.pause();
    for (let n = 0; n < 600; n += 1) await call(program, "GET /internal/nothing");
    program.process.kill("SIGTERM");
    expect(await program.exit).toBe(0);
  });

  test("gives up on what does not finish in time, and exits 1", async () => {
    const database = await postgres.createMigratedDatabase();
    const program = await run({ DATABASE_URL: database, SHUTDOWN_TIMEOUT_MS: "400" });
    await eventually(() => program.log().includes('"msg":"Ready"'));
    const release = await blockInserts(database);
    const answer = call(program, "POST /internal/assessments", assessment()).catch(() => "cut off");
    await eventually(async () => (await postgres.query(database, WAITING)).length === 1);
    program.process.kill("SIGTERM");
    expect(await program.exit).toBe(1);
    expect(program.log()).toContain("Not stopped after 400 ms");
    expect(await answer).toBe("cut off");
    await release();
  });
});

test("close() leaves no connection behind, and may be called twice", async () => {
  const database = await postgres.createMigratedDatabase();
  const service = await startReady(database);
  await Promise.all([service.close(), service.close()]);
  const count = "select count(*)::int as left from pg_stat_activity where application_name like 'data-svc/%'";
  await eventually(async () => (await postgres.query(database, count))[0]?.left === 0);
  await expect(ask(service.url)).rejects.toThrow();
});
