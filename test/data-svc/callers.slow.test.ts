import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { performance } from "node:perf_hooks";
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT, UnsecuredJWT } from "jose";
import type { Caller } from "../../lib/contract";
import { parseCallers } from "../../lib/data-svc/callers/table";
import { usePostgres } from "../support/postgres";
import {
  assessment,
  call,
  closeServices,
  eventually,
  ask as fetchVerified,
  metricsOf,
  NOBODY,
  type RunningService,
  start,
  testSettings,
  USER,
} from "./support";

const postgres = usePostgres();

interface Key {
  readonly kid: string;
  readonly alg: "RS256" | "ES256";
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

async function makeKey(kid: string, alg: Key["alg"] = "RS256"): Promise<Key> {
  return { kid, alg, ...(await generateKeyPair(alg, { extractable: true })) };
}

const published = async ({ kid, alg, publicKey }: Key): Promise<JWK> => ({
  ...(await exportJWK(publicKey)),
  ...{ kid, alg, use: "sig" },
});

/** An API server whose keys and name may change, and which may be gone. */
class Issuer {
  name = "https://kubernetes.default.svc.cluster.local";
  keys: readonly Key[] = [];
  /** Whether it answers as an API server in trouble does. */
  broken = false;
  /** Readings of its keys so far. */
  readings = 0;
  #server: Server | undefined;
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    this.#server = createServer(async ({ url }, response) => {
      if (url === "/openid/v1/jwks") this.readings += 1;
      response.writeHead(this.broken ? 500 : 200);
      const document =
        url === "/openid/v1/jwks"
          ? { keys: await Promise.all(this.keys.map(published)) }
          : { issuer: this.name, jwks_uri: "https://out-of-reach.example.org/keys" };
      response.end(JSON.stringify(document));
    });
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (!server?.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  }
}

const CALLERS: readonly Caller[] = [
  {
    name: "ml-api",
    subject: "system:serviceaccount:diabrisk:ml-api",
    may: ["getActiveModelVersion", "createAssessment"],
  },
  { name: "api-gateway", subject: "system:serviceaccount:diabrisk:api-gateway", may: ["listAssessments"] },
];

interface TokenProps {
  readonly key: Key;
  readonly subject?: string;
  readonly audience?: string | string[];
  readonly issuer?: string;
  /** Seconds from now. */
  readonly expires?: number | undefined;
  /** Seconds from now. */
  readonly notBefore?: number;
  readonly kid?: string;
}

const issuer = new Issuer();
let old: Key;
let elliptic: Key;
let database: string;

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

function claims({ subject = CALLERS[0]?.subject ?? "", audience = "data-svc", ...props }: Omit<TokenProps, "key">) {
  const { expires = 3600, notBefore = 0 } = props;
  const jwt = new SignJWT({ "kubernetes.io": { namespace: "diabrisk" } })
    .setIssuer(props.issuer ?? issuer.name)
    .setSubject(subject)
    .setAudience(audience)
    .setIssuedAt()
    .setNotBefore(inSeconds(notBefore));
  return "expires" in props && props.expires === undefined ? jwt : jwt.setExpirationTime(inSeconds(expires));
}

const sign = ({ key, kid = key.kid, ...props }: TokenProps) =>
  claims(props).setProtectedHeader({ alg: key.alg, kid }).sign(key.privateKey);

beforeAll(async () => {
  old = await makeKey("old");
  elliptic = await makeKey("elliptic", "ES256");
  issuer.keys = [old, elliptic];
  database = await postgres.createMigratedDatabase();
});
beforeEach(async () => {
  issuer.keys = [old, elliptic];
  issuer.broken = false;
  await issuer.stop();
  await issuer.start();
});
afterEach(closeServices);
afterAll(() => issuer.stop());

const settings = () => testSettings(database, { ISSUER_URL: issuer.url, CALLERS: JSON.stringify(CALLERS) });

async function ready(): Promise<RunningService> {
  const service = await start(settings());
  await service.ready;
  return service;
}

const MODEL = "GET /internal/model-versions/active";

const ask = (service: RunningService, token: string | undefined, target = MODEL, body?: object, scheme = "Bearer") =>
  call(service, target, body, { headers: { authorization: token === undefined ? "" : `${scheme} ${token}` } });

const text = ({ lines }: RunningService) => lines.join("");

describe("a caller", () => {
  test.each<[string, () => Promise<string>]>([
    ["with an RSA key", () => sign({ key: old })],
    ["with an elliptic key", () => sign({ key: elliptic })],
    ["among other audiences", () => sign({ key: old, audience: ["vault", "data-svc"] })],
    ["that expired within the clocks' tolerance", () => sign({ key: old, expires: -20 })],
    ["that begins within the clocks' tolerance", () => sign({ key: old, notBefore: 20 })],
  ])("is known by a token %s", async (_, token) => {
    const service = await ready();
    const { status } = await ask(service, await token());
    expect(status).toBe(200);
    expect(text(service)).toContain('"caller":"ml-api"');
  });

  test("may call its own routes and no other, and the log tells who tried", async () => {
    const service = await ready();
    const [mlApi, gateway] = [await sign({ key: old }), await sign({ key: old, subject: CALLERS[1]?.subject ?? "" })];
    const history = `GET /internal/users/${USER}/assessments`;
    expect((await ask(service, mlApi, "POST /internal/assessments", assessment())).status).toBe(201);
    expect((await ask(service, gateway, history)).status).toBe(200);
    for (const [token, target, subject] of [
      [mlApi, history, "system:serviceaccount:diabrisk:ml-api"],
      [gateway, MODEL, "system:serviceaccount:diabrisk:api-gateway"],
    ] as const) {
      const { status, headers, body } = await ask(service, token, target);
      expect([status, body.type, body.detail]).toEqual([
        403,
        "urn:diabrisk:problem:caller-not-allowed",
        `${subject} may not call this route. The stage's network.callers says who may.`,
      ]);
      expect(headers.get("www-authenticate")).toBe('Bearer realm="data-svc", error="insufficient_scope"');
      expect(text(service)).toContain(`"subject":"${subject}"`);
    }
    expect((await ask(service, gateway, "POST /internal/assessments", assessment())).status).toBe(403);
  });

  test("cannot do by HEAD what it may not by GET", async () => {
    const service = await ready();
    const gateway = await sign({ key: old, subject: CALLERS[1]?.subject ?? "" });
    const head = async (headers: Record<string, string>) =>
      (await fetchVerified(`${service.url}/internal/model-versions/active`, { method: "HEAD", headers })).status;
    expect(await head({ authorization: `Bearer ${gateway}` })).toBe(403);
    expect(await head({})).toBe(401);
  });

  test.each(["system:serviceaccount:elsewhere:ml-api", "system:serviceaccount:diabrisk:default", "system:admin"])(
    "that the table does not have, %s, is refused",
    async (subject) => {
      const service = await ready();
      const { status, body } = await ask(service, await sign({ key: old, subject }));
      expect([status, body.type]).toEqual([403, "urn:diabrisk:problem:caller-not-allowed"]);
      expect(text(service)).not.toContain('"caller":');
    },
  );

  test("without a token is told how to prove itself, but for what the kubelet and people need", async () => {
    const service = await ready();
    for (const token of [undefined, ""]) {
      const { status, headers, body } = await ask(service, token);
      expect([status, body.type]).toEqual([401, "urn:diabrisk:problem:caller-unproven"]);
      expect(headers.get("www-authenticate")).toBe('Bearer realm="data-svc"');
    }
    expect((await ask(service, "dXNlcjpwYXNz", MODEL, undefined, "Basic")).status).toBe(401);
    for (const open of ["/healthz", "/readyz", "/openapi.json"])
      expect([open, (await fetchVerified(service.url + open)).status]).toEqual([open, 200]);
  });

  test("is refused before its body is read, so that nobody learns what is valid", async () => {
    const service = await ready();
    expect((await ask(service, undefined, "POST /internal/assessments", { nonsense: true })).status).toBe(401);
  });
});

describe("a token is refused", () => {
  const forged: [string, () => Promise<string>, RegExp][] = [
    [
      "that another key has signed under a known id",
      async () => sign({ key: await makeKey("stranger"), kid: "old" }),
      /signature is wrong/,
    ],
    ["without a signature", async () => unsecured(), /algorithm is not one of Kubernetes'/],
    ["that uses the public key as a shared secret", async () => confused(), /algorithm is not one of Kubernetes'/],
    ["for another audience", () => sign({ key: old, audience: "https://kubernetes.default.svc" }), /another audience/],
    [
      "of another issuer",
      () => sign({ key: old, issuer: "https://evil.example.org" }),
      /somebody else than this cluster/,
    ],
    ["that has expired", () => sign({ key: old, expires: -40 }), /has expired/],
    ["that never expires", () => sign({ key: old, expires: undefined }), /claim exp is missing/],
    ["that is not valid yet", () => sign({ key: old, notBefore: 40 }), /not valid yet/],
    ["whose contents were changed", async () => changed(await sign({ key: old })), /signature is wrong/],
    ["that is none", async () => "c2VjcmV0.t0ken", /not a signed token/],
    ["that is a text", async () => "s3cret", /not a signed token/],
  ];

  test.each(forged)("%s", async (_, make, reason) => {
    const service = await ready();
    const token = await make();
    const { status, headers, body } = await ask(service, token);
    expect([status, body.type]).toEqual([401, "urn:diabrisk:problem:caller-unproven"]);
    expect(body.detail).toMatch(reason);
    expect(headers.get("www-authenticate")).toBe('Bearer realm="data-svc", error="invalid_token"');
    expect(text(service)).toMatch(reason);
    for (const part of token.split(".").filter(Boolean)) expect(text(service) + body.detail).not.toContain(part);
    expect(text(service)).not.toContain('"caller":');
  });

  const unsecured = async () =>
    new UnsecuredJWT({})
      .setIssuer(issuer.name)
      .setAudience("data-svc")
      .setSubject(CALLERS[0]?.subject ?? "")
      .setExpirationTime("1h")
      .encode();

  /** HS256 with the text of the public key, which everybody has. */
  const confused = async () =>
    claims({})
      .setProtectedHeader({ alg: "HS256", kid: "old" })
      .sign(new TextEncoder().encode(await exportSPKI(old.publicKey)));

  function changed(token: string): string {
    const [header, payload = "", signature] = token.split(".");
    const read = JSON.parse(Buffer.from(payload, "base64url").toString());
    const other = Buffer.from(JSON.stringify({ ...read, sub: CALLERS[1]?.subject })).toString("base64url");
    return [header, other, signature].join(".");
  }
});

describe("the cluster's keys", () => {
  test("may be replaced while it serves: a token of a new key is taken at once, and the old one while it is published", async () => {
    const service = await ready();
    const next = await makeKey("next");
    issuer.keys = [next, old];
    past(10_001);
    expect((await ask(service, await sign({ key: next }))).status).toBe(200);
    expect((await ask(service, await sign({ key: old }))).status).toBe(200);
  });

  test("forget what they have proven when they are read again: a token of a withdrawn key is refused", async () => {
    const service = await ready();
    const token = await sign({ key: old });
    for (let round = 0; round < 2; round++) expect((await ask(service, token)).status).toBe(200);
    issuer.keys = [elliptic];
    past(10_001);
    expect((await ask(service, await sign({ key: await makeKey("stranger") }))).status).toBe(401);
    const { status, body } = await ask(service, token);
    expect([status, body.detail]).toEqual([401, expect.stringContaining("No key of this cluster's issuer")]);
  });

  test("prove a token once, and until it expires", async () => {
    const verified = jest.spyOn(crypto.subtle, "verify");
    const service = await ready();
    const token = await sign({ key: old });
    for (let round = 0; round < 3; round++) expect((await ask(service, token)).status).toBe(200);
    expect(verified).toHaveBeenCalledTimes(1);
    const later = Date.now() + 3_640_000;
    jest.spyOn(Date, "now").mockReturnValue(later);
    const { status, body } = await ask(service, token);
    expect([status, body.detail]).toEqual([401, expect.stringContaining("It has expired.")]);
  });

  test("are asked for once in ten seconds at most, however many tokens have an unknown key", async () => {
    const service = await ready();
    const stranger = await makeKey("stranger");
    const token = await sign({ key: stranger });
    const before = issuer.readings;
    past(10_001);
    const first = await Promise.all(Array.from({ length: 20 }, () => ask(service, token)));
    const second = await Promise.all(Array.from({ length: 20 }, () => ask(service, token)));
    expect(new Set([...first, ...second].map(({ status }) => status))).toEqual(new Set([401]));
    expect(issuer.readings - before).toBe(1);
    expect(first[0]?.body.detail).toMatch(/No key of this cluster's issuer/);
  });

  test("are asked for as seldom while the API server is in trouble, and known callers are served", async () => {
    const service = await ready();
    issuer.broken = true;
    const before = issuer.readings;
    past(10_001);
    const token = await sign({ key: await makeKey("stranger") });
    for (let round = 0; round < 3; round++) expect((await ask(service, token)).status).toBe(401);
    expect(issuer.readings - before).toBe(1);
    expect((await ask(service, await sign({ key: old }))).status).toBe(200);
    expect(service.messages()).toContain(
      "The keys of the callers' tokens could not be read again; the known ones stay",
    );
  });

  test("are needed to be ready: it waits for them, alive, and refuses callers until then", async () => {
    await issuer.stop();
    const service = await start(settings());
    const lifecycle = async () =>
      (await call<{ checks: { lifecycle: { message: string } } }>(service, "GET /readyz")).body.checks.lifecycle
        .message;
    await eventually(async () => (await lifecycle()).includes("cannot be read from"));
    expect(await lifecycle()).toMatch(/ECONNREFUSED.*Compare the stage's network\.apiServer/);
    expect((await call(service, "GET /healthz")).status).toBe(200);
    const refused = await ask(service, await sign({ key: old }));
    expect([refused.status, refused.body.type]).toEqual([503, "urn:diabrisk:problem:issuer-unavailable"]);
    expect(refused.headers.get("retry-after")).toBe("2");
    await issuer.start();
    await service.ready;
    expect((await ask(service, await sign({ key: old }))).status).toBe(200);
    expect(await metricsOf(service)).toMatch(
      /^data_svc_issuer_keys_read_timestamp_seconds\{issuer="https:\/\/kubernetes\.default\.svc\.cluster\.local"\} \d/m,
    );
  });

  test("are not needed again: the service stays ready without the API server, with a warning once they are old", async () => {
    const service = await ready();
    await issuer.stop();
    past(20 * 60_000);
    const { status, body } = await call<{ checks: { callers: object } }>(service, "GET /readyz");
    expect([status, body.checks.callers]).toEqual([
      200,
      { status: "warning", message: expect.stringMatching(/are 20 minutes old.*tokens of a newer key are refused/) },
    ]);
    expect((await ask(service, await sign({ key: old }))).status).toBe(200);
  });

  /** Lets the clock of intervals go on so far, as the service reads it. */
  function past(milliseconds: number): void {
    const now = performance.now.bind(performance);
    jest.spyOn(performance, "now").mockImplementation(() => now() + milliseconds);
  }
  afterEach(() => jest.restoreAllMocks());
});

describe("the person for whom a service calls", () => {
  test.each<[string, Record<string, string>, object, string | null]>([
    [
      "is the header's",
      { "x-on-behalf-of": "3A1F5C0E-7D2B-4C8E-9F10-000000000002" },
      {},
      "3a1f5c0e-7d2b-4c8e-9f10-000000000002",
    ],
    ["is nobody by default", {}, {}, null],
  ])("%s, and goes into the audit row", async (_, headers, changes, expected) => {
    const service = await start(testSettings(database));
    await service.ready;
    const sent = call<{ id: string }>(service, "POST /internal/assessments", assessment({ ...changes }), { headers });
    const { status, body } = await sent;
    expect(status).toBe(201);
    const rows = await postgres.query(database, "select actor_id from audit_logs where resource_id = $1", [body.id]);
    expect(rows).toEqual([{ actor_id: expected }]);
    if (expected !== null) expect(text(service)).not.toContain(expected);
  });

  test.each<[string, Record<string, string>, object, number, string]>([
    ["that is no id", { "x-on-behalf-of": "me" }, {}, 400, "/x-on-behalf-of"],
    ["that does not exist", { "x-on-behalf-of": NOBODY }, {}, 422, "/x-on-behalf-of"],
  ])("is refused if it is one %s", async (_, headers, changes, status, pointer) => {
    const service = await start(testSettings(database));
    await service.ready;
    const answer = await call(service, "POST /internal/assessments", assessment({ ...changes }), { headers });
    expect([answer.status, answer.body.errors?.map((error) => error.pointer)]).toEqual([status, [pointer]]);
  });

  test("is refused on a read if it is no id", async () => {
    const service = await start(testSettings(database));
    await service.ready;
    const answer = await call(service, MODEL, undefined, { headers: { "x-on-behalf-of": "me" } });
    expect([answer.status, answer.body.errors?.[0]?.pointer]).toEqual([400, "/x-on-behalf-of"]);
  });
});

test.each([
  "",
  "[]",
  "{}",
  "not JSON",
  '[{"name":"x","subject":"ml-api","may":["listAssessments"]}]',
  '[{"name":"x","subject":"system:serviceaccount:a:b","may":[]}]',
  '[{"name":"x","subject":"system:serviceaccount:a:b","may":["dropEverything"]}]',
])("CALLERS %j is no list of callers", (value) => expect(parseCallers(value)).toBeUndefined());
