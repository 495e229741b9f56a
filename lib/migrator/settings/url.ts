import { TLS_PARAMETERS, type TlsParameters } from "./tls";

/** Settings of a URL or of libpq's variables, before defaults. */
export interface Parameters extends TlsParameters {
  host?: string;
  /** Where to connect to, in place of `host`, which the certificate is still checked against. */
  hostaddr?: string;
  port?: string;
  user?: string;
  password?: string;
  database?: string;
  options?: string;
  connectTimeout?: string;
}

/** Parameters after the `?` of a URL. */
const URL_PARAMETERS: Readonly<Record<string, keyof Parameters>> = {
  host: "host",
  hostaddr: "hostaddr",
  port: "port",
  user: "user",
  password: "password",
  dbname: "database",
  options: "options",
  connect_timeout: "connectTimeout",
  ...Object.fromEntries(TLS_PARAMETERS.map((name) => [name, name])),
};

const EXAMPLE = "postgres://user:password@host:5432/database";

/** Placeholder for a host that libpq allows to be missing after a user; the URL standard does not. */
const LEFT_OUT = "left-out.invalid";

/** Parses a URL. Undefined, with the reason in `problems`, if that fails. `setting` names the URL's origin. */
export function parseUrl(value: string, setting: string, problems: string[]): Parameters | undefined {
  const url = readUrl(value, setting, problems);
  if (!url) return undefined;
  try {
    return { ...authority(url), ...query(url, setting, problems) };
  } catch {
    problems.push(`${setting} has a % that no two hexadecimal digits of UTF-8 follow. Write % as %25.`);
    return undefined;
  }
}

function readUrl(value: string, setting: string, problems: string[]): URL | undefined {
  if (value.split("@").length > 2) {
    // Programs differ in which @ ends the password, and take the rest for a host, which errors and logs name.
    problems.push(
      `${setting} has more than one @, so it is unclear where a password ends. Write each @ in a name, password or parameter as %40, as in ${EXAMPLE}.`,
    );
    return undefined;
  }
  const [, hosts] = /^postgres(?:ql)?:\/\/(?:[^/?#]*@)?([^/?#]*)/.exec(value) ?? [];
  if (hosts === undefined) {
    problems.push(`${setting} does not begin with postgres:// as a URL like ${EXAMPLE} does.`);
    return undefined;
  }
  if (hosts.includes(",")) {
    problems.push(severalHosts(setting));
    return undefined;
  }
  try {
    const url = new URL(value.replace(/^(\w+:\/\/[^/?#]*@)(?=[:/?]|$)/, `$1${LEFT_OUT}`));
    // An unencoded password ends at such a character, and its rest would be taken for another part.
    if (!value.includes("#") && !/[/@]/.test(url.pathname.slice(1))) return url;
  } catch {
    // Said below.
  }
  problems.push(
    `${setting} is not a URL like ${EXAMPLE}. A password or name with characters such as / ? # @ : % must have them percent-encoded, and the port be a number up to 65535.`,
  );
  return undefined;
}

/** Explains that several hosts are not supported. `setting` names them. */
export function severalHosts(setting: string): string {
  return `${setting} names several hosts, and a migrator works with one: name the primary.`;
}

function authority(url: URL): Parameters {
  const decoded = {
    host: url.hostname === LEFT_OUT ? "" : decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, "$1"),
    port: url.port,
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
  };
  return Object.fromEntries(Object.entries(decoded).filter(([, text]) => text !== ""));
}

function query(url: URL, setting: string, problems: string[]): Parameters {
  const parameters: Parameters = {};
  // A plus stays a plus, as in libpq; a web form would make it a space.
  for (const [name, value] of new URLSearchParams(url.search.replaceAll("+", "%2B"))) {
    const key = URL_PARAMETERS[name];
    if (key) parameters[key] = value;
    else if (name !== "application_name") {
      problems.push(
        `${setting} has ${nameOf(name)}, which is not understood here. Remove it; understood are ${Object.keys(URL_PARAMETERS).join(", ")}.`,
      );
    }
  }
  return parameters;
}

/** Hides text after a ? that belongs to a password. */
function nameOf(parameter: string): string {
  return /^[\w-]+$/.test(parameter) ? `the parameter ${parameter}` : "a parameter (a ? in a password is written %3F)";
}
