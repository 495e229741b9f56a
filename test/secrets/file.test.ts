import { execFile, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { databaseUrl, databaseUsers, secretName } from "../../lib/secrets/credentials";
import { CredentialsError, loadCredentials } from "../../lib/secrets/file";
import { personal } from "../support/stages";

let folder: string;
let file: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "credentials-"));
  file = path.join(folder, ".secrets", "dev.json");
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const NAMES = { server: ["postgres", "postgres.diabrisk.svc"], service: ["data-svc"] };
const USERS = databaseUsers(personal);
const load = (now?: Date, users = USERS) => loadCredentials(file, { names: NAMES, users }, now);
const mode = (name: string) => fs.statSync(name).mode & 0o777;

test("they are made once, for the owner alone to read, and reused", async () => {
  const made = await load();
  expect(mode(file)).toBe(0o600);
  expect(mode(path.dirname(file))).toBe(0o700);
  expect(fs.readdirSync(path.dirname(file))).toEqual(["dev.json"]);
  const before = fs.statSync(file).mtimeMs;
  expect(await load()).toEqual(made);
  expect(fs.statSync(file).mtimeMs).toBe(before);
});

test("every user has a password of its own that needs no quoting", async () => {
  const { passwords } = await load();
  expect(Object.keys(passwords).sort()).toEqual([...USERS].sort());
  for (const password of Object.values(passwords)) expect(password).toMatch(/^[0-9a-z]{48}$/);
  expect(new Set(Object.values(passwords)).size).toBe(USERS.length);
});

test("a client that joins gets a password, and one that left has none in the file any more", async () => {
  const without = USERS.filter((user) => user !== "auth_svc");
  const { passwords: before } = await load(undefined, without);
  expect(before).not.toHaveProperty("auth_svc");
  const { passwords: joined } = await load();
  expect(joined).toEqual({ ...before, auth_svc: expect.stringMatching(/^[0-9a-f]{48}$/) });
  expect((await load(undefined, without)).passwords).toEqual(before);
  expect(JSON.parse(fs.readFileSync(file, "utf8")).passwords).toEqual(before);
});

test("what an older release left out is added, and what is there is kept", async () => {
  const { passwords, oauth, tls } = await load();
  const { monitor: _, ...older } = passwords;
  fs.writeFileSync(file, JSON.stringify({ passwords: older }));
  const completed = await load();
  expect(completed.passwords).toEqual({ ...passwords, monitor: expect.stringMatching(/^[0-9a-z]{48}$/) });
  expect(completed.oauth).toEqual(oauth);
  expect(completed.tls).not.toEqual(tls);
  expect(await load()).toEqual(completed);
});

test("Google's client in the file is used", async () => {
  fs.mkdirSync(path.dirname(file));
  fs.writeFileSync(file, JSON.stringify({ oauth: { clientId: "id", clientSecret: "secret" } }));
  expect((await load()).oauth).toEqual({ clientId: "id", clientSecret: "secret" });
});

test.each([
  "",
  "{",
  "[]",
  "null",
  '"text"',
  '{"passwords": {"diabrisk": 1}}',
  '{"passwords": "hunter2"}',
  '{"tls": {"server": "hunter2"}}',
  '{"tls": null}',
])("a file that holds %s is refused without quoting it, and left alone", async (text) => {
  fs.mkdirSync(path.dirname(file));
  fs.writeFileSync(file, text);
  const error = await load().catch((reason: Error) => reason);
  expect(error).toBeInstanceOf(CredentialsError);
  expect(String(error)).toMatch(/dev\.json is not the JSON object.*Repair it, or delete it/s);
  expect(String(error)).not.toMatch(/hunter2/);
  expect(fs.readFileSync(file, "utf8")).toBe(text);
});

test.each(["", "ü", "a\nb", "a\n", "\u007f"])(
  "the password %j, which the database would not take over, is refused",
  async (bad) => {
    const made = await load();
    fs.writeFileSync(file, JSON.stringify({ ...made, passwords: { ...made.passwords, monitor: bad } }));
    await expect(load()).rejects.toThrow(/dev\.json holds for monitor a password that is empty or not printable ASCII/);
  },
);

test("a password may be any printable ASCII", async () => {
  const { passwords } = await load();
  fs.writeFileSync(file, JSON.stringify({ passwords: { ...passwords, monitor: " p@ss '~\\" } }));
  expect((await load()).passwords.monitor).toBe(" p@ss '~\\");
});

test("a file and folder that others may read are taken from them", async () => {
  await load();
  fs.chmodSync(file, 0o644);
  fs.chmodSync(path.dirname(file), 0o755);
  await load();
  expect([file, path.dirname(file)].map(mode)).toEqual([0o600, 0o700]);
});

test("drafts of killed processes go when it is written next; those of living ones stay", async () => {
  const [killed, our, living] = [spawnSync("true").pid, process.pid, process.ppid].map((pid) => `${file}.${pid}.draft`);
  fs.mkdirSync(path.dirname(file));
  for (const draft of [killed, our, living]) fs.writeFileSync(draft as string, "");
  await load();
  expect(fs.readdirSync(path.dirname(file)).sort()).toEqual(["dev.json", path.basename(living as string)]);
});

test("a file that cannot be read, or a folder that is none, is named with what to do", async () => {
  fs.mkdirSync(file, { recursive: true });
  await expect(load()).rejects.toThrow(/dev\.json cannot be read \(EISDIR\).*STAGE=staging,prod/s);
  fs.rmSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(path.dirname(file), "");
  await expect(load()).rejects.toThrow(/dev\.json cannot be (read|created) \(ENOTDIR|EEXIST\)/);
});

test("a lock that a dead process left is taken over", async () => {
  fs.mkdirSync(path.dirname(file));
  fs.writeFileSync(`${file}.lock`, "");
  fs.utimesSync(`${file}.lock`, new Date(0), new Date(0));
  expect((await load()).passwords.diabrisk).toHaveLength(48);
  expect(fs.existsSync(`${file}.lock`)).toBe(false);
});

test("processes that make it at the same time agree", async () => {
  const program = path.join(folder, "load.js");
  await build({
    stdin: {
      contents: `const { loadCredentials } = require("./lib/secrets/file");
        const names = { server: ["postgres"], service: ["data-svc"] };
        loadCredentials(process.argv[2], { names, users: ["diabrisk"] }).then((made) => process.stdout.write(JSON.stringify(made)));`,
      resolveDir: path.join(__dirname, "../.."),
    },
    bundle: true,
    platform: "node",
    outfile: program,
  });
  const run = promisify(execFile);
  const outputs = await Promise.all(Array.from({ length: 8 }, () => run(process.execPath, [program, file])));
  expect(new Set(outputs.map(({ stdout }) => stdout)).size).toBe(1);
  expect(JSON.parse(outputs[0]?.stdout ?? "")).toEqual(JSON.parse(fs.readFileSync(file, "utf8")));
});

test("a role's Secret is named after it, and its URL survives any password", () => {
  expect(USERS.map(secretName)).toContain("postgres-data-svc");
  expect(secretName("auth_svc")).toBe("postgres-auth-svc");
  expect(secretName("diabrisk")).toBe("postgres-secret");
  expect(new URL(databaseUrl("data_svc", "p@ss/w:rd?#")).password).toBe(encodeURIComponent("p@ss/w:rd?#"));
});
