import * as path from "node:path";
import { CREDENTIAL_KEYS, TLS_KEYS } from "../../lib/contract";
import { find } from "../../lib/deploy/manifests";
import { type Logins, rotate, untilFollowed as rotated } from "../../lib/deploy/rotate";
import { type Credentials, databaseUrl, databaseUsers, passwordOf, secretName } from "../../lib/secrets/credentials";
import { credentialsFile, loadCredentials } from "../../lib/secrets/file";
import {
  CERTIFICATES,
  type CertificateName,
  isCertificate,
  type Rotatable,
  secretOf,
  userOf,
} from "../../lib/secrets/required";
import { dev } from "../../lib/stages/dev";
import { tlsNames } from "../../lib/stages/tls-names";
import type { E2e } from "./case";
import { query } from "./database";
import { restartsOf } from "./pods";

/** What dev was deployed with. */
export const deployedCredentials = ({ root }: E2e): Promise<Credentials> =>
  loadCredentials(path.join(root, credentialsFile(dev.name)), {
    names: tlsNames(dev, dev.namespace),
    users: databaseUsers(dev),
  });

/** Reads the Secrets of the group's namespace, whoever filled them. */
export async function credentialsInCluster({ kubectl, stage }: E2e): Promise<Logins> {
  const read = async (name: string, key: string) => {
    const secret = (await kubectl.get(`secret/${name}`)) as { data?: Record<string, string> } | undefined;
    return Buffer.from(secret?.data?.[key] ?? "", "base64").toString();
  };
  const passwords = databaseUsers(stage).map(async (user) => [
    user,
    await read(secretName(user), CREDENTIAL_KEYS.password),
  ]);
  const pair = async (what: CertificateName) => ({
    certificate: await read(secretOf(what), TLS_KEYS.certificate),
    key: await read(secretOf(what), TLS_KEYS.key),
  });
  return {
    passwords: Object.fromEntries(await Promise.all(passwords)),
    tls: {
      authority: { certificate: await read(secretOf("tls"), TLS_KEYS.authority), key: "" },
      server: await pair("tls"),
      service: await pair("data-svc-tls"),
    },
  };
}

/** Waits until the server follows a change that is on its way to its Secret. Returns the seconds waited. */
export async function untilFollowed(e2e: E2e, what: Rotatable, before: Logins, after: Logins): Promise<number> {
  const kubectl = e2e.kubectl.in(e2e.namespace);
  return await rotated({ kubectl, what, before, after, say: (line) => e2e.say(line), signal: e2e.signal });
}

/** As `npm run secrets -- rotate`, without the file: dev's own is somebody's. */
export async function change(e2e: E2e, what: Rotatable, before: Logins, after: Logins): Promise<void> {
  const values = isCertificate(what) ? tlsValues(what, after) : loginValues(what, after);
  const data = Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString("base64")]);
  const secret = { ...find(e2e.files, "Secret", secretOf(what)), data: Object.fromEntries(data) };
  const kubectl = e2e.kubectl.in(e2e.namespace);
  const apps = e2e.stage.clients.map(({ app }) => app);
  await rotate({ kubectl, what, apps, secret, before, after, say: (line) => e2e.say(line), signal: e2e.signal });
}

/** Keys and values of a Secret with a certificate. */
export const tlsValues = (what: CertificateName, { tls }: Logins) => ({
  [TLS_KEYS.certificate]: tls[CERTIFICATES[what].part].certificate,
  [TLS_KEYS.key]: tls[CERTIFICATES[what].part].key,
  [TLS_KEYS.authority]: tls.authority.certificate,
});

function loginValues(what: Rotatable, logins: Logins) {
  const user = userOf(what);
  const own = passwordOf(logins, user);
  const { username, password, url } = CREDENTIAL_KEYS;
  return { [username]: user, [password]: own, [url]: databaseUrl(user, own) };
}

/** Has data-svc log in anew. */
export const endIdleSessions = (e2e: E2e) =>
  query(e2e, "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'data_svc' and state = 'idle'");

/** When PostgreSQL started, and each pod with how often its containers restarted: what a rotation leaves as it is. */
export async function running(e2e: E2e): Promise<readonly string[]> {
  const [[started] = []] = await query(e2e, "select pg_postmaster_start_time()");
  const pods = await e2e.kubectl.list("pods", "app in (postgres,data-svc)");
  const restarts = pods.map((pod) => `${pod.metadata.name} ${pod.metadata.uid}, restarts ${restartsOf(pod)}`);
  return [`postgres started ${started}`, ...restarts.sort()];
}
