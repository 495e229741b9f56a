import { strict as assert } from "node:assert";
import type { Volume } from "../../../imports/k8s";
import { DATABASE, TLS_SECRET } from "../../../lib/contract";
import type { Logins } from "../../../lib/deploy/rotate";
import { serverNames } from "../../../lib/postgres/identity";
import { issueTls } from "../../../lib/secrets/issue";
import type { E2e } from "../case";
import { query } from "../database";
import { credentialsInCluster, tlsValues, untilFollowed } from "../rotation";
import { untilReady, untilRolledOut } from "../server";
import { type AlertFault, SCRAPES } from "./fault";
import { openSessions } from "./sessions";

/** Gives the server a certificate that ends in `days`. Data-svc tells the end of the one that it meets, so it has to connect anew. */
const expiring = (days: number) => async (e2e: E2e) => {
  const before = await credentialsInCluster(e2e);
  // A certificate lasts a year from the day that it is made for.
  const tls = await issueTls(serverNames(e2e.namespace), new Date(Date.now() - (365 - days) * 86_400_000));
  const serve = async (now: Logins, then: Logins) => {
    const data = Object.fromEntries(
      Object.entries(tlsValues(then)).map(([key, text]) => [key, Buffer.from(text).toString("base64")]),
    );
    await e2e.kubectl.run([
      ...["patch", `secret/${TLS_SECRET}`, "--type=merge", `--patch=${JSON.stringify({ data })}`],
    ]);
    await untilFollowed(e2e, "tls", now, then);
    await query(e2e, "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'data_svc'");
  };
  const after = { ...before, tls };
  await serve(before, after);
  return () => serve(after, before);
};

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
    begin: expiring(10),
  },
  {
    name: "the certificate ends in two days",
    alerts: ["PostgresCertificateExpires critical", "PostgresCertificateExpires warning"],
    seconds: SCRAPES,
    begin: expiring(2),
  },
  {
    name: "a session goes without TLS",
    alerts: ["PostgresSessionWithoutTls critical"],
    seconds: SCRAPES,
    begin: withoutTls,
  },
];
