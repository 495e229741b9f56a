import { X509Certificate } from "node:crypto";
import { DATA_SVC, DATABASE } from "../contract";
import { type Credentials, type DatabaseUser, passwordOf } from "../secrets/credentials";
import { CERTIFICATES, isCertificate, type Rotatable, userOf } from "../secrets/required";
import { type Entered, enter } from "./enter";
import type { Kubectl, KubeObject } from "./kubectl";
import { forward } from "./port-forward";
import type { Readiness } from "./readiness";
import { shownCertificate } from "./shown-certificate";
import { waitFor } from "./waiting";

/** Everything that the server can be asked about. */
export type Logins = Pick<Credentials, "passwords" | "tls">;

export interface RotateOptions {
  readonly kubectl: Kubectl;
  readonly what: Rotatable;
  /** `app` labels of the services that run their own SQL. */
  readonly apps: readonly string[];
  /** The Secret's manifest, with the new value. */
  readonly secret: KubeObject;
  readonly before: Logins;
  readonly after: Logins;
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Leads to the server that takes writes, with every engine. */
const SERVER = `service/${DATABASE.host}`;

/** Longer than a kubelet needs to see a changed Secret by itself. */
const PATIENCE_SECONDS = 180;

/**
 * Applies a changed Secret and waits until the server uses it, asking over the network like any client.
 * @throws KubectlError, WaitError
 */
export async function rotate(options: RotateOptions): Promise<void> {
  const { kubectl, secret, say } = options;
  await kubectl.run(["apply", "--filename=-"], { input: JSON.stringify(secret) });
  say(`secret/${secret.metadata.name} is applied`);
  await hastenMounts(options);
  await untilFollowed(options);
}

/** A change of a Secret, whoever made it. */
export type Rotation = Omit<RotateOptions, "secret" | "apps">;

/** Waits until the server uses the changed Secret. Returns the seconds waited. @throws KubectlError, WaitError */
export async function untilFollowed(options: Rotation): Promise<number> {
  const { what, say, signal } = options;
  const asked = what === "data-svc-tls" ? "pods of data-svc" : SERVER;
  const seconds = await waitFor(
    { what: asked, seconds: PATIENCE_SECONDS, poll: () => poll(options) },
    { say, ...(signal && { signal }) },
  );
  say(`${done(options)} after ${Math.round(seconds)} s`);
  return seconds;
}

function poll(options: Rotation): Promise<Readiness> {
  const { what } = options;
  if (what === "data-svc-tls") return serviceCertificate(options);
  return isCertificate(what) ? certificate(options) : password(userOf(what), options);
}

/** Annotates the pods: a kubelet rereads Secrets when a pod changes, otherwise only within a minute or two. */
async function hastenMounts({ kubectl, apps }: Pick<RotateOptions, "kubectl" | "apps">): Promise<void> {
  const annotation = `diabrisk.io/secrets-changed=${Date.now()}`;
  const selector = `--selector=app in (${["postgres", "postgres-reloader", "data-svc", ...apps].join(",")})`;
  await kubectl.run(["annotate", "pods", selector, annotation, "--overwrite"]);
}

async function password(user: DatabaseUser, options: Rotation): Promise<Readiness> {
  const { before, after } = options;
  const current = await login(options, user, passwordOf(after, user));
  const former = await login(options, user, passwordOf(before, user));
  // Any other failure says nothing about the password.
  if (current.in && !former.in && /password authentication failed/.test(former.why))
    return { state: "ready", detail: "" };
  const detail = [current, former].map((entered, index) => `${index === 0 ? "new" : "old"} password ${said(entered)}`);
  return { state: "waiting", detail: detail.join(", ") };
}

const said = (entered: Entered) => (entered.in ? "accepted" : `refused (${entered.why})`);

/** Forwards anew for each login, because kubectl ends a forwarding when the other side resets one connection. */
async function login({ kubectl, after }: Rotation, user: DatabaseUser, password: string): Promise<Entered> {
  const { port, close } = await forward(kubectl, SERVER, DATABASE.port);
  try {
    return await enter({ port, user, password, authority: after.tls.authority.certificate });
  } finally {
    close();
  }
}

async function certificate(options: Rotation): Promise<Readiness> {
  const { after } = options;
  const entered = await login(options, DATABASE.superuser, passwordOf(after, DATABASE.superuser));
  if (!entered.in) return { state: "waiting", detail: entered.why };
  const wanted = serialOf("tls", after);
  const ready = entered.serial === wanted;
  return { state: ready ? "ready" : "waiting", detail: `certificate ${entered.serial} is served, not ${wanted} yet` };
}

/** Every pod of data-svc shows its own. */
async function serviceCertificate({ kubectl, after }: Rotation): Promise<Readiness> {
  const wanted = serialOf("data-svc-tls", after);
  const pods = await kubectl.list("pods", `app=${DATA_SVC.name}`);
  const shown = await Promise.all(
    pods.map(async ({ metadata: { name } }) => {
      const { port, close } = await forward(kubectl, name, DATA_SVC.port);
      const authority = after.tls.authority.certificate;
      const serial = await shownCertificate({ port, servername: DATA_SVC.name, authority }).finally(close);
      return serial === wanted ? [] : [`${name} shows certificate ${serial}, not ${wanted} yet`];
    }),
  );
  const others = pods.length === 0 ? ["there are no pods"] : shown.flat();
  return { state: others.length === 0 ? "ready" : "waiting", detail: others.join(", ") };
}

const serialOf = (what: keyof typeof CERTIFICATES, { tls }: Logins) =>
  new X509Certificate(tls[CERTIFICATES[what].part].certificate).serialNumber;

const done = ({ what, after }: Rotation) =>
  isCertificate(what)
    ? `${what === "tls" ? "the server" : DATA_SVC.name} serves certificate ${serialOf(what, after)}`
    : `the new password of ${userOf(what)} is accepted and the old one refused`;
