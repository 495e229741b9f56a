import type { KubeObject } from "../../../lib/deploy/kubectl";
import { checkClusterOperator } from "../../../lib/deploy/preflight/cluster-operator";
import { preflight } from "../../../lib/deploy/preflight/preflight";
import { prodHa } from "../../../lib/stages/prod-ha";
import { objectsOf } from "../../support/manifests";
import { ApiServer } from "../support/api-server";

const cluster: KubeObject = {
  apiVersion: "postgresql.cnpg.io/v1",
  kind: "Cluster",
  metadata: { name: "postgres" },
  spec: {
    instances: 3,
    resources: { requests: { cpu: "2", memory: "1Gi" }, limits: { cpu: "2", memory: "1Gi" } },
    inheritedMetadata: { labels: { app: "postgres" } },
    storage: { size: "10Gi" },
  },
};
const store: KubeObject = {
  apiVersion: "barmancloud.cnpg.io/v1",
  kind: "ObjectStore",
  metadata: { name: "postgres-archive" },
};
const deployment = (name: string, image: string, readyReplicas = 1, namespace = "operators"): KubeObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, namespace },
  spec: { template: { spec: { containers: [{ image }] } } },
  status: { readyReplicas },
});
const operator = (version = "1.30.0", ready = 1) =>
  deployment("cnpg", `registry.example:5000/cloudnative-pg/cloudnative-pg:${version}`, ready);
const plugin = (version = "v0.14.0", ready = 1) =>
  deployment("barman", `ghcr.io/cloudnative-pg/plugin-barman-cloud:${version}`, ready);
const check = (...present: KubeObject[]) => checkClusterOperator([cluster, store], new ApiServer(present));

test("finds nothing where both run in the versions that were tried", async () =>
  expect(await check(operator(), plugin())).toEqual({ problems: [], unchecked: [], remarks: [] }));

test("asks nothing for a stage without a cluster", async () => {
  const server = new ApiServer([]);
  await checkClusterOperator([store], server);
  expect(server.commands).toEqual([]);
});

test("tells which of them no Deployment runs, and what would come of it", async () =>
  expect((await check()).problems).toEqual([
    "No Deployment of the cluster runs CloudNativePG, and the Cluster would wait for it for ever. Install it.",
    "No Deployment of the cluster runs CloudNativePG's Barman Cloud plugin, and the Cluster would make no instance. Install it.",
  ]));

test("tells of one without a ready pod", async () =>
  expect((await check(operator("1.30.0", 0), plugin())).problems).toEqual([
    "CloudNativePG (Deployment operators/cnpg) has no ready pod, and the Cluster would wait for it for ever. See why: kubectl describe.",
  ]));

test("refuses an older version, remarks on a newer one, and says that a digest hides it", async () => {
  expect((await check(operator("1.29.3"), plugin())).problems).toEqual([
    "CloudNativePG is of version 1.29.3, which does not know all that the stage's objects ask of it. Update it to 1.30.",
  ]);
  expect((await check(operator("1.31.0"), plugin())).remarks).toEqual([
    "CloudNativePG is of version 1.31.0; this release was tried with 1.30.",
  ]);
  const hidden = deployment("cnpg", `ghcr.io/cloudnative-pg/cloudnative-pg@sha256:${"1".repeat(64)}`);
  expect((await check(hidden, plugin())).unchecked).toEqual([expect.stringContaining("The version of CloudNativePG")]);
});

describe("the place of the operator", () => {
  const OPERATED = objectsOf(prodHa) as unknown as readonly KubeObject[];
  const OWN = "cnpg-system";
  const programs = (operatorPlace: string, pluginPlace: string) => [
    deployment("cnpg", "cloudnative-pg/cloudnative-pg:1.30.0", 1, operatorPlace),
    deployment("barman", "cloudnative-pg/plugin-barman-cloud:v0.14.0", 1, pluginPlace),
  ];
  const found = async (operatorPlace: string, pluginPlace: string) =>
    (await checkClusterOperator(OPERATED, new ApiServer(programs(operatorPlace, pluginPlace)))).problems;

  test("is the one that the policies let in", async () => expect(await found(OWN, OWN)).toEqual([]));

  test("is told where it is another one, since the Cluster would never get ready", async () =>
    expect(await found("elsewhere", "elsewhere")).toEqual([
      "CloudNativePG runs in namespace elsewhere, but the stage's policies let in cnpg-system, so the Cluster would never get ready. Set cluster.operatorNamespace to where it runs.",
    ]));

  test("is its plugin's, too", async () =>
    expect(await found(OWN, "elsewhere")).toEqual([
      "CloudNativePG's Barman Cloud plugin runs in namespace elsewhere, but CloudNativePG looks for it in its own, cnpg-system. Install it there.",
    ]));
});

describe("the bug by which a drain waits for ever", () => {
  const live = (currentPrimary: string): KubeObject => ({
    ...cluster,
    status: { currentPrimary, instanceNames: ["postgres-10", "postgres-2", "postgres-3"] },
  });

  test("is told where it applies, with the way around", async () =>
    expect((await check(operator(), plugin(), live("postgres-3"))).remarks).toEqual([
      expect.stringMatching(
        /^postgres-3 is the primary, not postgres-2, .*#11202.*: kubectl cnpg promote postgres postgres-2$/,
      ),
    ]));

  test("is not told where the primary is the first", async () =>
    expect((await check(operator(), plugin(), live("postgres-2"))).remarks).toEqual([]));
});

describe("the preflight of a stage with a cluster", () => {
  const quota = {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: { name: "diabrisk" },
    spec: { hard: { "requests.cpu": "5" } },
  };
  const served = { "postgresql.cnpg.io/v1": ["Cluster"], "barmancloud.cnpg.io/v1": ["ObjectStore"] };
  const problemsWith = async (change: Record<string, readonly string[]>, ...present: KubeObject[]) => {
    const server = new ApiServer(present);
    Object.assign(server.served, change);
    return (await preflight([{ path: "x.yaml", objects: [cluster, store, quota] }], server)).problems;
  };

  test("asks for the definitions before anything else", async () =>
    expect(await problemsWith({})).toEqual([
      expect.stringMatching(/does not serve Cluster .* Install CloudNativePG, /),
      expect.stringMatching(/does not serve ObjectStore .* Install CloudNativePG's Barman Cloud plugin, /),
    ]));

  test("counts every instance, and asks for a StorageClass", async () =>
    expect(await problemsWith(served, operator(), plugin())).toEqual([
      expect.stringMatching(/no default StorageClass, so the volume postgres-1 would never be made/),
      expect.stringMatching(/quota diabrisk allows 5 of requests\.cpu, .* needs 6 \(postgres 6\)/),
    ]));
});
