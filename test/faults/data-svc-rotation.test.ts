import { X509Certificate } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { issueServer, issueTls } from "../../lib/secrets/issue";
import {
  assessment,
  call,
  closeServices,
  eventually,
  metricsOf,
  type RunningService,
  start,
  testSettings,
} from "../data-svc/support";
import { usePostgres } from "../support/postgres";
import { secured } from "../support/tls";

const postgres = usePostgres();
let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "rotation-"));
});
afterEach(async () => {
  await closeServices();
  fs.rmSync(folder, { recursive: true });
});

let roles = 0;
const mount = (name: string, text: string) => {
  const file = path.join(folder, name);
  fs.writeFileSync(file, text);
  return file;
};

/** A service of a role whose URL is in a file, as a mounted Secret has it. */
async function running(query = "") {
  const url = await postgres.createMigratedDatabase();
  const role = `rotating_${++roles}`;
  await postgres.query(
    url,
    `create role ${role} login password 'first'; grant all on all tables in schema public to ${role}`,
  );
  const urlOf = (password: string) => `${url.replace(/\/\/[^@]+@[^:]+/, `//${role}:${password}@localhost`)}${query}`;
  const file = mount("url", urlOf("first"));
  const service = await start(
    testSettings("", { DATABASE_URL_FILE: file, POOL_WAIT_MS: "3000" }, (name) => fs.readFileSync(name, "utf8")),
  );
  await service.ready;
  return {
    service,
    mounted: (password: string) => void mount("url", urlOf(password)),
    server: (password: string) => postgres.query(url, `alter role ${role} password '${password}'`),
    /** So that whoever asks next needs a new connection. */
    disconnect: () =>
      postgres.query(url, `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${role}'`),
    /** When the server last refused it; each line has a time. */
    refusal: () => postgres.server.log.findLast((line) => line.includes(`authentication failed for user "${role}"`)),
  };
}

const post = (service: RunningService) => call(service, "POST /internal/assessments", assessment());

test("a new connection has the password from before while the server has it, and then the new one", async () => {
  const { service, mounted, server, disconnect } = await running();
  mounted("second");
  await disconnect();
  expect((await post(service)).status).toBe(201);
  await disconnect();
  expect((await post(service)).status).toBe(201);
  await server("second");
  await disconnect();
  expect((await post(service)).status).toBe(201);
});

test("under load no request notices rotations, whichever side is first, with every connection lost in between", async () => {
  const { service, mounted, server, disconnect, refusal } = await running();
  const load = underLoad(service, 8);
  for (const [index, password] of ["second", "third", "fourth", "fifth"].entries()) {
    const steps = [() => server(password), async () => mounted(password)];
    const [one, other] = index % 2 === 0 ? steps : steps.toReversed();
    const before = refusal();
    await one?.();
    await disconnect();
    const half = load.answered();
    await eventually(() => refusal() !== before || load.answered() > half + 10);
    await other?.();
    await disconnect();
    const whole = load.answered();
    await eventually(() => load.answered() > whole + 25);
  }
  const answers = await load.end();
  expect(answers.filter((status) => status !== 200)).toEqual([]);
  expect(answers.length).toBeGreaterThan(100);
});

test("a renewed certificate, and another authority on either side first, go unnoticed", async () => {
  const now = new Date();
  const first = await issueTls(["localhost"], now);
  await secured(postgres, first.server);
  const authority = mount("ca.crt", first.authority.certificate);
  const { service, disconnect } = await running(`?sslmode=verify-full&sslrootcert=${authority}`);
  expect((await post(service)).status).toBe(201);
  expect(await certificateExpiry(service)).toBe(
    Date.parse(new X509Certificate(first.server.certificate).validTo) / 1000,
  );

  const shorter = await issueServer(first.authority, ["localhost"], new Date(now.getTime() - 100 * 86_400_000));
  await secured(postgres, shorter);
  await disconnect();
  expect((await post(service)).status).toBe(201);
  const sooner = Date.parse(new X509Certificate(shorter.certificate).validTo) / 1000;
  await eventually(async () => (await certificateExpiry(service)) === sooner);

  const second = await issueTls(["localhost"], now);
  mount("ca.crt", second.authority.certificate);
  await disconnect();
  expect((await post(service)).status).toBe(201);
  await secured(postgres, second.server);
  await disconnect();
  expect((await post(service)).status).toBe(201);

  // Between two moments of a mount there may be no file at all.
  fs.rmSync(authority);
  await disconnect();
  expect((await post(service)).status).toBe(201);
});

test("an authority that cannot be read is named before anything starts", () => {
  const url = "postgres://a:b@localhost/c?sslmode=verify-full&sslrootcert=/none/ca.crt";
  expect(() => testSettings(url)).toThrow(/sslrootcert=\/none\/ca\.crt, which cannot be read \(ENOENT\)\. Mount/);
});

/** When the certificate ends that the server showed last, as the metrics tell. */
async function certificateExpiry(service: RunningService): Promise<number> {
  const body = await metricsOf(service);
  return Number(/^data_svc_database_certificate_expiry_timestamp_seconds\{.*\} (\S+)$/m.exec(body)?.[1]);
}

/** Callers that ask one request after the other until they are told to end; resolves with every status. */
function underLoad(service: RunningService, callers: number) {
  let going = true;
  const statuses: number[] = [];
  const caller = async () => {
    while (going) statuses.push((await call(service, "GET /internal/model-versions/active")).status);
  };
  const all = Promise.all(Array.from({ length: callers }, caller));
  return {
    answered: () => statuses.length,
    async end() {
      going = false;
      await all;
      return statuses;
    },
  };
}
