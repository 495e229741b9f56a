import { createServer, Server, type Socket } from "node:net";
import { SCHEMA_VERSION, TABLES } from "../../lib/contract";
import { StartupError } from "../../lib/data-svc";
import { freePort } from "../../lib/local/embedded-postgres";
import { usePostgres } from "../support/postgres";
import {
  ask,
  call,
  closeServices,
  eventually,
  migrate,
  type RunningService,
  start,
  startReady,
  testSettings,
} from "./support";

const postgres = usePostgres();
afterEach(closeServices);

interface ReadyBody {
  readonly ready: boolean;
  readonly checks: Record<string, { status: string; message: string }>;
}

const lifecycle = async (service: RunningService) => {
  const { status, body } = await call<ReadyBody>(service, "GET /readyz");
  return `${status} ${body.checks.lifecycle?.message}`;
};

describe("the start", () => {
  test("waits for the database, alive and unready with the reason, then becomes ready", async () => {
    const url = await postgres.createMigratedDatabase();
    await postgres.server.stop();
    const service = await start(testSettings(url));
    await eventually(async () => (await lifecycle(service)).includes("Nothing listens at the database's address"));
    expect(await lifecycle(service)).toMatch(
      /^503 Waiting for the database: .*\(diabrisk@127\.0\.0\.1:\d+\/test_\d+\)/,
    );
    expect((await call(service, "GET /healthz")).body).toMatchObject({ status: "ok", schema_version: null });
    await postgres.server.restart();
    await service.ready;
    expect(await lifecycle(service)).toBe("200 The service has started.");
    expect((await call(service, "GET /healthz")).body).toMatchObject({
      version: "1.0.0",
      schema_version: SCHEMA_VERSION,
    });
  });

  test("waits for the schema, which may come later, and logs each step", async () => {
    const url = await postgres.createDatabase();
    const service = await start(testSettings(url));
    await eventually(
      async () =>
        (await lifecycle(service)) ===
        `503 Waiting: The database has no schema yet; this release needs ${SCHEMA_VERSION}.`,
    );
    expect(await call(service, "GET /internal/model-versions/active")).toMatchObject({
      status: 503,
      body: { type: "urn:diabrisk:problem:database-unavailable", detail: expect.stringContaining("no schema yet") },
    });
    await migrate(url);
    await service.ready;
    expect(service.messages().filter((message) => !/^Readiness|at version \d+;/.test(message))).toEqual([
      "Starting",
      "The certificate is read",
      expect.stringMatching(/^Metrics at http:\/\/127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^API at https:\/\/127\.0\.0\.1:\d+$/),
      "The keys of the callers' tokens are there",
      expect.stringMatching(/^Connected to PostgreSQL 16\.\d+$/),
      `Waiting: The database has no schema yet; this release needs ${SCHEMA_VERSION}.`,
      "The database cannot answer at the moment",
      "Request",
      `The schema is at version ${SCHEMA_VERSION}.`,
      `All ${TABLES.length} tables exist`,
      "Model v1.0.0 is active",
      "Ready",
    ]);
  });

  test.each([
    ["table", "alter table model_versions rename to model_versions_away"],
    ["column", "alter table model_versions rename calibration_data to curve"],
  ])("a %s that a migration took away meanwhile is no fault of the request", async (_, spoil) => {
    const url = await postgres.createMigratedDatabase();
    const service = await startReady(url);
    await postgres.query(url, spoil);
    expect(await call(service, "GET /internal/model-versions/active")).toMatchObject({
      status: 503,
      body: { type: "urn:diabrisk:problem:database-unavailable", detail: expect.stringContaining("see /readyz") },
    });
  });

  test.each<[string, string, string, string]>([
    [
      "an older schema",
      `update schema_migrations set version = ${SCHEMA_VERSION - 1}`,
      `update schema_migrations set version = ${SCHEMA_VERSION}`,
      `The schema is at version ${SCHEMA_VERSION - 1}; this release needs ${SCHEMA_VERSION}.`,
    ],
    [
      "a migration that stopped half-way",
      "update schema_migrations set dirty = true",
      "update schema_migrations set dirty = false",
      `Migration ${SCHEMA_VERSION} stopped half-way (schema_migrations.dirty). See \`migrate status\` for how to go on.`,
    ],
    [
      "a table that is not there",
      "alter table reports rename to reports_away",
      "alter table reports_away rename to reports",
      "The database lacks reports although its schema version says otherwise. Run `migrate verify`.",
    ],
    [
      "an active model",
      "update model_versions set is_active = false",
      "update model_versions set is_active = true",
      "No model version is active. Activate one: POST /internal/model-versions/{version}/activate.",
    ],
    [
      "a model that it understands",
      "alter table model_versions drop constraint model_versions_calibration_data_valid; update model_versions set calibration_data = calibration_data - 'thresholds' || jsonb_build_object('was', calibration_data->'thresholds')",
      "update model_versions set calibration_data = calibration_data || jsonb_build_object('thresholds', calibration_data->'was')",
      "Model v1.0.0 is active, but its calibration_data cannot be used: /thresholds expected required property. Correct it, or activate another model.",
    ],
  ])("waits for %s", async (_, spoil, repair, reason) => {
    const url = await postgres.createMigratedDatabase();
    await postgres.query(url, spoil);
    const service = await start(testSettings(url));
    await eventually(async () => (await lifecycle(service)) === `503 Waiting: ${reason}`);
    await postgres.query(url, repair);
    await service.ready;
  });

  test.each([
    [
      "a database ahead of this release",
      `version = ${SCHEMA_VERSION + 1}`,
      `The schema is at version ${SCHEMA_VERSION + 1}, ahead of this release; this release needs ${SCHEMA_VERSION}.`,
    ],
    [
      "a migration of a later release that stopped half-way",
      `version = ${SCHEMA_VERSION + 1}, dirty = true`,
      `The schema is stopped half-way to version ${SCHEMA_VERSION + 1}, ahead of this release; this release needs ${SCHEMA_VERSION}.`,
    ],
  ])("works with %s, and says so", async (_, state, message) => {
    const url = await postgres.createMigratedDatabase();
    await postgres.query(url, `update schema_migrations set ${state}`);
    const service = await startReady(url);
    const { status, body } = await call<ReadyBody>(service, "GET /readyz");
    expect([status, body.checks.schema]).toEqual([200, { status: "warning", message }]);
  });
});

describe("the start fails", () => {
  const failure = async (url: string) => {
    const service = await start(testSettings(url, { STARTUP_TRIES: "3" }));
    const error = await service.ready.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof StartupError)) throw new Error(`not a StartupError: ${error}`);
    return { message: error.message, log: service.lines.join("") };
  };

  test.each<[string, () => string | Promise<string>, RegExp]>([
    [
      "where nothing listens",
      async () => `postgres://u:s3cret@127.0.0.1:${await freePort()}/d`,
      /^No database after 3 tries: Nothing listens .*\(u@127\.0\.0\.1:\d+\/d\)$/,
    ],
    [
      "for an unknown host",
      () => "postgres://u:s3cret@nowhere.invalid/d",
      /host name .*\(u@nowhere\.invalid:5432\/d\)$/,
    ],
    [
      "for a wrong password",
      () => postgres.server.url("postgres", "diabrisk", "s3cret"),
      /refuses the role's password.*Secret.*`migrate bootstrap`/,
    ],
    ["for a database that does not exist", () => postgres.server.url("s3cret-place"), /has no database of this name/],
    [
      "where TLS is asked of a server without",
      () => `${postgres.server.url()}?sslmode=verify-full`,
      /No encrypted connection/,
    ],
  ])("%s, with what to do and without the password", async (_, url, expected) => {
    const { message, log } = await failure(await url());
    expect(message).toMatch(expected);
    expect(log.replaceAll("s3cret-place", "")).not.toContain("s3cret");
    expect(log).not.toContain(postgres.server.password);
    expect(log.match(/"attempt":/g)).toHaveLength(2);
  });

  test("at once on another major version", async () => {
    const server = await otherVersion();
    try {
      const { message } = await failure(`postgres://u:p@127.0.0.1:${server.port}/d`);
      expect(message).toMatch(
        /is PostgreSQL 15\.7, and this release is made for 16\. Point the URL at a PostgreSQL 16/,
      );
    } finally {
      server.close();
    }
  });

  test("never for want of a family: without HOST it listens to both", async () => {
    const settings = testSettings(await postgres.createMigratedDatabase(), { HOST: "" });
    const { port } = new URL((await start(settings)).url);
    for (const host of ["127.0.0.1", "[::1]"]) expect((await ask(`https://${host}:${port}/healthz`)).status).toBe(200);
  });

  test.each(["EAFNOSUPPORT", "EADDRNOTAVAIL"])("never for want of IPv6 (%s): it listens to IPv4", async (code) => {
    const settings = testSettings(await postgres.createMigratedDatabase(), { HOST: "" });
    const { listen: original } = Server.prototype;
    const listen = jest.spyOn(Server.prototype, "listen").mockImplementation(function (this: Server, ...args) {
      const [{ host }] = args as unknown as [{ host: string }];
      if (host !== "::") return original.apply(this, args);
      process.nextTick(() => this.emit("error", Object.assign(new Error(code), { code })));
      return this;
    });
    try {
      const service = await start(settings);
      const urls = [service.url, service.metricsUrl];
      expect(urls.map((url) => new URL(url).hostname)).toEqual(["127.0.0.1", "127.0.0.1"]);
      expect((await call(service, "GET /healthz")).status).toBe(200);
    } finally {
      listen.mockRestore();
    }
  });

  test("to listen on a port in use", async () => {
    const url = await postgres.createDatabase();
    const first = await start(testSettings(url));
    const { port } = new URL(first.url);
    await expect(start(testSettings(url, { PORT: port }))).rejects.toThrow(
      `data-svc cannot listen on HOST 127.0.0.1, PORT ${port}: another process listens there. Stop it, or set another PORT.`,
    );
    await expect(start(testSettings(url, { METRICS_PORT: port }))).rejects.toThrow(
      `data-svc cannot listen on HOST 127.0.0.1, METRICS_PORT ${port}: another process listens there. Stop it, or set another METRICS_PORT.`,
    );
  });
});

/** Enough of the wire protocol to be a PostgreSQL 15.7 that answers one question. */
async function otherVersion(): Promise<{ port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    let greeted = false;
    socket.on("data", () => {
      if (greeted) socket.write(Buffer.concat([row("15.7", "150007"), message("C", "SELECT 1\0"), message("Z", "I")]));
      else socket.write(Buffer.concat([message("R", "\0\0\0\0"), message("Z", "I")]));
      greeted = true;
    });
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port, close };
}

const int16 = (value: number) => String.fromCharCode(value >> 8, value & 255);
const int32 = (value: number) => int16(value >> 16) + int16(value & 65_535);

const message = (type: string, body: string) => Buffer.from(type + int32(body.length + 4) + body, "latin1");

/** ParseComplete, BindComplete, RowDescription of a text and an int4, DataRow. */
function row(text: string, number: string): Buffer {
  const column = (name: string, type: number) =>
    `${name}\0${int32(0)}${int16(0)}${int32(type)}${int16(-1)}${int32(-1)}${int16(0)}`;
  const field = (value: string) => int32(value.length) + value;
  return Buffer.concat([
    message("1", ""),
    message("2", ""),
    message("T", int16(2) + column("text", 25) + column("number", 23)),
    message("D", int16(2) + field(text) + field(number)),
  ]);
}
