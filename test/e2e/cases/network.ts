import { strict as assert } from "node:assert";
import { isDeepStrictEqual } from "node:util";
import { DATA_SVC, DATABASE } from "../../../lib/contract";
import { allowedCaller, letCallersOut, MAY_CALL } from "../callers";
import type { Case, E2e } from "../case";
import { claimNamespace } from "../namespaces";
import { startPod, type TestPod } from "../pods";

/** A Service of the cluster's own that everybody may reach: shows that a refusal is not the tool's. */
const DNS = { name: "cluster DNS", namespace: "kube-system", service: "kube-dns", port: 53 };

export const network: Case = {
  name: "network",
  title:
    "Only pods that a policy names reach PostgreSQL and data-svc; others cannot, from here or another namespace. The monitoring reaches metrics alone",
  async run(e2e) {
    await letCallersOut(e2e);
    const outside = `${e2e.namespace}-outside`;
    await claimNamespace(outside, e2e);
    const { monitoringNamespace } = e2e.stage.network;
    await requireNamespace(monitoringNamespace, e2e);
    const pods = await all({
      "a migration's pod": startPod(e2e, { name: "e2e-migrate", labels: { app: "migrate" } }),
      "a caller of data-svc": startPod(e2e, { name: "e2e-caller", labels: { ...MAY_CALL, app: allowedCaller(e2e) } }),
      "a pod of no policy": startPod(e2e, { name: "e2e-stranger" }),
      "a pod of no policy that may open connections": startPod(e2e, { name: "e2e-loose", labels: MAY_CALL }),
      "a pod of another namespace": startPod(e2e, { name: "e2e-outside", namespace: outside }),
      // Its name is the group's own: other groups have a pod there, too.
      "a pod of the monitoring's": startPod(e2e, { name: `${e2e.namespace}-watch`, namespace: monitoringNamespace }),
    });
    const found = await settled(e2e, pods);
    for (const [who, targets] of Object.entries(found)) e2e.evidence(`${who}: ${JSON.stringify(targets)}`);
    assert.deepEqual(found, EXPECTED);
    await Promise.all(Object.values(pods).map((pod) => pod.remove()));
  },
};

const METRICS = `${DATA_SVC.name}'s metrics`;
const SHUT = { postgres: "refused", "data-svc": "refused", [METRICS]: "refused", "cluster DNS": "open" };

const EXPECTED = {
  "a migration's pod": { ...SHUT, postgres: "open" },
  "a caller of data-svc": { ...SHUT, "data-svc": "open" },
  "a pod of no policy": { ...SHUT, "cluster DNS": "refused" },
  "a pod of no policy that may open connections": SHUT,
  "a pod of another namespace": SHUT,
  "a pod of the monitoring's": { ...SHUT, [METRICS]: "open" },
};

/** Makes a namespace that other groups may use as well, and leaves it there. */
async function requireNamespace(name: string, e2e: E2e): Promise<void> {
  if (await e2e.kubectl.get(`namespace/${name}`)) return;
  await e2e.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
}

/** The results of named promises, under the same names. */
async function all<Value>(promises: Readonly<Record<string, Promise<Value>>>): Promise<Record<string, Value>> {
  const entries = Object.entries(promises).map(async ([name, promise]) => [name, await promise] as const);
  return Object.fromEntries(await Promise.all(entries));
}

type Reached = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Policies take a moment to reach new pods: what each pod reaches once that is as expected, or for long not. */
async function settled(e2e: E2e, pods: Readonly<Record<string, TestPod>>): Promise<Reached> {
  const targets = await targetsOf(e2e);
  let found: Reached = {};
  for (
    const deadline = Date.now() + SETTLE_MILLISECONDS;
    Date.now() < deadline && !isDeepStrictEqual(found, EXPECTED);
  ) {
    found = await all(Object.fromEntries(Object.entries(pods).map(([who, pod]) => [who, reach(targets, pod)])));
  }
  return found;
}

interface Target {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

async function targetsOf(e2e: E2e): Promise<readonly Target[]> {
  const service = await address(e2e, e2e.namespace, DATA_SVC.name);
  return [
    { name: DATABASE.host, address: await address(e2e, e2e.namespace, DATABASE.host), port: DATABASE.port },
    { name: DATA_SVC.name, address: service, port: DATA_SVC.port },
    { name: METRICS, address: service, port: DATA_SVC.metricsPort },
    { name: DNS.name, address: await address(e2e, DNS.namespace, DNS.service), port: DNS.port },
  ];
}

const SETTLE_MILLISECONDS = 30_000;

/** Lists the addresses that a pod reaches. It asks by address, since most of these pods may not resolve a name. */
async function reach(targets: readonly Target[], pod: TestPod): Promise<Record<string, string>> {
  const answers = targets.map(async ({ name, address, port }) => {
    const { code } = await pod.sh(`nc -w 3 ${address} ${port} -e true`);
    return [name, code === 0 ? "open" : "refused"];
  });
  return Object.fromEntries(await Promise.all(answers));
}

const address = (e2e: E2e, namespace: string, service: string) =>
  e2e.kubectl.in(namespace).run(["get", "service", service, "--output=jsonpath={.spec.clusterIP}"]);
