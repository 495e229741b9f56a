import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createWriteStream, readFileSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { DATA_SVC, DATABASE, LOGIN_ROLES, type LoginRole, SCHEMA_VERSION, TLS_KEYS } from "../contract";
import { type DataSvc, readSettings, startDataSvc } from "../data-svc";
import { createMigrator } from "../migrator";
import { bootstrap, privilegesSql } from "../roles";
import { callersOf } from "../stages/callers";
import { dev } from "../stages/dev";
import { askService } from "./ask-service";
import { type MadeBackup, proveBackup } from "./backup";
import { EmbeddedPostgres } from "./embedded-postgres";
import { StepError } from "./failure";
import { writeIdentity } from "./identity";
import { type LocalIssuer, startIssuer } from "./issuer";
import type { Progress } from "./progress";
import { type Verification, verify } from "./verify";

export interface LocalStackOptions {
  /** The project's folder: holds `main.ts` and `migrations/`, receives `dist/`. */
  readonly root: string;
  readonly progress: Progress;
  /** Aborting it ends running work and stops everything that was started. */
  readonly signal: AbortSignal;
  /** Folder of PostgreSQL's client programs. @default none, so no backup is made */
  readonly tools?: string | undefined;
  /** Loopback port of PostgreSQL. @default a free one */
  readonly databasePort?: number;
  /** Loopback port of data-svc. @default a free one */
  readonly servicePort?: number;
}

export interface LocalStack {
  /** URL as the superuser, a person's way in on a cluster too. */
  readonly databaseUrl: string;
  /** As the role that migrates: `DATABASE_URL` of `npm run -s migrate`. */
  readonly migratorUrl: string;
  /** As the role of data-svc, for another one beside it. */
  readonly dataSvcUrl: string;
  /** As each service that runs its own SQL, by its `app`. */
  readonly clientUrls: Readonly<Record<string, string>>;
  readonly serviceUrl: string;
  /** File with the authority of data-svc's certificate, for `--cacert` and NODE_EXTRA_CA_CERTS. */
  readonly authorityFile: string;
  /** Folder with that certificate and its key: `TLS_FOLDER`. */
  readonly tlsFolder: string;
  /** Base of the issuer of its callers' tokens: `ISSUER_URL`. */
  readonly issuerUrl: string;
  /** `CALLERS`: dev's, in dev's namespace. */
  readonly callers: string;
  /** Files with a token for each caller, valid for a day, by the caller's name. */
  readonly tokenFiles: Readonly<Record<string, string>>;
  /** Of data-svc's metrics. */
  readonly metricsUrl: string;
  /** data-svc's log, one JSON object a line. */
  readonly serviceLog: string;
  /** Folder that holds the data. */
  readonly directory: string;
  /** When data-svc was ready. */
  readonly startedAt: Date;
  /** The backup that was made and restored. Absent without client programs. */
  readonly backup?: MadeBackup;
  readonly verification: Verification;
  /** Stops everything and removes the data. Resolves when nothing is left. */
  close(): Promise<void>;
}

/**
 * Starts the whole data tier on this machine: synthesizes every stage, starts an embedded PostgreSQL, bootstraps and
 * migrates it with the image's migrator, starts data-svc and verifies. Stops everything again if a step fails.
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const started: (() => Promise<void>)[] = [];
  const close = async () => {
    for (let stop = started.pop(); stop; stop = started.pop()) await stop();
  };
  const step: Progress["step"] = async (name, work) => {
    options.signal.throwIfAborted();
    try {
      return await options.progress.step(name, work);
    } catch (error) {
      options.signal.throwIfAborted();
      throw new StepError(name, error);
    }
  };
  try {
    await step("Synthesize every stage into dist/", (note) => synthesize(options.root, note));
    const postgres = await step("Start PostgreSQL", (note) => startPostgres(options.databasePort, note));
    started.push(() => postgres.remove());
    const databaseUrl = postgres.url(DATABASE.name);
    const passwords = randomPasswords();
    const migratorUrl = postgres.url(DATABASE.name, "migrator", passwords.migrator);
    const dataSvcUrl = postgres.url(DATABASE.name, "data_svc", passwords.data_svc);
    const clientUrls = Object.fromEntries(
      dev.clients.map(({ app, role }) => [app, postgres.url(DATABASE.name, role, passwords[role])]),
    );
    await step("Bootstrap roles (migrate bootstrap)", (note) => bootstrapRoles(databaseUrl, passwords, note));
    await step("Migrate the schema (migrate up)", (note) => migrate(migratorUrl, options, note));
    const issuer = await startIssuer();
    started.push(() => issuer.close());
    const tokenFiles = await writeTokens(issuer, postgres.directory);
    const tlsFolder = await writeIdentity(postgres.directory);
    const authorityFile = path.join(tlsFolder, TLS_KEYS.authority);
    const serviceLog = path.join(postgres.directory, "data-svc.log");
    const service = await step("Start data-svc and wait until it is ready", (note) =>
      startService(
        { DATABASE_URL: dataSvcUrl, ISSUER_URL: issuer.url, CALLERS, TLS_FOLDER: tlsFolder },
        serviceLog,
        options,
        note,
      ),
    );
    started.push(() => service.close());
    const startedAt = new Date();
    const verification = await step("Verify tables, users, model and health", () =>
      verify({ databaseUrl, serviceUrl: service.url, authorityFile, serviceLog }),
    );
    const backup =
      options.tools && (await proveBackup({ postgres, password: passwords.backup, tools: options.tools, step }));
    options.signal.throwIfAborted();
    return {
      databaseUrl,
      migratorUrl,
      dataSvcUrl,
      clientUrls,
      serviceUrl: service.url,
      authorityFile,
      tlsFolder,
      metricsUrl: `${service.metricsUrl}${DATA_SVC.metricsPath}`,
      issuerUrl: issuer.url,
      callers: CALLERS,
      tokenFiles,
      serviceLog,
      directory: postgres.directory,
      startedAt,
      ...(backup && { backup: backup.made }),
      verification: backup ? both(verification, backup.verification) : verification,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const both = (one: Verification, other: Verification): Verification => ({
  findings: [...one.findings, ...other.findings],
  problems: [...one.problems, ...other.problems],
});

/** Runs the synthesizing program like `cdk8s synth`; every stage goes to `dist/`. */
async function synthesize(root: string, note: (text: string) => void): Promise<void> {
  const main = path.join(root, "main.ts");
  await promisify(execFile)(process.execPath, [...process.execArgv, main], { cwd: root });
  const stages = await fs.readdir(path.join(root, "dist"));
  note(stages.sort().join(", "));
}

async function startPostgres(port: number | undefined, note: (text: string) => void): Promise<EmbeddedPostgres> {
  const postgres = await EmbeddedPostgres.start(port === undefined ? {} : { port });
  const client = new Client({ connectionString: postgres.url() });
  try {
    await client.connect();
    await client.query(`create database ${client.escapeIdentifier(DATABASE.name)}`);
    const { rows } = await client.query<{ server_version: string }>("show server_version");
    note(`${rows[0]?.server_version} on ${postgres.host}:${postgres.port}`);
    return postgres;
  } catch (error) {
    await postgres.remove();
    throw error;
  } finally {
    await client.end();
  }
}

/** Used once, since the database is temporary. */
function randomPasswords(): Passwords {
  const roles = [...LOGIN_ROLES, ...dev.clients.map(({ role }) => role)];
  return Object.fromEntries(roles.map((role) => [role, randomBytes(18).toString("base64url")])) as Passwords;
}

type Passwords = Record<LoginRole | (typeof dev.clients)[number]["role"], string>;

async function bootstrapRoles(url: string, passwords: Passwords, note: (text: string) => void): Promise<void> {
  const { changed } = await bootstrap({
    connection: { connectionString: url },
    passwords,
    clients: dev.clients,
    keeps: dev.retention,
  });
  note(`${changed.length} changes`);
}

async function migrate(url: string, { root, signal }: LocalStackOptions, note: (text: string) => void): Promise<void> {
  const migrator = createMigrator({
    connection: { connectionString: url },
    directory: path.join(root, "migrations"),
    privileges: privilegesSql(dev.clients),
    signal,
  });
  await migrator.up();
  note(`schema version ${SCHEMA_VERSION}`);
}

const LOCAL_CALLERS = callersOf(dev.network, dev.namespace);
const CALLERS = JSON.stringify(LOCAL_CALLERS);

/** Writes a token of each caller for this user alone, since it is as good as a password. */
async function writeTokens(issuer: LocalIssuer, directory: string): Promise<Record<string, string>> {
  const entries = LOCAL_CALLERS.map(async ({ name, subject }) => {
    const file = path.join(directory, `${name}.token`);
    await fs.writeFile(file, await issuer.token(subject), { mode: 0o600 });
    return [name, file] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Starts the service's own code in this process with a pod's settings, and waits until it is ready. */
async function startService(
  connections: Readonly<Record<"DATABASE_URL" | "ISSUER_URL" | "CALLERS" | "TLS_FOLDER", string>>,
  logFile: string,
  { servicePort = 0, signal }: LocalStackOptions,
  note: (text: string) => void,
): Promise<DataSvc> {
  const environment = { ...connections, HOST: "127.0.0.1", PORT: String(servicePort), METRICS_PORT: "0" };
  const settings = readSettings(environment, (file) => readFileSync(file, "utf8"));
  const service = await startDataSvc(settings, { destination: createWriteStream(logFile) });
  const stop = () => void service.close();
  signal.addEventListener("abort", stop, { once: true });
  try {
    await service.ready;
    const authorityFile = path.join(connections.TLS_FOLDER, TLS_KEYS.authority);
    const { status, text } = await askService(`${service.url}${DATA_SVC.readinessPath}`, authorityFile);
    if (status !== 200) throw new Error(`data-svc has started but is not ready: ${text}`);
    note(service.url);
    return service;
  } catch (error) {
    await service.close();
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
