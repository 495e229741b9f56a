import { existsSync } from "node:fs";
import { isIP } from "node:net";
import * as path from "node:path";
import type { ClientConfig } from "pg";
import { CREDENTIAL_KEYS, PATHS } from "../../contract";
import { passwordFromFile } from "./passfile";
import type { Sources } from "./sources";
import { tls } from "./tls";
import { type Parameters, parseUrl, severalHosts } from "./url";

/** libpq's variables and the setting of each. */
const VARIABLES = {
  host: "PGHOST",
  hostaddr: "PGHOSTADDR",
  port: "PGPORT",
  user: "PGUSER",
  password: "PGPASSWORD",
  database: "PGDATABASE",
  options: "PGOPTIONS",
  connectTimeout: "PGCONNECT_TIMEOUT",
  sslmode: "PGSSLMODE",
  sslrootcert: "PGSSLROOTCERT",
  sslcert: "PGSSLCERT",
  sslkey: "PGSSLKEY",
} as const satisfies Record<keyof Parameters, string>;

/** libpq's settings that are not supported. Ignoring them would connect elsewhere or trust somebody else. */
const UNSUPPORTED = [
  ...["PGSERVICE", "PGSERVICEFILE", "PGTARGETSESSIONATTRS", "PGLOADBALANCEHOSTS"],
  ...["PGREQUIREAUTH", "PGREQUIRESSL", "PGSSLCRL", "PGSSLCRLDIR", "PGSSLMINPROTOCOLVERSION", "PGSSLMAXPROTOCOLVERSION"],
];

/** Variables that are often set globally; only a demand is refused. */
const DEMANDS = ["PGCHANNELBINDING", "PGGSSENCMODE"];

/**
 * Reads where to connect: DATABASE_URL, completed by libpq's variables, or those alone, or the mounted Secret. Every
 * value may come from a file (`NAME_FILE`). Adds problems to `sources`; none shows a password.
 */
export function readConnection(sources: Sources, secretDirectory: string = PATHS.database): ClientConfig {
  sources.problems.push(...unsupported(sources));
  const variables = readVariables(sources);
  const setting = urlSetting(sources, secretDirectory);
  const url = setting === undefined ? {} : readUrl(setting, sources);
  const parameters = { ...variables, ...url };
  if (setting === undefined && !parameters.host && !parameters.hostaddr && !parameters.database) {
    if (sources.problems.length === 0) sources.problems.push(NOTHING);
  } else if (url && !parameters.database) {
    sources.problems.push("The settings name no database. Put it at the end of DATABASE_URL, or set PGDATABASE.");
  }
  if (parameters.host?.includes(",")) sources.problems.push(severalHosts("The connection's host"));
  return toConfig(parameters, sources);
}

const NOTHING =
  "No database is named. Set DATABASE_URL (postgres://user:password@host:5432/database) or DATABASE_URL_FILE, or PGHOST, PGDATABASE, PGUSER and PGPASSWORD.";

function unsupported({ environment }: Sources): string[] {
  const demanded = DEMANDS.filter((name) => environment[name] === "require");
  return [...UNSUPPORTED.filter((name) => environment[name]), ...demanded].map(
    (name) => `${name} is set, which is not supported here. Use DATABASE_URL, or PGHOST and the like.`,
  );
}

/**
 * The setting that names the URL: a variable, or the mounted Secret's file. Undefined if only libpq's variables are
 * set.
 */
function urlSetting({ environment }: Sources, secretDirectory: string): string | undefined {
  if (environment.DATABASE_URL) return "DATABASE_URL";
  if (environment.DATABASE_URL_FILE) return "DATABASE_URL_FILE";
  const named = (["PGHOST", "PGHOSTADDR", "PGDATABASE"] as const).some(
    (name) => environment[name] || environment[`${name}_FILE`],
  );
  const mounted = path.join(secretDirectory, CREDENTIAL_KEYS.url);
  return !named && existsSync(mounted) ? mounted : undefined;
}

/** Undefined if it cannot be read or understood. */
function readUrl(setting: string, sources: Sources): Parameters | undefined {
  const value = setting.startsWith("DATABASE_URL")
    ? sources.read("DATABASE_URL")
    : sources.readFile(setting, "The mounted Secret");
  return value === undefined ? undefined : parseUrl(value, setting, sources.problems);
}

function readVariables(sources: Sources): Parameters {
  const entries = Object.entries(VARIABLES).flatMap(([key, name]) => {
    const value = sources.read(name);
    return value === undefined ? [] : [[key, value] as const];
  });
  return Object.fromEntries(entries);
}

function toConfig(parameters: Parameters, { problems, environment }: Sources): ClientConfig {
  const { user, password, database, options } = parameters;
  const { host, ssl } = server(parameters, problems);
  const named = parameters.host ?? host;
  const port = number("port", parameters.port ?? "5432", 65535, problems);
  const timeout = number("connect_timeout", parameters.connectTimeout ?? "10", 3600, problems);
  return {
    host,
    port,
    connectionTimeoutMillis: timeout * 1000,
    ssl,
    ...(user !== undefined && { user }),
    // Read only if the server asks for a password.
    password: password ?? (() => passwordFromFile(environment, { host: named, port, user, database })),
    ...(database !== undefined && { database }),
    ...(options !== undefined && { options }),
  };
}

/** Whom to connect to, and how to be sure of it. As libpq: `hostaddr` replaces looking `host` up and nothing else. */
function server(parameters: Parameters, problems: string[]): { host: string; ssl: ClientConfig["ssl"] } {
  const { host = "localhost", hostaddr } = parameters;
  if (hostaddr === undefined) {
    // A socket's folder. As libpq: there is nobody on the way, and sslmode says nothing.
    return { host, ssl: host.startsWith("/") ? false : tls(parameters, problems) };
  }
  if (isIP(hostaddr) === 0) {
    problems.push(
      `The connection's hostaddr is ${JSON.stringify(hostaddr)}; it takes one IP address. Write a name as host (PGHOST).`,
    );
  }
  const ssl = tls(parameters, problems);
  if (typeof ssl !== "object" || parameters.host === undefined) return { host: hostaddr, ssl };
  // node-postgres gives its own host to TLS, unless it is told another one; an address cannot be asked for by SNI.
  return { host: hostaddr, ssl: { ...ssl, host, ...(isIP(host) === 0 && { servername: host }) } };
}

function number(name: string, value: string, largest: number, problems: string[]): number {
  const parsed = /^\d+$/.test(value) ? Number(value) : 0;
  if (parsed >= 1 && parsed <= largest) return parsed;
  problems.push(`The connection's ${name} is ${JSON.stringify(value)}; it takes a number from 1 to ${largest}.`);
  return 1;
}
