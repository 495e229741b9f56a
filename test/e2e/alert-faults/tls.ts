import { strict as assert } from "node:assert";
import type { Volume } from "../../../imports/k8s";
import { DATA_SVC, DATABASE, TLS_KEYS } from "../../../lib/contract";
import type { Logins } from "../../../lib/deploy/rotate";
import { issueTls } from "../../../lib/secrets/issue";
import { CERTIFICATES, type CertificateName, secretOf } from "../../../lib/secrets/required";
import { tlsNames } from "../../../lib/stages/tls-names";
import type { E2e } from "../case";
import { query } from "../database";
import { credentialsInCluster, tlsValues, untilFollowed } from "../rotation";
import { untilReady, untilRolledOut } from "../server";
import { type AlertFault, MINUTE, SCRAPES } from "./fault";
import { openSessions } from "./sessions";

/** Gives a server a certificate that ends in `days`. Data-svc tells the end of the database's that it meets, so it has to connect anew. */
const expiring = (what: CertificateName, days: number) => async (e2e: E2e) => {
  const before = await credentialsInCluster(e2e);
  const { part } = CERTIFICATES[what];
  const names = tlsNames(e2e.stage, e2e.namespace)[part];
  // A certificate lasts a year from the day that it is made for.
  const { authority, server } = await issueTls(names, new Date(Date.now() - (365 - days) * 86_400_000));
  const serve = async (now: Logins, then: Logins) => {
    await put(e2e, what, tlsValues(what, then));
    await untilFollowed(e2e, what, now, then);
    await query(e2e, "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'data_svc'");
  };
  const after = { ...before, tls: { ...before.tls, authority, [part]: server } };
  await serve(before, after);
  return () => serve(after, before);
};

/** Puts values into a certificate's Secret. */
async function put(e2e: E2e, what: CertificateName, values: Readonly<Record<string, string>>): Promise<void> {
  const data = Object.fromEntries(
    Object.entries(values).map(([key, text]) => [key, Buffer.from(text).toString("base64")]),
  );
  await e2e.kubectl.run([
    ...["patch", `secret/${secretOf(what)}`, "--type=merge", `--patch=${JSON.stringify({ data })}`],
  ]);
}

/** Gives data-svc a key that is not its certificate's. */
async function unrelatedKey(e2e: E2e): Promise<() => Promise<void>> {
  const what = "data-svc-tls";
  const before = await credentialsInCluster(e2e);
  const { server } = await issueTls([DATA_SVC.name], new Date());
  await put(e2e, what, { [TLS_KEYS.key]: server.key });
  return () => put(e2e, what, tlsValues(what, before));
}

const SERVER = "statefulset/postgres";
const LAX = "e2e-lax-config";
const PLAIN = `host=127.0.0.1 sslmode=disable dbname=${DATABASE.name}`;

/** Somebody has added a rule that lets in who comes without TLS, and comes so. */
async function withoutTls(e2e: E2e): Promise<() => Promise<void>> {
  const strict = await configurationOf(e2e);
  const { data = {} } = (await e2e.kubectl.get(`configmap/${strict}`)) as { data?: Record<string, string> };
  const rule = `hostnossl all ${DATABASE.superuser} 127.0.0.1/32 trust\n`;
  const lax = { ...data, "pg_hba.conf": rule + data["pg_hba.conf"] };
  await e2e.apply({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: LAX }, data: lax });
  await configure(e2e, LAX);
  await openSessions(e2e, "e2e-plain", "select pg_sleep(1800)", { connection: PLAIN });
  return async () => {
    // Its restart ends the session.
    await configure(e2e, strict);
    await e2e.kubectl.run(["delete", "configmap", LAX]);
    await untilReady(e2e);
  };
}

interface Configured {
  readonly spec: { readonly template: { readonly spec: { readonly volumes: readonly Volume[] } } };
}

/** Name of the ConfigMap with the server's configuration. */
async function configurationOf({ kubectl }: E2e): Promise<string> {
  const { spec } = (await kubectl.get(SERVER)) as unknown as Configured;
  const found = spec.template.spec.volumes.find(({ name }) => name === "config");
  return found?.configMap?.name ?? assert.fail("the server has no configuration");
}

/** Starts the server anew with another configuration. */
async function configure(e2e: E2e, name: string): Promise<void> {
  const volumes = [{ name: "config", configMap: { name } }];
  const patch = JSON.stringify({ spec: { template: { spec: { volumes } } } });
  await e2e.kubectl.run(["patch", SERVER, "--type=strategic", `--patch=${patch}`]);
  await untilRolledOut(e2e, SERVER);
}

/** Faults of the certificate, and of who does without. */
export const TLS_FAULTS: readonly AlertFault[] = [
  {
    name: "the certificate ends in ten days",
    alerts: ["PostgresCertificateExpires warning"],
    seconds: SCRAPES,
    begin: expiring("tls", 10),
  },
  {
    name: "the certificate ends in two days",
    alerts: ["PostgresCertificateExpires critical", "PostgresCertificateExpires warning"],
    seconds: SCRAPES,
    begin: expiring("tls", 2),
  },
  {
    name: "data-svc's certificate ends in two days",
    alerts: ["DataServiceCertificateExpires critical", "DataServiceCertificateExpires warning"],
    seconds: SCRAPES,
    begin: expiring("data-svc-tls", 2),
  },
  {
    name: "data-svc's Secret has a key that is not its certificate's",
    alerts: ["DataServiceCertificateRefused warning"],
    // The kubelet takes up to a minute and a half to bring it.
    seconds: 90 + MINUTE + SCRAPES,
    begin: unrelatedKey,
  },
  {
    name: "a session goes without TLS",
    alerts: ["PostgresSessionWithoutTls critical"],
    seconds: SCRAPES,
    begin: withoutTls,
  },
];
