import { X509Certificate } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { loadCredentials } from "../../lib/secrets/file";
import { dev } from "../../lib/stages/dev";
import { tlsNames } from "../../lib/stages/tls-names";

let folder: string;
let file: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "certificates-"));
  file = path.join(folder, "dev.json");
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const NAMES = tlsNames(dev, "diabrisk");
const USERS = ["diabrisk", "auth_svc"];
const NOW = new Date("2030-01-01T00:00:00Z");
const later = (days: number) => new Date(NOW.getTime() + days * 86_400_000);
const load = async (now = NOW, names = NAMES) => (await loadCredentials(file, { names, users: USERS }, now)).tls;

test("the server's certificate is its authority's, for every name of its Services, for a server, with its own key", async () => {
  const { authority, server } = await load();
  const [issuer, issued] = [new X509Certificate(authority.certificate), new X509Certificate(server.certificate)];
  expect(issued.checkIssued(issuer) && issued.verify(issuer.publicKey)).toBe(true);
  expect([issuer.ca, issued.ca]).toEqual([true, false]);
  for (const name of ["postgres", "postgres.diabrisk.svc", "postgres-0.postgres-headless.diabrisk.svc.cluster.local"])
    expect(issued.checkHost(name)).toBe(name);
  expect(issued.checkHost("postgres.elsewhere.svc")).toBeUndefined();
  expect(issued.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  expect(server.key).not.toBe(authority.key);
  expect([server.key, authority.key].every((key) => key.startsWith("-----BEGIN PRIVATE KEY-----\n"))).toBe(true);
});

test("data-svc has one of the same authority, with its own key and names", async () => {
  const { authority, server, service } = await load();
  const [issuer, issued] = [new X509Certificate(authority.certificate), new X509Certificate(service.certificate)];
  expect(issued.checkIssued(issuer) && issued.verify(issuer.publicKey)).toBe(true);
  for (const name of ["data-svc", "data-svc.diabrisk", "data-svc.diabrisk.svc"])
    expect(issued.checkHost(name)).toBe(name);
  expect(issued.checkHost("postgres")).toBeUndefined();
  expect(service.key).not.toBe(server.key);
});

test("a file of the release before, which had none for data-svc, keeps what it has", async () => {
  const { service: _, ...before } = await load();
  const { passwords, oauth } = await loadCredentials(file, { names: NAMES, users: USERS }, NOW);
  fs.writeFileSync(file, JSON.stringify({ passwords, oauth, tls: before }));
  const { service, ...kept } = await load();
  expect(kept).toEqual(before);
  expect(new X509Certificate(service.certificate).checkIssued(new X509Certificate(kept.authority.certificate))).toBe(
    true,
  );
});

test("it stays while it is good for another month, and is then made anew by the same authority", async () => {
  const first = await load();
  expect(await load(later(334))).toEqual(first);
  const second = await load(later(336));
  expect(second.authority).toEqual(first.authority);
  expect(second.server).not.toEqual(first.server);
  expect(await load(later(337))).toEqual(second);
});

test("it is made anew when a name is missing", async () => {
  const first = await load(NOW, { ...NAMES, server: ["postgres"] });
  const second = await load(NOW, { ...NAMES, server: ["postgres", "other"] });
  expect(second.authority).toEqual(first.authority);
  expect(new X509Certificate(second.server.certificate).checkHost("other")).toBe("other");
  expect(second.service).toEqual(first.service);
});

test("an authority that a certificate would outlast is made anew, with the certificate", async () => {
  const first = await load();
  const second = await load(later(10 * 365 - 390));
  expect(second.authority).not.toEqual(first.authority);
  const [issuer, issued] = [second.authority, second.server].map(({ certificate }) => new X509Certificate(certificate));
  expect(issuer && issued?.checkIssued(issuer)).toBe(true);
});

test.each(["server", "authority"] as const)(
  "a key that is not that of the %s's certificate is named",
  async (which) => {
    const { passwords, oauth } = await loadCredentials(file, { names: NAMES, users: USERS }, NOW);
    const [first, second] = [await load(), await load(later(336))];
    const { key } = which === "server" ? first.server : second.server;
    const tls = { ...second, [which]: { ...second[which], key } };
    fs.writeFileSync(file, JSON.stringify({ passwords, oauth, tls }));
    await expect(load(later(337))).rejects.toThrow(/no certificate with its key \(a key is another.*Remove "tls"/s);
  },
);

test("what is no certificate is named, with what to do", async () => {
  const tls = { authority: { certificate: "hunter2", key: "" }, server: { certificate: "", key: "" } };
  const { passwords, oauth } = await loadCredentials(file, { names: NAMES, users: USERS }, NOW);
  fs.writeFileSync(file, JSON.stringify({ passwords, oauth, tls }));
  const error = await load().catch((reason: Error) => reason.message);
  expect(error).toMatch(/dev\.json holds under "tls" what is no certificate .*Remove "tls"/s);
  expect(error).not.toMatch(/hunter2/);
});
