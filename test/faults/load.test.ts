import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { DATA_SVC, TLS_KEYS } from "../../lib/contract";
import { writeIdentity } from "../../lib/local/identity";
import { describeLoad, program } from "../e2e/load";
import type { LoadReport, LoadSettings, LoadTls } from "../e2e/load-program";

type Answer = (count: number, answer: http.ServerResponse, load: () => ChildProcess) => void;

const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/**
 * Runs the load against a server that answers as the test says.
 * @param until route of the control port that answers when it has been long enough
 */
async function load(answer: Answer, settings: Partial<LoadSettings>, until: string) {
  const bodies: { id?: string; name?: string }[] = [];
  const server = http.createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    bodies.push(text === "" ? {} : JSON.parse(text));
    answer(bodies.length, response, () => child);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(
    () => server.close(),
    () => server.closeAllConnections(),
  );
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const given = { url, perSecond: 100, timeoutMs: 2000, keepAlive: true, controlPort: 0, ...settings };
  const child: ChildProcess = spawn(process.execPath, ["-e", await program(), JSON.stringify(given)]);
  closing.push(() => child.kill());
  const control = `http://127.0.0.1:${await firstLine(child)}`;
  await fetch(`${control}${until}`);
  const report = (await (await fetch(`${control}/stop`)).json()) as LoadReport;
  return { report, bodies };
}

const firstLine = (child: ChildProcess) =>
  new Promise<string>((resolve) => child.stdout?.once("data", (data: Buffer) => resolve(data.toString().trim())));

test("acknowledges what was stored, each under an id of its own", async () => {
  const { report, bodies } = await load((_, answer) => answer.writeHead(201).end(), { body: { name: "a" } }, "/ok/11");
  expect(report.sent).toBeGreaterThan(10);
  expect(report.pauseSeconds).toBeLessThan(1);
  expect(report).toMatchObject({ ok: report.sent, open: 0, byStatus: { 201: report.sent }, failures: [] });
  expect(new Set(report.acknowledgedIds).size).toBe(report.sent);
  expect(bodies.map(({ id }) => id).sort()).toEqual([...report.acknowledgedIds].sort());
  expect(bodies[0]?.name).toBe("a");
});

test("names refusals, lost connections and answers that do not come, and acknowledges none of them", async () => {
  const { report } = await load(
    (count, answer) => {
      if (count === 1) answer.writeHead(503).end('{"type":"urn:diabrisk:problem:storage-full"}');
      else if (count === 2) answer.destroy();
      else if (count > 3) answer.writeHead(200).end("{}");
    },
    { body: {}, keepAlive: false },
    "/sent/5",
  );
  const failures = report.failures.map(({ status, problem }) => [status, problem]).sort();
  expect(failures).toEqual([
    ["503", "storage-full"],
    ["ECONNRESET", undefined],
    ["timeout", undefined],
  ]);
  expect(report.acknowledgedIds).toHaveLength(report.sent - 3);
  expect(report.latency.max).toBeGreaterThanOrEqual(2000);
});

test("sends again what a kept connection was closed under, once, and nothing else", async () => {
  const { report, bodies } = await load(
    (count, answer) => {
      if (count === 2) answer.destroy();
      else answer.writeHead(201).end();
    },
    { body: {}, perSecond: 10, mostOpen: 1 },
    "/ok/5",
  );
  expect(report).toMatchObject({ ok: report.sent, repeated: 1, failures: [] });
  expect(bodies[2]?.id).toBe(bodies[1]?.id);
  const fresh = await load(
    (count, answer) => void (count < 3 ? answer.destroy() : answer.writeHead(201).end()),
    { body: {}, perSecond: 10, mostOpen: 1, keepAlive: false },
    "/ok/3",
  );
  expect(fresh.report).toMatchObject({ repeated: 0, byStatus: { ECONNRESET: 2 } });
});

test("does not call lost what was answered while it was held up itself", async () => {
  const { report } = await load(
    (count, answer, child) => {
      if (count > 1) return void answer.end();
      child().kill("SIGSTOP");
      answer.end();
      setTimeout(() => child().kill("SIGCONT"), 1500);
    },
    { perSecond: 1, timeoutMs: 1000 },
    "/sent/2",
  );
  expect(report.byStatus).toEqual({ 200: report.sent });
  expect(report.heldUpMs).toBeGreaterThanOrEqual(1400);
});

test("keeps its pace while nobody answers", async () => {
  const { report } = await load(() => undefined, {}, "/sent/30");
  expect(report.sent).toBeGreaterThanOrEqual(30);
  expect(report.open).toBe(0);
  expect(report.byStatus).toEqual({ timeout: report.sent });
});

describe("over TLS", () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "load-"));
  let tls: LoadTls;
  let tlsFolder: string;
  beforeAll(async () => {
    tlsFolder = await writeIdentity(folder);
    tls = { authorityFile: path.join(tlsFolder, TLS_KEYS.authority), name: DATA_SVC.name, alsoPlain: false };
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** The address of a server with TLS, or without. */
  async function serve(secured: boolean): Promise<string> {
    const [cert, key] = [TLS_KEYS.certificate, TLS_KEYS.key].map((name) => readFileSync(path.join(tlsFolder, name)));
    const answer = (_: http.IncomingMessage, response: http.ServerResponse) => void response.end();
    const server = secured ? https.createServer({ cert, key }, answer) : http.createServer(answer);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closing.push(
      () => server.close(),
      () => server.closeAllConnections(),
    );
    return `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  test.each([
    ["verifies the server by its name, at any address", true, {}, /^200$/],
    ["asks nobody else", true, { name: "postgres" }, /^ERR_TLS_CERT_ALTNAME_INVALID$/],
    ["takes a server without TLS for a failure", false, {}, /^(?:EPROTO|ERR_SSL_.*)$/],
    ["asks such a server without, where a release without TLS is replaced", false, { alsoPlain: true }, /^200$/],
    ["and asks with TLS where there is any", true, { alsoPlain: true }, /^200$/],
  ])("%s", async (_, secured, changed, expected) => {
    const settings = { url: await serve(secured), tls: { ...tls, ...changed } };
    const { report } = await load(() => undefined, settings, "/sent/5");
    expect(Object.keys(report.byStatus)).toEqual([expect.stringMatching(expected)]);
    expect(report.sent).toBeGreaterThanOrEqual(5);
  });
});

test("leaves out what would be more at a time than it may", async () => {
  const { report } = await load(() => undefined, { mostOpen: 2, timeoutMs: 100 }, "/sent/8");
  expect(report.sent).toBeGreaterThanOrEqual(8);
  // Two at a time, each for a tenth of a second at least, however slow the machine is.
  expect(report.sent).toBeLessThanOrEqual(2 * (report.seconds / 0.1 + 2));
});

test("a person reads counts, times and the first failures", async () => {
  const { report } = await load(
    (count, answer) => void (count === 1 ? answer.writeHead(500) : answer).end(),
    {},
    "/sent/3",
  );
  expect(describeLoad("read", report)).toMatch(
    /^\d+ reads in [\d.]+ s, \d+ of them ok: \{"200":\d+,"500":1\}; half within \d+ ms.*\n {2}after [\d.]+ s: 500 in \d+ ms, request [0-9a-f-]{36}$/,
  );
});
