import type { KubeObject } from "../../../lib/deploy/kubectl";
import { preflight } from "../../../lib/deploy/preflight/preflight";
import { ApiServer } from "../support/api-server";

const object = (apiVersion: string, kind: string, name: string, rest: object = {}): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name },
  ...rest,
});
const labelled = (stage: string) => ({ metadata: { name: "diabrisk", labels: { "diabrisk.io/stage": stage } } });
const namespace = object("v1", "Namespace", "diabrisk", labelled("prod"));
const claiming = (storageClassName?: string) =>
  object("apps/v1", "StatefulSet", "postgres", {
    spec: {
      replicas: 1,
      template: pods("postgres", "1", "1Gi"),
      volumeClaimTemplates: [{ metadata: { name: "data" }, spec: { ...(storageClassName && { storageClassName }) } }],
    },
  });
const pods = (app: string, cpu: string, memory: string, more: object = {}) => ({
  metadata: { labels: { app } },
  spec: { containers: [{ image: "x:1", resources: { requests: { cpu, memory }, limits: { cpu, memory } } }], ...more },
});
const running = (app: string, cpu: string, phase = "Running") =>
  object("v1", "Pod", `${app}-1`, {
    ...pods(app, cpu, "64Mi"),
    metadata: { name: `${app}-1`, labels: { app } },
    status: { phase },
  });
const storageClass = (name: string, isDefault: boolean) =>
  object("storage.k8s.io/v1", "StorageClass", name, {
    metadata: { name, annotations: { "storageclass.kubernetes.io/is-default-class": String(isDefault) } },
  });
const external = object("external-secrets.io/v1", "ExternalSecret", "postgres-secret", {
  spec: { secretStoreRef: { kind: "ClusterSecretStore", name: "diabrisk" } },
});
const certificate = object("cert-manager.io/v1", "Certificate", "postgres-tls", {
  spec: { issuerRef: { kind: "ClusterIssuer", name: "diabrisk" } },
});
const ready = (status: string) => ({ status: { conditions: [{ type: "Ready", status, message: "no permission" }] } });
const OPERATORS = { "external-secrets.io/v1": ["ExternalSecret"], "cert-manager.io/v1": ["Certificate"] };

async function check(present: readonly KubeObject[], release: readonly KubeObject[], change = (_: ApiServer) => {}) {
  const server = new ApiServer(present);
  change(server);
  return await preflight([{ path: "x.yaml", objects: release }], server);
}
const withOperators = (server: ApiServer) => Object.assign(server.served, OPERATORS);

test("finds nothing where all is there", async () => {
  const present = [
    storageClass("local-path", true),
    object("external-secrets.io/v1", "ClusterSecretStore", "diabrisk", ready("True")),
    object("cert-manager.io/v1", "ClusterIssuer", "diabrisk", ready("True")),
  ];
  const found = await check(present, [namespace, claiming(), external, certificate], withOperators);
  expect(found).toEqual({ problems: [], unchecked: [], remarks: [], unserved: [] });
});

test("names everything that is wrong at once", async () => {
  const image = `"diabrisk/data-svc:1@sha256:${"0".repeat(64)}"`;
  const unreleased = object("apps/v1", "Deployment", "data-svc", { spec: JSON.parse(`{"image":${image}}`) });
  const present = [object("v1", "Namespace", "diabrisk", labelled("staging"))];
  const { problems, unserved } = await check(present, [namespace, claiming("fast"), external, certificate, unreleased]);
  expect(problems).toEqual([
    "The cluster does not serve ExternalSecret in external-secrets.io/v1. Install the External Secrets operator, in a version that serves external-secrets.io/v1.",
    "The cluster does not serve Certificate in cert-manager.io/v1. Install cert-manager, in a version that serves cert-manager.io/v1.",
    expect.stringContaining("has a digest of zeros"),
    expect.stringContaining("Namespace diabrisk of this cluster is stage staging's"),
    "database.storageClass is fast, which the cluster does not have, so the volume data-postgres-0 would never be made. It has none.",
  ]);
  expect(unserved).toEqual([external, certificate]);
});

describe("a volume", () => {
  test("without a class needs a default one", async () => {
    const { problems } = await check([storageClass("slow", false)], [claiming()]);
    expect(problems).toEqual([
      expect.stringMatching(/^The cluster has no default StorageClass, .* of the cluster's \(slow\)/),
    ]);
  });

  test("that is there needs none", async () =>
    expect(await check([object("v1", "PersistentVolumeClaim", "data-postgres-0")], [claiming("gone")])).toMatchObject({
      problems: [],
    }));
});

describe("the API server", () => {
  const range = (cidr: string, ...except: string[]) => ({ ipBlock: { cidr, ...(except.length > 0 && { except }) } });
  const policy = (to: readonly object[], port: object = { port: 6443 }) =>
    object("networking.k8s.io/v1", "NetworkPolicy", "data-svc", { spec: { egress: [{ to, ports: [port] }] } });
  const at = (port: number, ...addresses: string[]) =>
    object("discovery.k8s.io/v1", "EndpointSlice", "kubernetes", {
      ...{ endpoints: [{ addresses }], ports: [{ name: "https", port }] },
      metadata: { name: "kubernetes", labels: { "kubernetes.io/service-name": "kubernetes" } },
    });
  const told = async (server: KubeObject, ...rest: Parameters<typeof policy>) =>
    (await check([server], [policy(...rest)])).problems;

  test.each<[string, KubeObject, ...Parameters<typeof policy>]>([
    ["in a range", at(6443, "10.1.2.3"), [range("10.0.0.0/8")]],
    ["of version 6", at(6443, "fd00::1"), [range("10.0.0.0/8"), range("fd00::/8")]],
    ["at a port of several", at(6444, "10.1.2.3"), [range("10.0.0.0/8")], { port: 6440, endPort: 6450 }],
    ["where a rule names no peer", at(6443, "203.0.113.7"), []],
    ["where a rule names no port", at(443, "10.1.2.3"), [range("10.0.0.0/8")], {}],
  ])("is reached %s", async (_, server, ...allowed) => expect(await told(server, ...allowed)).toEqual([]));

  test.each<[string, KubeObject, ...Parameters<typeof policy>]>([
    ["203.0.113.7:6443", at(6443, "10.1.2.3", "203.0.113.7"), [range("10.0.0.0/8")]],
    ["10.1.2.3:443", at(443, "10.1.2.3"), [range("10.0.0.0/8")]],
    ["10.1.2.3:6443", at(6443, "10.1.2.3"), [range("10.0.0.0/8", "10.1.0.0/16")]],
    ["10.1.2.3:6443", at(6443, "10.1.2.3"), [range("10.0.0.0/8")], { port: 6443, protocol: "UDP" }],
    ["[fd00::1]:6443", at(6443, "fd00::1"), [range("10.0.0.0/8")]],
    ["10.1.2.3:6443", at(6443, "10.1.2.3"), [{ podSelector: {} }]],
  ])("at %s is not", async (where, server, ...allowed) =>
    expect(await told(server, ...allowed)).toEqual([
      `data-svc may not connect to the cluster's API server at ${where}, so it could not read the keys of its callers' tokens, and would not become ready. ` +
        "Set network.apiServer in the stage to what `kubectl get endpointslices kubernetes -n default` shows.",
    ]),
  );

  test("whose addresses nobody lists is not checked, and that is said", async () =>
    expect(await check([], [policy([range("10.0.0.0/8")])])).toMatchObject({
      problems: [],
      unchecked: [expect.stringContaining("`kubectl get endpointslices kubernetes -n default` shows none")],
    }));
});

describe("a store or an issuer", () => {
  const stores = (...present: KubeObject[]) => check(present, [external, certificate], withOperators);

  test("that is missing is told with what needs it", async () =>
    expect((await stores()).problems).toEqual([
      "clustersecretstore.external-secrets.io/diabrisk is not in the cluster, and externalsecret postgres-secret would wait for it. Make it, or name another in the stage.",
      "clusterissuer.cert-manager.io/diabrisk is not in the cluster, and certificate postgres-tls would wait for it. Make it, or name another in the stage.",
    ]));

  test("that says it cannot work is told with its reason; one that says nothing is taken", async () => {
    const store = object("external-secrets.io/v1", "ClusterSecretStore", "diabrisk", ready("False"));
    const issuer = object("cert-manager.io/v1", "ClusterIssuer", "diabrisk");
    expect((await stores(store, issuer)).problems).toEqual([
      "clustersecretstore.external-secrets.io/diabrisk is not ready (no permission), and externalsecret postgres-secret would wait for it.",
    ]);
  });
});

describe("the namespace's quota", () => {
  const quota = (hard: object) => object("v1", "ResourceQuota", "diabrisk", { spec: { hard } });
  const service = object("apps/v1", "Deployment", "data-svc", {
    spec: { replicas: 2, template: pods("data-svc", "500m", "64Mi"), strategy: { rollingUpdate: { maxSurge: 1 } } },
  });
  const init = {
    initContainers: [
      { resources: { requests: { cpu: "2" } } },
      { restartPolicy: "Always", resources: { requests: { cpu: "1" } } },
    ],
  };
  const job = object("batch/v1", "Job", "migrate", { spec: { template: pods("migrate", "250m", "64Mi", init) } });
  const other = running("other", "400m");

  test("holds the rolling update's pod and the Job beside others, and not more", async () => {
    const release = [service, job, quota({ "requests.cpu": "3900m", "limits.memory": "320Mi", pods: "5" })];
    expect((await check([other], release)).problems).toEqual([]);
    const less = [service, job, quota({ "requests.cpu": "3800m", "limits.memory": "319Mi", pods: "4" })];
    expect((await check([other, running("done", "9", "Succeeded")], less)).problems).toEqual([
      "The namespace's quota diabrisk allows 3800m of requests.cpu, but what will run during the deployment needs 3.9 (data-svc 1.5, migrate 2, and other pods use 0.4). Raise the quota, lower what pods ask for, or remove other pods.",
      expect.stringContaining(
        "allows 319Mi of limits.memory, but what will run during the deployment needs 320Mi (data-svc 192Mi, migrate 64Mi, and other pods use 64Mi)",
      ),
      expect.stringContaining("allows 4 of pods, but what will run during the deployment needs 5"),
    ]);
  });

  test("is the release's where it changes one, and somebody's own beside it", async () => {
    const present = [quota({ pods: "1" }), { ...quota({ pods: "2" }), metadata: { name: "own" } }];
    expect((await check(present, [service, quota({ pods: "9" })])).problems).toEqual([
      expect.stringContaining("quota own allows 2 of pods"),
    ]);
  });

  test("counts running pods that are larger than the new ones", async () => {
    const large = [running("data-svc", "2"), running("data-svc", "2")];
    expect((await check(large, [service, quota({ "requests.cpu": "4" })])).problems).toEqual([
      expect.stringContaining("needs 4.5"),
    ]);
  });
});

test("what this person may not read is said, and is no problem", async () => {
  const found = await check([], [namespace, claiming()], (server) => {
    server.forbidden = /storageclasses|resourcequotas|get namespace/;
  });
  expect(found.problems).toEqual([]);
  expect(found.unchecked).toEqual([
    "The namespace's stage could not be checked: Error from server (Forbidden): you may not",
    "StorageClasses could not be checked: Error from server (Forbidden): you may not",
    "The quota of namespace diabrisk could not be checked: Error from server (Forbidden): you may not",
  ]);
});
