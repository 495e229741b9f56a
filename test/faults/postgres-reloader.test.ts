import { type ChildProcess, spawn } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { on, once } from "node:events";
import { existsSync, watch } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { Client } from "pg";
import { shellScript } from "../../lib/constructs/shell-script";
import type { KeyPair, ServerTls } from "../../lib/secrets/certificates";
import { issueServer, issueTls } from "../../lib/secrets/issue";
import { useBundle } from "../support/bundle";
import { usePostgres } from "../support/postgres";
import { shellProgram } from "../support/shell-program";
import { temporaryFolder } from "../support/temporary-folder";
import { secured } from "../support/tls";

const NAMES = ["postgres", "localhost"];
const postgres = usePostgres();
const programs = useBundle("test/support/client-programs.ts");

let folder: string;
let tls: ServerTls;
let reloader: ChildProcess | undefined;

beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(temporaryFolder(), "reloader-"));
  for (const name of ["psql", "pg_isready"])
    await shellProgram(folder, name, `exec ${process.execPath} ${programs.file} ${name} "$@"`);
  // Every few milliseconds instead of seconds.
  await shellProgram(folder, "sleep", "exec /bin/sleep 0.05");
  tls = await issueTls(NAMES, new Date());
  await secured(postgres, tls.server);
  await fs.writeFile(path.join(folder, "ca.crt"), tls.authority.certificate);
});
afterEach(async () => {
  if (reloader?.kill("SIGTERM")) await once(reloader, "close");
  reloader = undefined;
  await fs.rm(folder, { recursive: true, force: true });
});

const SECRETS = " clerk:postgres-clerk guest:postgres-guest ";

/** Starts the script of the server's pod. The result gives its next line that matches. */
function start(port = postgres.server.port): (line: RegExp) => Promise<string> {
  const { server } = postgres;
  const script = shellScript(["reloader-socket", "reloader-roles", "reloader-certificate"], {
    HEARTBEAT: path.join(folder, "alive"),
    PGHOST: server.host,
    PGPORT: port,
    PGUSER: server.superuser,
    ROLES: path.join(folder, "roles"),
    SECRETS,
    LOGIN_FILE: "password",
    SERVER_NAME: "postgres",
    CERTIFICATE: path.join(server.directory, "server.crt"),
    KEY: path.join(server.directory, "server.key"),
    AUTHORITY: path.join(folder, "ca.crt"),
  });
  return run(script, { PGPASSWORD: server.password });
}

/** Starts the script that reaches the server over the network, with only what is mounted. */
function startElsewhere(): (line: RegExp) => Promise<string> {
  const { server } = postgres;
  const script = shellScript(["reloader-roles", "reloader-network"], {
    HEARTBEAT: path.join(folder, "alive"),
    REACHED: path.join(folder, "reached"),
    PGHOST: "localhost",
    PGPORT: server.port,
    PGUSER: server.superuser,
    PGSSLMODE: "verify-full",
    PGSSLROOTCERT: path.join(folder, "ca.crt"),
    ROLES: path.join(folder, "roles"),
    SECRETS,
    LOGIN_FILE: "password",
  });
  return run(script, {});
}

function run(script: string, variables: Readonly<Record<string, string>>): (line: RegExp) => Promise<string> {
  const env = { PATH: `${folder}:/bin:/usr/bin`, ...variables };
  reloader = spawn("/bin/sh", ["-c", script], { env, stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: reloader.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  return async (line) => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`the reloader ended without ${line}`);
      if (line.test(value)) return value;
    }
  };
}

/** Waits until it has finished what it is at, and looks again. */
async function nextLook(): Promise<void> {
  const heartbeat = path.join(folder, "alive");
  const watcher = watch(folder);
  const changes = on(watcher, "change");
  await fs.rm(heartbeat, { force: true });
  for await (const [, name] of changes) if (name === "alive" && existsSync(heartbeat)) break;
  watcher.close();
}

/** Mounts a login role's password. */
async function mountPassword(role: string, password: string): Promise<void> {
  await fs.mkdir(path.join(folder, "roles", role), { recursive: true });
  await fs.writeFile(path.join(folder, "roles", role, "password"), password);
}

/** Mounts a certificate and a key, in files that stay the server's own. */
async function mountPair({ certificate, key }: KeyPair): Promise<void> {
  await fs.writeFile(path.join(postgres.server.directory, "server.crt"), certificate);
  await fs.writeFile(path.join(postgres.server.directory, "server.key"), key);
}

const fingerprint = ({ certificate }: KeyPair) =>
  new X509Certificate(certificate).fingerprint256.replaceAll(":", "").toLowerCase();

/** The fingerprint of the certificate that the server shows now. */
async function shown(): Promise<string> {
  const client = new Client({ connectionString: postgres.server.url(), ssl: { rejectUnauthorized: false } });
  await client.connect();
  const { stream } = (client as unknown as { connection: { stream: import("node:tls").TLSSocket } }).connection;
  const { fingerprint256 } = stream.getPeerCertificate();
  await client.end();
  return fingerprint256.replaceAll(":", "").toLowerCase();
}

const query = (sql: string) => postgres.query(postgres.server.url(), sql);
const logsIn = (role: string, password: string) =>
  postgres.query(postgres.server.url("postgres", role, password), "select 1").then(
    () => true,
    () => false,
  );

describe("over the network", () => {
  beforeEach(() => query("create role clerk login password 'first'; create role guest login password 'first'"));
  afterEach(() => query("drop role clerk, guest"));

  test("it logs in with the superuser's mounted password, whichever that is, and sets the others", async () => {
    const { superuser, password } = postgres.server;
    await mountPassword(superuser, "not yet the server's");
    await mountPassword("clerk", "second");
    await mountPassword("guest", "first");
    const next = startElsewhere();
    expect(await next(/does not answer/)).toMatch(/password authentication failed/);
    expect(existsSync(path.join(folder, "reached"))).toBe(false);
    await mountPassword(superuser, password);
    await next(/^clerk: password set/);
    await next(/^guest: password set/);
    expect(await logsIn("clerk", "second")).toBe(true);
    expect(existsSync(path.join(folder, "reached"))).toBe(true);
    expect(await logsIn(superuser, password)).toBe(true);
  });

  test("it trusts only the mounted authority", async () => {
    const { superuser, password } = postgres.server;
    const other = await issueTls(NAMES, new Date());
    await fs.writeFile(path.join(folder, "ca.crt"), other.authority.certificate);
    await mountPassword(superuser, password);
    await mountPassword("clerk", "second");
    expect(await startElsewhere()(/does not answer/)).toMatch(/certificate/);
    expect(await logsIn("clerk", "first")).toBe(true);
  });
});

describe("passwords", () => {
  beforeEach(() => query("create role clerk login password 'first'; create role guest login password 'first'"));
  afterEach(() => query("drop role clerk, guest"));

  test("of the Secret are set, again when it changes, and again when somebody set another by hand", async () => {
    await mountPassword("clerk", "second\n");
    const next = start();
    expect(await next(/^clerk/)).toBe("clerk: password set from its Secret");
    expect(await logsIn("clerk", "second")).toBe(true);
    await mountPassword("clerk", "it's \\a $third");
    await next(/^clerk: password set/);
    expect(await logsIn("clerk", "it's \\a $third")).toBe(true);
    await nextLook();
    await query("alter role clerk password 'by hand'");
    await next(/^clerk: password set/);
    expect(await logsIn("clerk", "by hand")).toBe(false);
    expect(await logsIn("guest", "first")).toBe(true);
  });

  test("whose Secret is missing are told of, others are set, and they are too once it is there", async () => {
    await query("create role stranger login password 'first'");
    await mountPassword("guest", "second");
    await mountPassword("stranger", "second");
    const next = start();
    expect(await next(/^clerk/)).toMatch(
      /^clerk: its Secret postgres-clerk is missing, so the server keeps the password/,
    );
    await next(/^guest: password set/);
    await mountPassword("clerk", "third");
    await next(/^clerk: password set/);
    expect(await logsIn("clerk", "third")).toBe(true);
    expect(await logsIn("stranger", "first")).toBe(true);
    await query("drop role stranger");
  });

  test("that are empty or not printable are not set, and the others are", async () => {
    await mountPassword("clerk", "");
    await mountPassword("guest", "second");
    const next = start();
    expect(await next(/^clerk/)).toMatch(/is empty or missing, so the server keeps the one it has$/);
    await next(/^guest: password set/);
    await mountPassword("clerk", "pässword");
    expect(await next(/^clerk/)).toMatch(/is not all printable ASCII, so the server keeps the one it has$/);
    expect(await logsIn("clerk", "first")).toBe(true);
  });
});

describe("the certificate", () => {
  test("that was renewed is served without a restart, and it says when", async () => {
    const [pid, next] = [postgres.server.pid, start()];
    expect(await next(/^certificate/)).toContain(fingerprint(tls.server));
    const renewed = await issueServer(tls.authority, NAMES, new Date());
    await mountPair(renewed);
    expect(await next(/^certificate/)).toBe(
      `certificate: the server serves the mounted one, SHA-256 ${fingerprint(renewed)}`,
    );
    expect(await shown()).toBe(fingerprint(renewed));
    expect(postgres.server.pid).toBe(pid);
  });

  test("whose key is another's is not called served, since the server goes on with the old one", async () => {
    const next = start();
    await next(/^certificate: the server serves/);
    const [one, another] = [await issueServer(tls.authority, NAMES, new Date()), await issueTls(NAMES, new Date())];
    await mountPair({ certificate: one.certificate, key: another.server.key });
    expect(await next(/^certificate/)).toMatch(/^certificate: the server does not serve the mounted one: .*mismatch/);
    expect(await shown()).toBe(fingerprint(tls.server));
    await mountPair(one);
    expect(await next(/^certificate/)).toContain(fingerprint(one));
    expect(await shown()).toBe(fingerprint(one));
  });

  test.each([
    ["another authority", () => issueTls(NAMES, new Date()).then(({ server }) => server), /unable to verify|issuer/],
    ["another server", () => issueServer(tls.authority, ["elsewhere"], new Date()), /elsewhere/],
  ])("of %s is not called served, since its clients refuse it", async (_, issue, why) => {
    await mountPair(await issue());
    const line = await start()(/^certificate/);
    expect(line).toMatch(/^certificate: the server does not serve the mounted one: /);
    expect(line).toMatch(why);
  });
});

test("it says once that the server does not answer yet, and goes on looking", async () => {
  const next = start(1);
  expect(await next(/./)).toMatch(/^the server does not answer yet: .*ECONNREFUSED/);
  await nextLook();
  await nextLook();
  reloader?.kill("SIGTERM");
  await expect(next(/./)).rejects.toThrow("the reloader ended");
});
