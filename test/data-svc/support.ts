import * as path from "node:path";
import { Client } from "pg";
import { OPERATIONS } from "../../lib/contract";
import { type DataSvc, readSettings, type Settings, startDataSvc } from "../../lib/data-svc";
import { type LocalIssuer, startIssuer } from "../../lib/local/issuer";
import { createMigrator } from "../../lib/migrator";
import { bootstrap } from "../../lib/roles";
import { type TestPostgres, usePostgres } from "../support/postgres";
import { ask, ownIdentity, withIdentity } from "./client";

export { ask, askForStream, authorityFile, connectTo, ownIdentity } from "./client";

const MIGRATIONS = path.resolve(__dirname, "../../migrations");

/** The two users of the seed. */
export const ADMIN = "3a1f5c0e-7d2b-4c8e-9f10-000000000002";
export const USER = "3a1f5c0e-7d2b-4c8e-9f10-000000000003";
export const NOBODY = "00000000-0000-4000-8000-000000000000";

/** Applies every migration to a database. */
export async function migrate(url: string): Promise<void> {
  await createMigrator({ connection: { connectionString: url }, directory: MIGRATIONS }).up();
}

/** Bootstraps the database's server and returns the URL of the role that the service has in a pod. */
export async function asDataSvc(postgres: TestPostgres, url: string, password: string): Promise<string> {
  await bootstrap({ connection: { connectionString: url }, passwords: { data_svc: password } });
  return postgres.server.url(new URL(url).pathname.slice(1), "data_svc", password);
}

/** Free loopback ports. */
const LOCAL = { HOST: "127.0.0.1", PORT: "0", METRICS_PORT: "0" };

/** The only caller of the tests, who may do anything. */
export const CALLER = { name: "tester", subject: "system:serviceaccount:tests:tester", may: OPERATIONS };

let issuer: LocalIssuer;
let token: string;
beforeAll(async () => {
  issuer = await startIssuer();
  token = await issuer.token(CALLER.subject);
});
afterAll(async () => {
  await closeServices();
  await issuer.close();
});

/** The part of the program's environment by which it knows the tests' caller. */
export const whoCalls = () => ({ ISSUER_URL: issuer.url, CALLERS: JSON.stringify([CALLER]) });

/** The header by which the tests' caller proves who it is. */
export const proof = () => ({ authorization: `Bearer ${token}` });

/** Settings as the program would read them, with short waits and free loopback ports. */
export function testSettings(
  url: string,
  environment: Record<string, string> = {},
  files: Record<string, string> | ((file: string) => string) = {},
) {
  return readSettings(
    {
      ...LOCAL,
      ...whoCalls(),
      ...ownIdentity(),
      STARTUP_PAUSE_MS: "100",
      ...(url && { DATABASE_URL: url }),
      ...environment,
    },
    withIdentity(typeof files === "function" ? files : readFrom(files)),
  );
}

/** A file system of strings. */
export function readFrom(files: Record<string, string>): (file: string) => string {
  return (file) => {
    const text = files[file];
    if (text === undefined) throw Object.assign(new Error(`no ${file}`), { code: "ENOENT" });
    return text;
  };
}

export interface RunningService extends DataSvc {
  /** Every line that was logged. */
  readonly lines: string[];
  /** The messages of those lines. */
  messages(): string[];
}

const running: DataSvc[] = [];

/** Closes what `start` started, also when a test failed. */
export async function closeServices(): Promise<void> {
  for (const service of running.splice(0)) await service.close();
}

/** A service whose log is kept. It may not be ready yet. */
export async function start(settings: Settings): Promise<RunningService> {
  const lines: string[] = [];
  const service = await startDataSvc(settings, { destination: { write: (line) => lines.push(line) } });
  running.push(service);
  const messages = () => lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  return { ...service, lines, messages };
}

/** A ready service. */
export async function startReady(url: string, environment?: Record<string, string>): Promise<RunningService> {
  const service = await start(testSettings(url, environment));
  await service.ready;
  return service;
}

/** A migrated database, and a service with no more privileges than in a pod, for all tests of a file. */
export function useService() {
  const postgres = usePostgres();
  let database: string;
  let service: RunningService;
  beforeAll(async () => {
    database = await postgres.createMigratedDatabase();
    service = await startReady(await asDataSvc(postgres, database, "secret"));
  });
  return {
    postgres,
    get database() {
      return database;
    },
    get service() {
      return service;
    },
  };
}

export interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly request_id: string;
  readonly errors?: { pointer: string; message: string }[];
}

/** Has a request name the person for whom it is made. */
export const behalf = (person: string | undefined): RequestInit =>
  person === undefined ? {} : { headers: { "X-On-Behalf-Of": person } };

/** One request of the tests' caller; an object as body is sent as JSON, a string as it is. */
export async function call<Body = ProblemBody>(
  { url }: Pick<DataSvc, "url">,
  target: string,
  body?: unknown,
  init: RequestInit = {},
): Promise<Answer<Body>> {
  const [method = "GET", route = ""] = target.split(" ");
  const content = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
  const headers = {
    ...proof(),
    ...(body !== undefined && { "content-type": "application/json" }),
    ...init.headers,
  };
  const response = await ask(url + route, { ...init, method, ...content, headers });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: (response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text) as Body,
  };
}

/** The metrics as Prometheus reads them. */
export const metricsOf = async ({ metricsUrl }: Pick<DataSvc, "metricsUrl">) =>
  (await fetch(`${metricsUrl}/metrics`)).text();

/** Repeats a question until it is answered with true. */
export async function eventually(question: () => Promise<boolean> | boolean, timeoutMs = 10_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await question())) {
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${question}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

export const FEATURES = {
  ...{ HighBP: 1, HighChol: 1, CholCheck: 1, BMI: 28.5, Smoker: 0, Stroke: 0, HeartDiseaseorAttack: 0 },
  ...{ PhysActivity: 1, Fruits: 1, Veggies: 1, HvyAlcoholConsump: 0, AnyHealthcare: 1, NoDocbcCost: 0, GenHlth: 3 },
  ...{ MentHlth: 17, PhysHlth: 23, DiffWalk: 0, Sex: 1, Age: 9, Education: 6, Income: 8 },
};

/** A body that is accepted, with some members replaced. */
export function assessment(changes: Record<string, unknown> = {}) {
  return {
    user_id: USER,
    features: FEATURES,
    raw_score: 0.4711,
    calibrated_score: 0.471765,
    confidence_level: "medium",
    model_version: "v1.0.0",
    ...changes,
  };
}

/** Holds a lock that keeps every insert of an assessment waiting, until the returned function is called. */
export async function blockInserts(url: string): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: url });
  // The server may be stopped by a failing test before the lock is released.
  client.on("error", () => undefined);
  await client.connect();
  await client.query("begin; lock table assessments in exclusive mode");
  return () => client.end();
}
