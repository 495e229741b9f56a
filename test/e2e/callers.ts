import { strict as assert } from "node:assert";
import type { Volume } from "../../imports/k8s";
import { DATA_SVC, SERVICE_TLS_SECRET, TLS_KEYS } from "../../lib/contract";
import { find } from "../../lib/deploy/manifests";
import type { E2e } from "./case";
import { serviceImage } from "./images";
import { startPod, type TestPod } from "./pods";

/** On test pods that may open connections, as the policies of the service that they stand for would let them. */
export const MAY_CALL = { "diabrisk-e2e/egress": "open" };

/** Lets the pods with `MAY_CALL` connect to anywhere, so that what stops them is the other side's policy. */
export async function letCallersOut(e2e: E2e): Promise<void> {
  const name = "e2e-egress";
  e2e.cleanUp(`policy ${name}`, () => e2e.kubectl.run(["delete", "networkpolicy", name, "--ignore-not-found"]));
  await e2e.apply({
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name },
    spec: { podSelector: { matchLabels: MAY_CALL }, policyTypes: ["Egress"], egress: [{}] },
  });
}

/** Folder in a caller's pod with its tokens, which the kubelet renews. */
const TOKENS = "/var/run/secrets/diabrisk";

/** Files with a caller's token for data-svc, and with one that is as good but for somebody else. */
export const TOKEN_FILES = { own: `${TOKENS}/token`, elsewhere: `${TOKENS}/elsewhere` } as const;

const AUTHORITY = "/var/run/secrets/data-svc-authority";

/** File in a caller's pod with the authority of data-svc's certificate. */
export const AUTHORITY_FILE = `${AUTHORITY}/${TLS_KEYS.authority}`;

/** As docs/data-svc.md has a caller mount it. */
const authorityVolume = (name: string): Volume => ({
  name,
  secret: { secretName: SERVICE_TLS_SECRET, items: [{ key: TLS_KEYS.authority, path: TLS_KEYS.authority }] },
});

const tokenVolume = (name: string): Volume => ({
  name,
  projected: {
    sources: [
      { serviceAccountToken: { path: "token", audience: DATA_SVC.name, expirationSeconds: 3600 } },
      { serviceAccountToken: { path: "elsewhere", audience: "elsewhere", expirationSeconds: 3600 } },
    ],
  },
});

/**
 * A pod that stands for one of the services that may call data-svc: with its label, its ServiceAccount and a token.
 * @param app default the first that the policy names
 * @param asked default "healthz" of data-svc's Service; what it waits for
 */
export async function startCaller(
  e2e: E2e,
  name = "e2e-caller",
  app = allowedCaller(e2e),
  asked = `https://${DATA_SVC.name}:${DATA_SVC.port}/healthz`,
): Promise<TestPod> {
  await letCallersOut(e2e);
  await makeAccount(e2e, app);
  const pod = await startPod(e2e, {
    name,
    image: serviceImage(e2e),
    labels: { ...MAY_CALL, app },
    serviceAccount: app,
    mounts: { [TOKENS]: tokenVolume("tokens"), [AUTHORITY]: authorityVolume("data-svc-authority") },
  });
  await e2e.wait({
    what: "the network to know the new pod",
    seconds: 60,
    async poll() {
      const { code, stderr } = await pod.run("node", "-e", REQUEST, asked);
      return {
        state: code === 0 ? "ready" : "waiting",
        detail: stderr.trim(),
      };
    },
  });
  return pod;
}

/** The service's own chart makes its ServiceAccount; here nobody has. */
async function makeAccount(e2e: E2e, name: string): Promise<void> {
  e2e.cleanUp(`account ${name}`, () => e2e.kubectl.run(["delete", "serviceaccount", name, "--ignore-not-found"]));
  await e2e.apply({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name },
    automountServiceAccountToken: false,
  });
}

/** A value of the `app` label that data-svc's policy lets in. */
export function allowedCaller({ files }: E2e): string {
  const { spec } = find(files, "NetworkPolicy", DATA_SVC.name) as unknown as { spec: PolicySpec };
  const peers = spec.ingress.flatMap((rule) => rule.from ?? []);
  const app = peers.map((peer) => peer.podSelector?.matchLabels?.app).find((label) => label !== undefined);
  assert.ok(app, "data-svc's policy names no caller");
  return app;
}

interface PolicySpec {
  readonly ingress: readonly {
    readonly from?: readonly { readonly podSelector?: { readonly matchLabels?: Readonly<Record<string, string>> } }[];
  }[];
}

/**
 * Prints the answer's body, and exits with 1 unless its status is 2xx. Verifies data-svc by its name at each of its addresses. Runs
 * in the image's Node.js: no other tool is in every image.
 */
const REQUEST = `
const [url, body, tokenFile] = process.argv.slice(1);
const { readFileSync } = require("fs");
const headers = { "Content-Type": "application/json" };
if (tokenFile) headers.Authorization = "Bearer " + readFileSync(tokenFile, "utf8").trim();
const options = { method: body ? "POST" : "GET", headers, agent: false, signal: AbortSignal.timeout(15_000) };
const tls = { ca: readFileSync("${AUTHORITY_FILE}"), servername: "${DATA_SVC.name}" };
const request = url.startsWith("https:")
  ? require("https").request(url, { ...options, ...tls }, show)
  : require("http").request(url, options, show);
function show(answer) {
  process.exitCode = answer.statusCode >= 200 && answer.statusCode < 300 ? 0 : 1;
  answer.setEncoding("utf8").on("data", (text) => process.stdout.write(text)).on("end", () => console.log(""));
}
request.on("error", ({ code, message }) => {
  process.exitCode = 1;
  console.error(code ?? message);
});
request.end(body);`;

/** What data-svc at `host` says of its readiness. */
export async function readyz(caller: TestPod, host: string): Promise<Readyz> {
  const url = `https://${host}:${DATA_SVC.port}${DATA_SVC.readinessPath}`;
  const { stdout } = await caller.run("node", "-e", REQUEST, url, "");
  return JSON.parse(stdout) as Readyz;
}

export interface Readyz {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, { readonly status: string; readonly message: string } | undefined>>;
}

/** Addresses of data-svc's pods. */
export async function podAddresses({ kubectl }: E2e): Promise<readonly string[]> {
  return (await kubectl.list("pods", `app=${DATA_SVC.name}`)).map(({ status }) => String(status?.podIP));
}

/** Address of one of data-svc's pods. */
export const podAddress = async (e2e: E2e) => (await podAddresses(e2e))[0] ?? "";

/**
 * Calls data-svc from a pod; shows the call and its answer.
 * @param host default its Service's name
 * @throws AssertionError unless it is 2xx
 */
export async function call<Answer>(
  e2e: E2e,
  caller: TestPod,
  path: string,
  body?: object,
  host: string = DATA_SVC.name,
): Promise<Answer> {
  const url = `https://${host}:${DATA_SVC.port}${path}`;
  const sent = body ? JSON.stringify(body) : "";
  const { code, stdout, stderr } = await caller.run("node", "-e", REQUEST, url, sent, TOKEN_FILES.own);
  e2e.evidence(`${body ? "POST" : "GET"} ${path}\n${stdout}${stderr}`);
  assert.equal(code, 0, `${path} did not answer with success: ${stdout}${stderr}`);
  return JSON.parse(stdout) as Answer;
}

/**
 * Asks data-svc for what it has to refuse; shows the answer.
 * @param tokenFile default none
 * @throws AssertionError unless it is this problem
 */
export async function refused(
  e2e: E2e,
  caller: TestPod,
  path: string,
  problem: string,
  tokenFile: string = "",
): Promise<void> {
  const url = `https://${DATA_SVC.name}:${DATA_SVC.port}${path}`;
  const { stdout, stderr } = await caller.run("node", "-e", REQUEST, url, "", tokenFile);
  e2e.evidence(`GET ${path}\n${stdout}${stderr}`);
  assert.match(stdout, new RegExp(`"type":"urn:diabrisk:problem:${problem}"`));
}
