import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { createServer } from "node:tls";
import { DATA_SVC, DATABASE } from "../../lib/contract";
import { Kubectl, type Outcome } from "../../lib/deploy/kubectl";
import { forward } from "../../lib/deploy/port-forward";
import { rotate } from "../../lib/deploy/rotate";
import { type Credentials, completeCredentials, passwordOf } from "../../lib/secrets/credentials";
import { issueServer, issueTls } from "../../lib/secrets/issue";
import { FAKE_CREDENTIALS } from "../support/manifests";
import { usePostgres } from "../support/postgres";
import { shellProgram } from "../support/shell-program";
import { secured } from "../support/tls";

const postgres = usePostgres();
const now = new Date();
const secret = { kind: "Secret", metadata: { name: "postgres-readonly" } };
let folder: string;
let before: Credentials;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "rotate-"));
  const tls = await issueTls([DATABASE.host], now);
  const service = await issueServer(tls.authority, [DATA_SVC.name], now);
  before = completeCredentials({}, ["diabrisk", "readonly"], { ...tls, service }, FAKE_CREDENTIALS.backup);
  await postgres.createDatabase(DATABASE.name);
  await postgres.query(postgres.server.url(), `create role readonly login password '${before.passwords.readonly}'`);
  await secured(postgres, before.tls.server);
});
afterAll(() => rm(folder, { recursive: true }));

/** A cluster whose pod is the test's server, reached by a `kubectl` that runs this script; `react` is what its pod makes of a new Secret. */
class OnePod extends Kubectl {
  readonly commands: string[] = [];

  constructor(private readonly react: () => Promise<unknown>) {
    super({ PATH: `${folder}:/usr/bin:/bin` }, "diabrisk");
  }

  override async try([command = "", ...rest]: readonly string[]): Promise<Outcome> {
    this.commands.push([command, ...rest].join(" "));
    if (command === "apply") await this.react();
    return { code: 0, stdout: "", stderr: "" };
  }
}

async function cluster(script: string, react: () => Promise<unknown> = async () => undefined) {
  await shellProgram(folder, "kubectl", script);
  return new OnePod(react);
}

const forwards = () =>
  `echo "$@" > ${folder}/asked; echo "Forwarding from 127.0.0.1:${postgres.server.port} -> 5432"; exec sleep 60`;

function changed(what: Credentials["passwords"]): Credentials {
  return { ...before, passwords: { ...before.passwords, ...what } };
}

const setPassword = (password: string) =>
  postgres.query(postgres.server.url(), `alter role readonly password '${password}'`);

test("ends when the server accepts the new password over TLS, and the old one no more", async () => {
  const kubectl = await cluster(forwards(), () => setPassword("second"));
  const lines: string[] = [];
  const after = changed({ readonly: "second" });
  await rotate({
    kubectl,
    what: "readonly",
    apps: ["auth-svc"],
    secret,
    before,
    after,
    say: (line) => lines.push(line),
  });
  expect(kubectl.commands.map((command) => command.split(" ")[0])).toEqual(["apply", "annotate"]);
  // The client reads its own Secret, too.
  expect(kubectl.commands[1]).toContain("app in (postgres,postgres-reloader,data-svc,auth-svc)");
  expect(lines).toEqual([
    "secret/postgres-readonly is applied",
    expect.stringMatching(/^the new password of readonly is accepted and the old one refused after \d s$/),
  ]);
  await setPassword(passwordOf(before, "readonly"));
});

test("says what the server does with both while it has not seen the Secret", async () => {
  const stop = new AbortController();
  const lines: string[] = [];
  const say = (line: string) => {
    lines.push(line);
    if (line.startsWith("waiting")) stop.abort(new Error("seen enough"));
  };
  const kubectl = await cluster(forwards());
  const after = changed({ readonly: "third" });
  await expect(
    rotate({ kubectl, what: "readonly", apps: ["auth-svc"], secret, before, after, say, signal: stop.signal }),
  ).rejects.toThrow("seen enough");
  expect(lines.at(-1)).toMatch(
    /^waiting for service\/postgres: new password refused \(password authentication failed for user "readonly"\), old password accepted, /,
  );
});

test("ends when the server serves the new certificate", async () => {
  const server = await issueServer(before.tls.authority, [DATABASE.host], now);
  const after = { ...changed({ [DATABASE.superuser]: postgres.server.password }), tls: { ...before.tls, server } };
  const kubectl = await cluster(forwards(), () => secured(postgres, server));
  const lines: string[] = [];
  await rotate({ kubectl, what: "tls", apps: [], secret, before, after, say: (line) => lines.push(line) });
  expect(lines.at(-1)).toContain(`certificate ${new X509Certificate(server.certificate).serialNumber} after`);
});

test("ends when every pod of data-svc serves the new certificate, and says which does not", async () => {
  const { certificate: cert, key } = before.tls.service;
  const server = createServer({ cert, key }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const kubectl = await cluster(`echo "Forwarding from 127.0.0.1:${port} -> 8080"; exec sleep 60`);
  const pods = [{ kind: "Pod", metadata: { name: "data-svc-1" } }];
  jest.spyOn(kubectl, "list").mockResolvedValue(pods);
  const service = await issueServer(before.tls.authority, [DATA_SVC.name], now);
  const after = { ...before, tls: { ...before.tls, service } };
  const lines: string[] = [];
  const say = (line: string) => {
    lines.push(line);
    if (line.startsWith("waiting")) server.setSecureContext({ cert: service.certificate, key: service.key });
  };
  await rotate({ kubectl, what: "data-svc-tls", apps: [], secret, before, after, say });
  server.close();
  const serial = new X509Certificate(service.certificate).serialNumber;
  expect(lines.find((line) => line.startsWith("waiting"))).toMatch(`not ${serial} yet`);
  expect(lines.at(-1)).toMatch(`data-svc serves certificate ${serial} after`);
});

test("a way to a pod is on loopback alone, in its namespace; where there is none, kubectl's reason is told", async () => {
  const { port, close } = await forward(await cluster(forwards()), "postgres-0", 5432);
  expect(port).toBe(postgres.server.port);
  close();
  const asked = await readFile(path.join(folder, "asked"), "utf8");
  expect(asked).toBe("--namespace diabrisk port-forward pod/postgres-0 :5432 --address=127.0.0.1\n");
  await expect(forward(await cluster("echo no such pod >&2; exit 1"), "postgres-0", 5432)).rejects.toThrow(
    "No way to postgres-0: no such pod",
  );
});
