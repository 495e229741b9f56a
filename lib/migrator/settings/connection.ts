import { existsSync } from "node:fs";
import * as path from "node:path";
import type { ClientConfig } from "pg";
import { CREDENTIAL_KEYS, PATHS } from "../../contract";
import type { Sources } from "./sources";
import { TLS_PARAMETERS, type TlsParameters, tls } from "./tls";

/** What a URL or the libpq variables say, before defaults. */
interface Parameters extends TlsParameters {
  host?: string;
  port?: string;
  user?: string;
  password?: string;
  database?: string;
  options?: string;
  connectTimeout?: string;
}

/** libpq's variables, by what they set. */
const VARIABLES = {
  host: "PGHOST",
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

/** Parameters after the `?` of a URL. */
const URL_PARAMETERS: Readonly<Record<string, keyof Parameters>> = {
  host: "host",
  port: "port",
  user: "user",
  password: "password",
  dbname: "database",
  options: "options",
  connect_timeout: "connectTimeout",
  ...Object.fromEntries(TLS_PARAMETERS.map((name) => [name, name])),
};

/** Of libpq, and not understood here: silently passing over them would connect to somewhere else. */
const UNSUPPORTED = ["PGSERVICE", "PGSERVICEFILE", "PGHOSTADDR", "PGTARGETSESSIONATTRS"];

/**
 * Where to connect: DATABASE_URL, completed by libpq's variables; or those alone; or the mounted Secret. Every value may
 * come from a file (`NAME_FILE`). Problems are added to `sources`; none of them shows a password.
 */
export function readConnection(sources: Sources, secretDirectory: string = PATHS.database): ClientConfig {
  for (const name of UNSUPPORTED) {
    if (sources.environment[name])
      sources.problems.push(`${name} is set, which is not supported here. Use DATABASE_URL, or PGHOST and the like.`);
  }
  const variables = readVariables(sources);
  const setting = urlSetting(sources, secretDirectory);
  const url = setting === undefined ? {} : readUrl(setting, sources);
  const parameters = { ...variables, ...url };
  if (setting === undefined && !parameters.host && !parameters.database && sources.problems.length === 0) {
    sources.problems.push(
      "No database is named. Set DATABASE_URL (postgres://user:password@host:5432/database) or DATABASE_URL_FILE, or PGHOST, PGDATABASE, PGUSER and PGPASSWORD.",
    );
  } else if (url && !parameters.database) {
    sources.problems.push("The settings name no database. Put it at the end of DATABASE_URL, or set PGDATABASE.");
  }
  return toConfig(parameters, sources.problems);
}

/** What names the URL: a variable, or the mounted Secret's file. Undefined where libpq's variables are to be used alone. */
function urlSetting({ environment }: Sources, secretDirectory: string): string | undefined {
  if (environment.DATABASE_URL) return "DATABASE_URL";
  if (environment.DATABASE_URL_FILE) return "DATABASE_URL_FILE";
  const named = (["PGHOST", "PGDATABASE"] as const).some((name) => environment[name] || environment[`${name}_FILE`]);
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

function parseUrl(value: string, setting: string, problems: string[]): Parameters | undefined {
  const example = "postgres://user:password@host:5432/database";
  if (!/^postgres(ql)?:\/\//.test(value)) {
    problems.push(`${setting} does not begin with postgres:// as a URL like ${example} does.`);
    return undefined;
  }
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    problems.push(
      `${setting} is not a URL like ${example}. A password with characters such as / ? # @ : % must have them percent-encoded, and the port be a number up to 65535.`,
    );
    return undefined;
  }
  try {
    return { ...authority(url), ...query(url, setting, problems) };
  } catch {
    problems.push(`${setting} has a % that no two hexadecimal digits follow. Write % as %25.`);
    return undefined;
  }
}

function authority(url: URL): Parameters {
  const decoded = {
    host: decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, "$1"),
    port: url.port,
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
  };
  return Object.fromEntries(Object.entries(decoded).filter(([, text]) => text !== ""));
}

function query(url: URL, setting: string, problems: string[]): Parameters {
  const parameters: Parameters = {};
  for (const [name, value] of url.searchParams) {
    const key = URL_PARAMETERS[name];
    if (key) parameters[key] = value;
    else if (name !== "application_name") {
      problems.push(
        `${setting} has the parameter ${name}, which is not understood here. Remove it; understood are ${Object.keys(URL_PARAMETERS).join(", ")}.`,
      );
    }
  }
  return parameters;
}

function toConfig(parameters: Parameters, problems: string[]): ClientConfig {
  const { host, user, password, database, options } = parameters;
  const port = number("port", parameters.port ?? "5432", 65535, problems);
  const timeout = number("connect_timeout", parameters.connectTimeout ?? "10", 3600, problems);
  const ssl = tls(parameters, problems);
  return {
    host: host ?? "localhost",
    port,
    connectionTimeoutMillis: timeout * 1000,
    ssl,
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    ...(database !== undefined && { database }),
    ...(options !== undefined && { options }),
  };
}

function number(name: string, value: string, largest: number, problems: string[]): number {
  const parsed = /^\d+$/.test(value) ? Number(value) : 0;
  if (parsed >= 1 && parsed <= largest) return parsed;
  problems.push(`The connection's ${name} is ${JSON.stringify(value)}; it takes a number from 1 to ${largest}.`);
  return 1;
}
