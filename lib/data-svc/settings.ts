import { type AppConfig, type Caller, DATA_SVC, OPERATIONS, PATHS } from "../contract";
import { imageProblems, sourceFile } from "../image/expected";
import { LOG_LEVELS, parseAppConfig } from "./app-config";
import { parseCallers } from "./callers/table";
import { checkDatabaseUrl, DatabaseUrlError } from "./database-url";
import { type Identity, IdentityError, readIdentity } from "./tls/identity";

export interface DatabaseSettings {
  /**
   * Returns the URL to connect with. Each call reads its file, so that a rotated Secret is used without a restart.
   * @throws Error
   */
  readonly url: () => string;
  /**
   * Maximum of connections. Multiplied by the pods of a rolling release it must fit into the role's connection limit,
   * which is 15 on the smallest server. `POOL_MAX`, default 6.
   */
  readonly poolMax: number;
  /**
   * Milliseconds a request may wait for a connection while others have them, before it is answered with 503. `POOL_WAIT_MS`,
   * default 3000.
   */
  readonly poolWaitMs: number;
  /**
   * Milliseconds a request may wait for a server that restarts, or for another to take over. `OUTAGE_WAIT_MS`, not less than
   * `POOL_WAIT_MS`, which is the default.
   */
  readonly outageWaitMs: number;
  /** Milliseconds after which the server cancels a statement. `STATEMENT_TIMEOUT_MS`, default 5000. */
  readonly statementTimeoutMs: number;
  /** Milliseconds that an export may take, however slowly its client reads. `EXPORT_TIMEOUT_MS`, default 120000. */
  readonly exportTimeoutMs: number;
}

export interface Settings {
  /** Address to listen on. `HOST`; without it all addresses, of IPv6 and IPv4 alike. */
  readonly host: string | undefined;
  /** Port to listen on; 0 takes a free one. `PORT`, default 8080. */
  readonly port: number;
  /** Port of the metrics, on the same address; 0 takes a free one. `METRICS_PORT`, default 9464. */
  readonly metricsPort: number;
  /** `LOG_LEVEL`, else `logLevel` of app.yaml, else info. */
  readonly logLevel: AppConfig["logLevel"];
  readonly database: DatabaseSettings;
  /**
   * Returns the certificate that callers are shown, with its key, from the folder `TLS_FOLDER`, default PATHS.serviceTls. Each
   * call reads the files, so that a renewed one is used without a restart.
   * @throws IdentityError
   */
  readonly identity: () => Identity;
  /**
   * Base of the API server whose tokens prove callers; `http:` on loopback alone. `ISSUER_URL`, default
   * `https://kubernetes.default.svc`.
   */
  readonly issuerUrl: string;
  /** Services that may call, each with what it may do. `CALLERS`, as JSON; without it nobody could. */
  readonly callers: readonly Caller[];
  /** Tries to reach the database before the program gives up. `STARTUP_TRIES`, default 30: about two minutes. */
  readonly startupTries: number;
  /** Longest pause between two tries of the start, in milliseconds. `STARTUP_PAUSE_MS`, default 5000. */
  readonly startupPauseMs: number;
  /**
   * Milliseconds between turning unready and closing the port on SIGTERM, for endpoints to forget this pod.
   * `SHUTDOWN_DELAY_MS`, default 3000.
   */
  readonly shutdownDelayMs: number;
  /**
   * Milliseconds for the whole stop before it is forced; less than the pod's grace period. `SHUTDOWN_TIMEOUT_MS`,
   * default 25000.
   */
  readonly shutdownTimeoutMs: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Returns a file's text. @throws an error with a `code`, as fs.readFileSync does */
export type ReadFile = (path: string) => string;

/** All settings that cannot stand: the value, the reason, the remedy. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";

  constructor(readonly problems: readonly string[]) {
    super(`data-svc cannot start with these settings:\n${problems.map((problem) => `- ${problem}`).join("\n")}`);
  }
}

/**
 * Reads and checks every setting once. Environment variables win over files, and files over defaults.
 * @throws SettingsError
 */
export function readSettings(environment: Environment, readFile: ReadFile): Settings {
  const problems: string[] = [];
  const integer = (name: string, fallback: number, minimum: number, maximum: number) =>
    readInteger(environment, name, fallback, minimum, maximum, problems);
  const poolWaitMs = integer("POOL_WAIT_MS", 3000, 100, 60_000);
  const settings: Settings = {
    host: environment.HOST || undefined,
    port: integer("PORT", DATA_SVC.port, 0, 65_535),
    metricsPort: integer("METRICS_PORT", DATA_SVC.metricsPort, 0, 65_535),
    logLevel: readLogLevel(environment, readFile, problems),
    database: {
      url: readDatabaseUrl(environment, readFile, problems),
      poolMax: integer("POOL_MAX", 6, 1, 100),
      poolWaitMs,
      outageWaitMs: integer("OUTAGE_WAIT_MS", poolWaitMs, poolWaitMs, 60_000),
      statementTimeoutMs: integer("STATEMENT_TIMEOUT_MS", 5000, 100, 60_000),
      exportTimeoutMs: integer("EXPORT_TIMEOUT_MS", 120_000, 100, 3_600_000),
    },
    identity: identityOf(environment, readFile, problems),
    issuerUrl: readIssuerUrl(environment, problems),
    callers: readCallers(environment, problems),
    startupTries: integer("STARTUP_TRIES", 30, 1, 1000),
    startupPauseMs: integer("STARTUP_PAUSE_MS", 5000, 10, 60_000),
    shutdownDelayMs: integer("SHUTDOWN_DELAY_MS", 3000, 0, 60_000),
    shutdownTimeoutMs: integer("SHUTDOWN_TIMEOUT_MS", 25_000, 100, 600_000),
  };
  if (settings.shutdownDelayMs >= settings.shutdownTimeoutMs) {
    problems.push(
      `SHUTDOWN_DELAY_MS is ${settings.shutdownDelayMs} and SHUTDOWN_TIMEOUT_MS is ${settings.shutdownTimeoutMs}, so ` +
        "every stop would be forced before it began. Make the delay shorter than the timeout.",
    );
  }
  if (settings.port === settings.metricsPort && settings.port !== 0) {
    problems.push(
      `PORT and METRICS_PORT are both ${settings.port}, so whoever may read the metrics could call the API. ` +
        `Set METRICS_PORT to another port, or leave both out for ${DATA_SVC.port} and ${DATA_SVC.metricsPort}.`,
    );
  }
  problems.push(...sourceProblems(environment));
  if (problems.length) throw new SettingsError(problems);
  return settings;
}

/** The image that `EXPECTED_SOURCE` asks for may not be the one that its name brought. */
function sourceProblems(environment: Environment): string[] {
  const source = environment.EXPECTED_SOURCE;
  return source ? imageProblems({ source }, { source: sourceFile(environment) }) : [];
}

function readInteger(
  environment: Environment,
  name: string,
  fallback: number,
  minimum: number,
  maximum: number,
  problems: string[],
): number {
  const text = environment[name]?.trim();
  if (!text) return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
  problems.push(
    `${name} is "${text}", which is not a whole number from ${minimum} to ${maximum}. ` +
      `Set such a number, or leave ${name} out for ${fallback}.`,
  );
  return fallback;
}

function identityOf({ TLS_FOLDER }: Environment, readFile: ReadFile, problems: string[]): () => Identity {
  const read = () => readIdentity(TLS_FOLDER || PATHS.serviceTls, readFile, new Date());
  try {
    read();
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error;
    problems.push(...error.problems);
  }
  return read;
}

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/** Keys that come over a network without TLS could be anybody's. */
function readIssuerUrl({ ISSUER_URL: text }: Environment, problems: string[]): string {
  if (!text) return "https://kubernetes.default.svc";
  const { protocol, hostname } = URL.canParse(text) ? new URL(text) : { protocol: "", hostname: "" };
  if (protocol !== "https:" && !(protocol === "http:" && LOOPBACK.includes(hostname))) {
    problems.push(
      `ISSUER_URL is "${text}", which is neither an https URL nor http on loopback. Set the API server's URL, or leave it out.`,
    );
  }
  return text;
}

function readCallers({ CALLERS: text }: Environment, problems: string[]): readonly Caller[] {
  const callers = text ? parseCallers(text) : undefined;
  if (callers) return callers;
  problems.push(
    `CALLERS is ${text ? "no list of callers" : "not set"}, so nobody could call anything. Set it to JSON like ` +
      `[{"name":"ml-api","subject":"system:serviceaccount:diabrisk:ml-api","may":${JSON.stringify(OPERATIONS)}}].`,
  );
  return [];
}

function readLogLevel(environment: Environment, readFile: ReadFile, problems: string[]): AppConfig["logLevel"] {
  const configured = readAppConfig(environment, readFile, problems)?.logLevel ?? "info";
  const text = environment.LOG_LEVEL?.trim();
  if (!text) return configured;
  const level = LOG_LEVELS.find((name) => name === text);
  if (level) return level;
  problems.push(`LOG_LEVEL is "${text}", which is no log level. Set one of ${LOG_LEVELS.join(", ")}, or leave it out.`);
  return configured;
}

/** The file is optional unless named, since there is none outside a pod. */
function readAppConfig(environment: Environment, readFile: ReadFile, problems: string[]): AppConfig | undefined {
  const file = environment.CONFIG_FILE || PATHS.config;
  const what = environment.CONFIG_FILE ? `CONFIG_FILE is "${file}"` : `The configuration file is "${file}"`;
  let text: string;
  try {
    text = readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!environment.CONFIG_FILE && (code === "ENOENT" || code === "ENOTDIR")) return undefined;
    problems.push(
      `${what}, which cannot be read (${code}). Mount the ConfigMap app-config there, readable for this user.`,
    );
    return undefined;
  }
  const parsed = parseAppConfig(text);
  if ("config" in parsed) return parsed.config;
  problems.push(
    ...parsed.problems.map((problem) => `${what}, in which ${problem}. Correct app-config and roll out again.`),
  );
  return undefined;
}

function readDatabaseUrl(environment: Environment, readFile: ReadFile, problems: string[]): () => string {
  const { DATABASE_URL: url, DATABASE_URL_FILE: named } = environment;
  if (url && named) {
    problems.push(
      "DATABASE_URL and DATABASE_URL_FILE are both set, so it is unclear which one counts. Set one of them.",
    );
  }
  const file = named || `${PATHS.database}/url`;
  const read = url ? () => checkDatabaseUrl(url) : () => checkDatabaseUrl(readFile(file));
  try {
    problems.push(...authorityProblems(read(), readFile));
  } catch (error) {
    problems.push(databaseUrlProblem(error, url ? undefined : file, Boolean(named)));
  }
  return read;
}

function authorityProblems(url: string, readFile: ReadFile): string[] {
  const file = new URL(url).searchParams.get("sslrootcert");
  if (!file || file === "system") return [];
  try {
    readFile(file);
    return [];
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    return [
      `The database URL has sslrootcert=${file}, which cannot be read (${code}). Mount the authority's certificate there ` +
        "(key ca.crt of the Secret postgres-tls), readable for this user.",
    ];
  }
}

function databaseUrlProblem(error: unknown, file: string | undefined, named: boolean): string {
  if (error instanceof DatabaseUrlError) {
    return file
      ? `The file "${file}" is set as the database URL, but ${error.message}.`
      : `DATABASE_URL is set, but ${error.message}.`;
  }
  const { code = String(error) } = error as NodeJS.ErrnoException;
  return named
    ? `DATABASE_URL_FILE is "${file}", which cannot be read (${code}). Mount the role's Secret there, readable for this user.`
    : `DATABASE_URL is not set, and the file "${file}" cannot be read (${code}). ` +
        "Mount the role's Secret there, or set DATABASE_URL_FILE or DATABASE_URL.";
}
