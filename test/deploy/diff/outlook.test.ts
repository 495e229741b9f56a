import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { DATABASE } from "../../../lib/contract";
import { outlookOf } from "../../../lib/deploy/diff/outlook";
import { Kubectl, type KubeObject } from "../../../lib/deploy/kubectl";
import { createMigrator } from "../../../lib/migrator";
import { completeCredentials } from "../../../lib/secrets/credentials";
import { issueTls } from "../../../lib/secrets/issue";
import { FAKE_CREDENTIALS } from "../../support/manifests";
import { usePostgres } from "../../support/postgres";
import { shellProgram } from "../../support/shell-program";
import { secured } from "../../support/tls";

const postgres = usePostgres();
const ROOT = path.resolve(__dirname, "../../..");
let folder: string;
let present: Record<string, KubeObject>;

/** A cluster with these objects, whose pod is the test's server. */
class OnePod extends Kubectl {
  constructor() {
    super({ PATH: `${folder}:/usr/bin:/bin` }, "diabrisk");
  }

  override async get(reference: string): Promise<KubeObject | undefined> {
    return present[reference];
  }

  override async list(): Promise<readonly KubeObject[]> {
    return Object.values(present).filter(({ metadata }) => metadata.labels?.["cnpg.io/instanceRole"] === "primary");
  }
}

const encoded = (data: Record<string, string>) =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")]));
const secret = (name: string, data: Record<string, string>): KubeObject =>
  ({ kind: "Secret", metadata: { name }, data: encoded(data) }) as KubeObject;
const pod = (status: string) => ({
  kind: "Pod",
  metadata: { name: "postgres-0" },
  status: { conditions: [{ type: "Ready", status }] },
});

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "outlook-"));
  const tls = await issueTls([DATABASE.host], new Date());
  const whole = { ...tls, service: tls.server };
  const { passwords } = completeCredentials({}, ["migrator"], whole, FAKE_CREDENTIALS.backup);
  await postgres.createDatabase(DATABASE.name);
  const url = postgres.server.url(DATABASE.name);
  await postgres.query(url, `create role migrator login superuser password '${passwords.migrator}'`);
  await createMigrator({ connection: { connectionString: url }, directory: path.join(ROOT, "migrations") }).up();
  await secured(postgres, tls.server);
  await shellProgram(
    folder,
    "kubectl",
    `echo "Forwarding from 127.0.0.1:${postgres.server.port} -> 5432"; exec sleep 60`,
  );
  present = {
    "pod/postgres-0": pod("True"),
    "statefulset/postgres": { kind: "StatefulSet", metadata: { name: "postgres" } },
    "secret/postgres-migrator": secret("postgres-migrator", { password: passwords.migrator ?? "" }),
    "secret/postgres-tls": secret("postgres-tls", { "ca.crt": tls.authority.certificate }),
  };
});
afterAll(() => rm(folder, { recursive: true }));

/** A folder of this release's migrations and one more. */
async function oneMore(sql: string): Promise<string> {
  const directory = await mkdtemp(path.join(folder, "migrations-"));
  await cp(path.join(ROOT, "migrations"), directory, { recursive: true });
  await writeFile(path.join(directory, "000008_more.up.sql"), `${sql}\n`);
  await writeFile(path.join(directory, "000008_more.down.sql"), "select 1;\n");
  return directory;
}

test("nothing is pending where the database has all", async () =>
  expect(await outlookOf(path.join(ROOT, "migrations"), new OnePod())).toMatchObject({
    state: "planned",
    version: 7,
    pending: [],
  }));

test("says what a pending migration locks and rewrites, and what would hold others up", async () => {
  const directory = await oneMore(
    "alter table users alter column created_at type date; alter table users rename column updated_at to changed_at;",
  );
  expect(await outlookOf(directory, new OnePod())).toMatchObject({
    state: "planned",
    version: 7,
    pending: [
      {
        version: 8,
        file: "000008_more.up.sql",
        locks: ["public.users: ACCESS EXCLUSIVE, blocks reads and writes"],
        rewrites: ["public.users"],
        warnings: [expect.stringMatching(/updated_at/)],
      },
    ],
    lines: expect.arrayContaining([expect.stringContaining("ALTER TABLE")]),
  });
});

test("what the Job would refuse is told with the migrator's reason", async () => {
  const directory = await oneMore("select 1;");
  await rm(path.join(directory, "000003_create_assessments.up.sql"), { force: true });
  await rm(path.join(directory, "000003_create_assessments.down.sql"), { force: true });
  const { state, reason } = (await outlookOf(directory, new OnePod())) as { state: string; reason: string };
  expect([state, reason]).toEqual(["refused", expect.stringMatching(/3/)]);
});

test.each<[string, () => void, RegExp]>([
  ["the pod is not ready", () => Object.assign(present, { "pod/postgres-0": pod("False") }), /not ready/],
  [
    "the password is another",
    () =>
      Object.assign(present, {
        "pod/postgres-0": pod("True"),
        "secret/postgres-migrator": secret("x", { password: "other" }),
      }),
    /password authentication failed/,
  ],
])("is not known where %s, and says why without the password", async (_, change, why) => {
  change();
  const found = (await outlookOf(path.join(ROOT, "migrations"), new OnePod())) as { state: string; reason: string };
  expect(found).toEqual({ state: "unknown", reason: expect.stringMatching(why) });
  expect(found.reason).not.toContain("other");
});

test("without a database every migration runs on empty tables", async () => {
  present = {};
  expect(await outlookOf(path.join(ROOT, "migrations"), new OnePod())).toEqual({ state: "empty" });
});
