import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { connect as connectPlain } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { connect, type SecureVersion, type TLSSocket } from "node:tls";
import { DATA_SVC, TLS_KEYS } from "../../lib/contract";
import type { KeyPair } from "../../lib/secrets/certificates";
import { issueAuthority, issueServer } from "../../lib/secrets/issue";
import {
  closeServices,
  eventually,
  metricsOf,
  proof,
  type RunningService,
  start,
  testSettings,
} from "../data-svc/support";
import { usePostgres } from "../support/postgres";

const postgres = usePostgres();
const NAMES = [DATA_SVC.name];
let folder: string;
let authority: KeyPair;
let first: KeyPair;
let service: RunningService;

beforeEach(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), "data-svc-tls-"));
  authority = await issueAuthority(new Date());
  first = await issueServer(authority, NAMES, new Date());
  mount(first);
  const url = await postgres.createMigratedDatabase();
  service = await start(testSettings(url, { TLS_FOLDER: folder }, (file) => readFileSync(file, "utf8")));
  await service.ready;
});
afterEach(async () => {
  await closeServices();
  rmSync(folder, { recursive: true, force: true });
});

let mounts = 0;

/** Mounts a Secret as a kubelet does: a new folder, to which one link leads by which all files are reached. */
function mount({ certificate, key }: KeyPair, issuer = authority.certificate): void {
  mounts += 1;
  const [data, link] = [path.join(folder, `..${mounts}`), path.join(folder, "..data")];
  mkdirSync(data);
  const files = { [TLS_KEYS.certificate]: certificate, [TLS_KEYS.key]: key, [TLS_KEYS.authority]: issuer };
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(data, name), text);
  symlinkSync(data, `${link}-new`);
  renameSync(`${link}-new`, link);
  for (const name of Object.keys(files)) linkOnce(name);
}

function linkOnce(name: string): void {
  try {
    symlinkSync(path.join("..data", name), path.join(folder, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

const place = () => {
  const { hostname, port } = new URL(service.url);
  return { host: hostname, port: Number(port) };
};

interface Trust {
  readonly ca?: string;
  readonly servername?: string;
  readonly maxVersion?: SecureVersion;
}

/** The connection of a client that verifies, or the code of the reason why there is none. */
async function handshake(trust: Trust = {}): Promise<TLSSocket | string> {
  const given = { ca: authority.certificate, servername: DATA_SVC.name, ...trust };
  const socket = connect({ ...place(), ...given });
  try {
    await once(socket, "secureConnect");
    return socket;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    socket.on("error", () => undefined);
  }
}

async function shown(): Promise<string> {
  const socket = await handshake();
  if (typeof socket === "string") return socket;
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

const serialOf = ({ certificate }: KeyPair) => new X509Certificate(certificate).serialNumber;
const metric = async (name: string) =>
  Number(new RegExp(`^data_svc_${name} (\\S+)$`, "m").exec(await metricsOf(service))?.[1]);

interface Report {
  readonly statuses: Record<string, number>;
  stop(): Promise<void>;
}

/** Requests one after another, on lanes that keep their connection and on lanes that do not. */
function load(): Report {
  const statuses: Record<string, number> = {};
  let stopped = false;
  const lane = async (keepAlive: boolean) => {
    const agent = new Agent({ keepAlive, maxSockets: 1, ca: authority.certificate });
    while (!stopped) {
      const status = await once(
        request(`${service.url}/internal/model-versions/active`, {
          ...{ agent, servername: DATA_SVC.name, headers: proof() },
        }).end(),
        "response",
      ).then(
        async ([answer]) => {
          answer.resume();
          await once(answer, "end");
          return String(answer.statusCode);
        },
        (error: NodeJS.ErrnoException) => error.code ?? error.message,
      );
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
    agent.destroy();
  };
  const lanes = [true, true, false, false].map(lane);
  const stop = async () => {
    stopped = true;
    await Promise.all(lanes);
  };
  return { statuses, stop };
}

test("a renewed certificate is served without a restart, and no request fails", async () => {
  const running = load();
  await eventually(() => (running.statuses["200"] ?? 0) > 50);
  const kept = await handshake();
  for (let round = 0; round < 3; round += 1) {
    const renewed = await issueServer(authority, NAMES, new Date(Date.now() - round * 86_400_000));
    mount(renewed);
    await eventually(async () => (await shown()) === serialOf(renewed));
    const { validTo } = new X509Certificate(renewed.certificate);
    await eventually(async () => (await metric("certificate_expiry_timestamp_seconds")) === Date.parse(validTo) / 1000);
    const before = running.statuses["200"] ?? 0;
    await eventually(() => (running.statuses["200"] ?? 0) > before + 50);
  }
  await running.stop();
  expect(Object.keys(running.statuses)).toEqual(["200"]);
  expect(service.messages().filter((line) => line === "The renewed certificate is served")).toHaveLength(3);
  // Connections from before go on.
  if (typeof kept === "string") throw new Error(kept);
  kept.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  expect(String((await once(kept, "data"))[0])).toMatch(/^HTTP\/1\.1 200 /);
  kept.destroy();
});

test("a renewal that cannot be used changes nothing, and is told until it is mended", async () => {
  const other = await issueServer(authority, NAMES, new Date());
  const bad: readonly [KeyPair, RegExp][] = [
    [{ certificate: other.certificate, key: first.key }, /tls\.key is not the key/],
    [{ ...other, key: "" }, /holds no private key/],
    [await issueServer(authority, ["postgres"], new Date()), /lacks the name data-svc/],
    [await issueServer(authority, NAMES, new Date(Date.now() - 400 * 86_400_000)), /expired on/],
    [await issueServer(await issueAuthority(new Date()), NAMES, new Date()), /not issued by an authority/],
  ];
  for (const [pair, reason] of bad) {
    mount(pair);
    await eventually(() => service.lines.some((line) => reason.test(line)));
    expect(await shown()).toBe(serialOf(first));
  }
  await eventually(async () => (await metric("certificate_refused")) === 1);
  const told = service.lines.filter((line) => line.includes("The mounted certificate is refused"));
  expect(told).toHaveLength(bad.length);
  expect(told.every((line) => line.includes('"level":"error"'))).toBe(true);
  expect(told.join()).not.toContain("PRIVATE KEY");
  const warned = await readyz();
  expect(warned).toMatchObject({ ready: true, checks: { certificate: { status: "warning" } } });

  mount(other);
  await eventually(async () => (await shown()) === serialOf(other));
  await eventually(async () => (await metric("certificate_refused")) === 0);
  expect(await readyz()).toMatchObject({ checks: { certificate: { status: "ok" } } });
});

test("the certificate from before, put back, ends the refusal", async () => {
  mount({ ...first, key: "none" });
  await eventually(async () => (await metric("certificate_refused")) === 1);
  mount(first);
  await eventually(async () => (await metric("certificate_refused")) === 0);
});

async function readyz(): Promise<unknown> {
  const socket = await handshake();
  if (typeof socket === "string") throw new Error(socket);
  socket.write("GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  let text = "";
  for await (const chunk of socket) text += chunk;
  return JSON.parse(text.slice(text.indexOf("\r\n\r\n")));
}

test("clients get in by verifying it, with TLS 1.2 or 1.3", async () => {
  for (const [trust, expected] of [
    [{}, "TLSv1.3"],
    [{ maxVersion: "TLSv1.2" }, "TLSv1.2"],
  ] as const) {
    const socket = await handshake(trust);
    if (typeof socket === "string") throw new Error(socket);
    expect(socket.getProtocol()).toBe(expected);
    socket.destroy();
  }
  const elsewhere = await issueAuthority(new Date());
  expect(await handshake({ ca: elsewhere.certificate })).toMatch(/UNABLE_TO_VERIFY|SELF_SIGNED|CERT_SIGNATURE_FAILURE/);
  expect(await handshake({ servername: "postgres" })).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
});

test("TLS 1.1 and ciphers without forward secrecy are refused", async () => {
  const refused = (options: object) =>
    new Promise<string>((resolve) => {
      const given = { ca: authority.certificate, servername: DATA_SVC.name, ...options };
      const socket = connect({ ...place(), ...given }, () => resolve("open"));
      socket.on("error", ({ code = "" }: NodeJS.ErrnoException) => resolve(code));
    });
  const old = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" };
  expect(await refused(old)).toMatch(/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/);
  expect(await refused({ maxVersion: "TLSv1.2", ciphers: "AES128-GCM-SHA256" })).toMatch(/HANDSHAKE_FAILURE/);
});

test("a client without TLS is told so in HTTP, and gets nothing else", async () => {
  const { port, host } = place();
  const socket = connectPlain(port, host);
  socket.write(
    `GET /internal/model-versions/active HTTP/1.1\r\nHost: x\r\nAuthorization: ${proof().authorization}\r\n\r\n`,
  );
  let text = "";
  for await (const chunk of socket) text += chunk;
  expect(text).toMatch(/^HTTP\/1\.1 400 [\s\S]*application\/problem\+json[\s\S]*speaks TLS alone\. Ask with https:/);
  const [, id = "none"] = /"request_id":"([^"]+)"/.exec(text) ?? [];
  expect(service.lines.filter((line) => line.includes(id))).toHaveLength(1);
});

test.each([
  ["sends nothing", Buffer.alloc(0)],
  ["sends half of a ClientHello", Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])],
])("a client that %s in its handshake is cut off", async (_, bytes) => {
  const { port, host } = place();
  const sockets = Array.from({ length: 50 }, () => connectPlain(port, host).on("error", () => undefined));
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  const began = performance.now();
  const closed = Promise.all(sockets.map((socket) => once(socket.resume(), "close")));
  for (const socket of sockets) socket.write(bytes);
  await closed;
  expect(performance.now() - began).toBeLessThan(10_000);
  expect(await shown()).toBe(serialOf(first));
});

test("a client that does not end its request is told, and cut off", async () => {
  const authorization = `Authorization: ${proof().authorization}`;
  const unfinished = [
    "",
    "GET /healthz HTTP/1.1\r\nHost: x\r\n",
    `POST /internal/assessments HTTP/1.1\r\nHost: x\r\n${authorization}\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{`,
  ];
  const answers = await Promise.all(
    unfinished.map(async (bytes) => {
      const socket = await handshake();
      if (typeof socket === "string") return socket;
      socket.write(bytes);
      let text = "";
      for await (const chunk of socket) text += chunk;
      return text;
    }),
  );
  // Node.js allows 30 s, and looks every 30 s.
  for (const text of answers) expect(text).toMatch(/^HTTP\/1\.1 400 [\s\S]*malformed-http[\s\S]*came too slowly/);
}, 120_000);

test("what is no TLS at all is cut off at once", async () => {
  const { port, host } = place();
  const socket = connectPlain(port, host);
  socket.write(Buffer.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]));
  await once(socket.resume(), "close");
  expect(service.messages()).toContain("A client made no TLS connection");
});
