import { X509Certificate } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { changeCredentials } from "../../lib/secrets/change";
import { loadCredentials } from "../../lib/secrets/file";

const WANTED = { names: { server: ["postgres"], service: ["data-svc"] }, users: ["diabrisk", "backup"] };
let folder: string;
let file: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "change-"));
  file = path.join(folder, "dev.json");
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

test("changes one password, stores it, and leaves everything else", async () => {
  const before = await loadCredentials(file, WANTED);
  const after = await changeCredentials(file, WANTED, "superuser");
  expect(after.passwords.diabrisk).toMatch(/^[0-9a-f]{48}$/);
  expect(after.passwords.diabrisk).not.toBe(before.passwords.diabrisk);
  const passwords = { ...after.passwords, diabrisk: before.passwords.diabrisk };
  expect({ ...after, passwords }).toEqual(before);
  expect(await loadCredentials(file, WANTED)).toEqual(after);
  expect(fs.statSync(file).mode & 0o777).toBe(0o600);
});

test("makes another certificate of the same authority", async () => {
  const before = await loadCredentials(file, WANTED);
  const { tls, ...others } = await changeCredentials(file, WANTED, "tls");
  const { tls: _, ...unchanged } = before;
  expect(others).toEqual(unchanged);
  expect(tls.authority).toEqual(before.tls.authority);
  const [old, renewed] = [before.tls.server, tls.server].map(({ certificate }) => new X509Certificate(certificate));
  expect(renewed?.serialNumber).not.toBe(old?.serialNumber);
  expect(renewed?.verify(new X509Certificate(tls.authority.certificate).publicKey)).toBe(true);
});

test("makes another certificate of data-svc alone", async () => {
  const before = await loadCredentials(file, WANTED);
  const { tls } = await changeCredentials(file, WANTED, "data-svc-tls");
  expect({ ...tls, service: undefined }).toEqual({ ...before.tls, service: undefined });
  expect(new X509Certificate(tls.service.certificate).checkHost("data-svc")).toBe("data-svc");
  expect(tls.service.certificate).not.toBe(before.tls.service.certificate);
});

test("a file that is no JSON is left as it is, and named", async () => {
  fs.writeFileSync(file, "{passwords");
  await expect(changeCredentials(file, WANTED, "backup")).rejects.toThrow(file);
  expect(fs.readFileSync(file, "utf8")).toBe("{passwords");
});
