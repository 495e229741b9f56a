import { PATHS } from "../../lib/contract";
import { readSettings, SettingsError } from "../../lib/data-svc";
import { withIdentity } from "./client";
import { ownIdentity, readFrom } from "./support";

const URL_FILE = `${PATHS.database}/url`;
const GOOD_URL = "postgres://data_svc:s3cret@postgres:5432/diabrisk";
const CALLERS = '[{"name":"ml-api","subject":"system:serviceaccount:diabrisk:ml-api","may":["createAssessment"]}]';
const APP_YAML = `
services:
  auth-svc: http://auth-svc:8081
  ml-api: http://ml-api:8000
  api-gateway: http://api-gateway:8080
  frontend: http://frontend:3000
  data-svc: https://data-svc:8080
session:
  lifetimeSeconds: 86400
  idleTimeoutSeconds: 1800
  cookie: { name: session, secure: true, httpOnly: true, sameSite: lax }
logLevel: warn
`;

function problemsOf(environment: Record<string, string>, files: Record<string, string> = {}): readonly string[] {
  try {
    readSettings(environment, readFrom(files));
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe("settings", () => {
  test("need nothing but the mounted Secret and who may call", () => {
    const settings = readSettings(
      { CALLERS, ...ownIdentity() },
      withIdentity(readFrom({ [URL_FILE]: `${GOOD_URL}\n` })),
    );
    expect(settings).toMatchObject({
      host: undefined,
      port: 8080,
      metricsPort: 9464,
      logLevel: "info",
      startupTries: 30,
    });
    expect(settings.issuerUrl).toBe("https://kubernetes.default.svc");
    expect(settings.callers).toEqual(JSON.parse(CALLERS));
    expect(settings.database).toMatchObject({
      poolMax: 6,
      poolWaitMs: 3000,
      outageWaitMs: 3000,
      statementTimeoutMs: 5000,
      exportTimeoutMs: 120_000,
    });
    expect(settings.database.url()).toBe(GOOD_URL);
  });

  test("take the log level from app.yaml, and from LOG_LEVEL before it", () => {
    const files = withIdentity(readFrom({ [URL_FILE]: GOOD_URL, [PATHS.config]: APP_YAML }));
    expect(readSettings({ CALLERS, ...ownIdentity() }, files).logLevel).toBe("warn");
    expect(readSettings({ CALLERS, ...ownIdentity(), LOG_LEVEL: "debug" }, files).logLevel).toBe("debug");
  });

  test("read the URL's file anew each time, so that a rotated Secret is seen", () => {
    const files = { "/run/url": GOOD_URL };
    const environment = { CALLERS, ...ownIdentity(), DATABASE_URL_FILE: "/run/url" };
    const { database } = readSettings(environment, withIdentity(readFrom(files)));
    files["/run/url"] = "postgres://data_svc:other@postgres/diabrisk";
    expect(database.url()).toBe("postgres://data_svc:other@postgres:5432/diabrisk");
  });

  test.each<[string, Record<string, string>, Record<string, string>, RegExp]>([
    ["no database URL", {}, {}, /DATABASE_URL is not set, and the file ".*\/url" cannot be read \(ENOENT\)\. Mount/],
    [
      "an absent URL file",
      { DATABASE_URL_FILE: "/x" },
      {},
      /DATABASE_URL_FILE is "\/x".*ENOENT.*Mount the role's Secret/,
    ],
    ["both forms of the URL", { DATABASE_URL: GOOD_URL, DATABASE_URL_FILE: "/x" }, {}, /both set.*Set one of them/],
    [
      "a URL that is none",
      { DATABASE_URL: "s3cret" },
      {},
      /DATABASE_URL is set, but it is not a URL\. Write postgres:\/\//,
    ],
    ["another scheme", { DATABASE_URL: "mysql://u:s3cret@h/d" }, {}, /it does not begin with postgres:/],
    ["a secret with a colon alone", { DATABASE_URL: "s3cret:x" }, {}, /it does not begin with postgres:/],
    ["an @ in the password", { DATABASE_URL: "postgres://u:p@s3cret@h/d" }, {}, /one @ too many.*%40/],
    ["an @ and a / in it", { DATABASE_URL: "postgres://u:p@s3cret/s3cret@h:5432/d" }, {}, /one @ too many/],
    ["an @ and a ? in it", { DATABASE_URL: "postgres://u:p@s3cret?s3cret@h:5432/d" }, {}, /one @ too many/],
    ["a / in it", { DATABASE_URL: "postgres://u:12/s3cret@h/d" }, {}, /one @ too many.*%2F/],
    ["a # in it", { DATABASE_URL: "postgres://u:12#s3cret@h/d" }, {}, /one @ too many.*%23/],
    [
      "a URL with a % alone",
      { DATABASE_URL: "postgres://u%zz:p@h/d" },
      {},
      /it has a % that no two hexadecimal digits/,
    ],
    ["a URL without role and name", { DATABASE_URL: "postgres://h" }, {}, /it lacks a role and a database name/],
    ["a broken URL in a file", {}, { [URL_FILE]: "postgres://u:s3cret@:x/d" }, /The file ".*\/url" is set.*not a URL/],
    [
      "a port that is no number",
      { DATABASE_URL: GOOD_URL, PORT: "http" },
      {},
      /PORT is "http".*0 to 65535.*leave PORT out/,
    ],
    [
      "one port for both servers",
      { DATABASE_URL: GOOD_URL, PORT: "9464" },
      {},
      /PORT and METRICS_PORT are both 9464.*Set METRICS_PORT to another port/,
    ],
    [
      "nobody who may call",
      { DATABASE_URL: GOOD_URL },
      {},
      /CALLERS is not set, so nobody could call.*Set it to JSON like/,
    ],
    ["callers that are no list", { DATABASE_URL: GOOD_URL, CALLERS: "ml-api" }, {}, /CALLERS is no list of callers/],
    [
      "keys that come without TLS",
      { DATABASE_URL: GOOD_URL, ISSUER_URL: "http://kubernetes.default.svc" },
      {},
      /ISSUER_URL is "http:\/\/kubernetes.*neither an https URL nor http on loopback\. Set/,
    ],
    [
      "an issuer that is no URL",
      { DATABASE_URL: GOOD_URL, ISSUER_URL: "kubernetes" },
      {},
      /ISSUER_URL is "kubernetes"/,
    ],
    ["a port too large", { DATABASE_URL: GOOD_URL, PORT: "65536" }, {}, /PORT is "65536"/],
    ["a pool of none", { DATABASE_URL: GOOD_URL, POOL_MAX: "0" }, {}, /POOL_MAX is "0".*from 1 to 100/],
    [
      "less for an outage than for a busy pool",
      { DATABASE_URL: GOOD_URL, POOL_WAIT_MS: "4000", OUTAGE_WAIT_MS: "3000" },
      {},
      /OUTAGE_WAIT_MS is "3000".*from 4000 to 60000/,
    ],
    ["a fraction", { DATABASE_URL: GOOD_URL, POOL_WAIT_MS: "1.5e3" }, {}, /POOL_WAIT_MS is "1\.5e3"/],
    ["an unknown level", { DATABASE_URL: GOOD_URL, LOG_LEVEL: "loud" }, {}, /LOG_LEVEL is "loud".*trace, debug, info/],
    [
      "a named config file that is absent",
      { DATABASE_URL: GOOD_URL, CONFIG_FILE: "/c" },
      {},
      /CONFIG_FILE is "\/c".*ENOENT/,
    ],
    [
      "a delay as long as the timeout",
      { DATABASE_URL: GOOD_URL, SHUTDOWN_DELAY_MS: "500", SHUTDOWN_TIMEOUT_MS: "500" },
      {},
      /Make the delay shorter/,
    ],
    ["a config that is no YAML", { DATABASE_URL: GOOD_URL }, { [PATHS.config]: "a: [" }, /it is not YAML/],
    [
      "a wrong value in the config",
      { DATABASE_URL: GOOD_URL },
      { [PATHS.config]: APP_YAML.replace("86400", "soon") },
      /session\.lifetimeSeconds: Expected integer\. Correct app-config/,
    ],
    [
      "a misspelt key in the config",
      { DATABASE_URL: GOOD_URL },
      { [PATHS.config]: APP_YAML.replace("logLevel", "loglevel") },
      /logLevel: Expected required property/,
    ],
  ])("refuse %s", (_, environment, files, expected) => {
    const problems = problemsOf(environment, files);
    expect(problems.filter((problem) => expected.test(problem))).toHaveLength(1);
    expect(problems.join()).not.toContain("s3cret");
  });

  test("report every problem at once", () => {
    const problems = problemsOf({ PORT: "x", POOL_MAX: "x", LOG_LEVEL: "x" }, { [PATHS.config]: "{}" });
    const named = [
      "PORT",
      "POOL_MAX",
      "LOG_LEVEL",
      "DATABASE_URL",
      "CALLERS",
      "services",
      "session",
      "tls.crt",
      "tls.key",
    ];
    expect(named.filter((name) => !problems.some((problem) => problem.includes(name)))).toEqual([]);
  });
});
