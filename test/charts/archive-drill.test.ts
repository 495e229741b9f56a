import * as fs from "node:fs";
import { BackupChart } from "../../lib/charts/backup";
import { DatabaseChart } from "../../lib/charts/database";
import { NetworkChart } from "../../lib/charts/network";
import { DEFINITIONS, faults, schemaOf } from "../support/crd-schema";
import { all, chartOf, containersOf, only, podsOf } from "../support/manifests";
import { clustered, common } from "../support/stages";

const NAME = "postgres-archive-drill";
const objects = chartOf(BackupChart, clustered);
const live = only(chartOf(DatabaseChart, clustered), "Cluster").spec;
const config = all(objects, "ConfigMap").find(({ data }) => data["cluster.json"]);
const recovered = JSON.parse(config?.data["cluster.json"]);
const pod = podsOf(objects).find(({ metadata }) => metadata.labels.app === NAME);
const app = (name: string) => ({ podSelector: { matchLabels: { app: name } } });
const tcp = (port: number) => [{ port, protocol: "TCP" }];

describe("the Cluster that a drill of the archive recovers", () => {
  test("is one server with an instance's image, settings, volumes and resources", () => {
    expect(recovered).toMatchObject({ kind: "Cluster", metadata: { name: "postgres-drill" }, spec: { instances: 1 } });
    for (const same of ["imageName", "resources", "storage", "walStorage", "enableSuperuserAccess"])
      expect([same, recovered.spec[same]]).toEqual([same, live[same]]);
    expect(recovered.spec.postgresql).toEqual({
      parameters: live.postgresql.parameters,
      pg_hba: live.postgresql.pg_hba,
      pg_ident: live.postgresql.pg_ident,
    });
  });

  test("reads the archive, and can never write into it", () => {
    const source = { barmanObjectName: "postgres-archive", serverName: live.plugins[0].parameters.serverName };
    expect(recovered.spec.externalClusters).toEqual([
      { name: "postgres-archive", plugin: { name: "barman-cloud.cloudnative-pg.io", parameters: source } },
    ]);
    expect(recovered.spec.bootstrap).toEqual({ recovery: { source: "postgres-archive" } });
    expect(Object.keys(recovered.spec)).not.toEqual(expect.arrayContaining(["plugins"]));
    expect(recovered.spec.postgresql.synchronous).toBeUndefined();
  });

  test("has pods that no Service, policy or monitor of the database selects", () => {
    expect(recovered.spec.inheritedMetadata.labels).toEqual({ app: "postgres-recovered" });
    const service = only(chartOf(DatabaseChart, clustered), "Service");
    expect(service.spec.selector).toMatchObject({ app: "postgres", "cnpg.io/cluster": "postgres" });
  });

  test("needs no budget, and no node of its own", () => {
    expect(recovered.spec).toMatchObject({ enablePDB: false, affinity: { enablePodAntiAffinity: false } });
    expect(recovered.spec.topologySpreadConstraints).toBeUndefined();
  });

  const compared = fs.existsSync(DEFINITIONS) ? test : test.skip;
  compared("is what the operator's definition takes, with the place to recover to", () => {
    const { spec } = recovered;
    const recovery = { ...spec.bootstrap.recovery, recoveryTarget: { targetLSN: "0/3000060", exclusive: true } };
    const schema = schemaOf("postgresql.cnpg.io_clusters", "v1");
    expect(faults({ ...recovered, spec: { ...spec, bootstrap: { recovery } } }, schema)).toEqual([]);
  });
});

describe("the drill of the archive", () => {
  test("starts by its own schedule, one at a time, with one try", () => {
    const { spec } = only(objects, "CronJob", NAME);
    expect(spec).toMatchObject({ schedule: "41 6 * * 2", timeZone: "Etc/UTC", concurrencyPolicy: "Forbid" });
    expect(spec.jobTemplate.spec).toMatchObject({ backoffLimit: 0, activeDeadlineSeconds: 7200 });
  });

  test("gives up before its Job does, so that it can still remove what it made", () =>
    expect(containersOf(pod)[0].command).toEqual(["backup", "drill-archive", "--deadline", "6900"]));

  test("may make Clusters, and read and delete its own: no other verb, resource or name", () =>
    expect(only(objects, "Role").rules).toEqual([
      { apiGroups: ["postgresql.cnpg.io"], resources: ["clusters"], verbs: ["create"] },
      {
        ...{ apiGroups: ["postgresql.cnpg.io"], resources: ["clusters"], verbs: ["get", "delete"] },
        resourceNames: ["postgres-drill"],
      },
    ]));

  test("gives that to its own ServiceAccount, whose token lasts an hour and is in no other pod", () => {
    expect(only(objects, "RoleBinding")).toMatchObject({
      roleRef: { kind: "Role", name: NAME },
      subjects: [{ kind: "ServiceAccount", name: NAME }],
    });
    expect(pod.spec).toMatchObject({ serviceAccountName: NAME, automountServiceAccountToken: false });
    const tokens = podsOf(objects).flatMap(({ spec }) =>
      spec.volumes.flatMap((volume: { projected?: { sources: object[] } }) => volume.projected?.sources ?? []),
    );
    expect(tokens).toEqual([
      { serviceAccountToken: { path: "token", expirationSeconds: 3600 } },
      { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
    ]);
  });

  test("reaches the database, what it recovers, the API server and the name servers; nobody reaches it", () => {
    const { ingress, egress } = only(objects, "NetworkPolicy", NAME).spec;
    expect(ingress).toEqual([{ from: [app(NAME)], ports: tcp(5432) }]);
    expect(egress.slice(0, 2)).toEqual([
      { to: [app("postgres"), app("postgres-recovered")], ports: tcp(5432) },
      { to: [{ ipBlock: { cidr: "198.51.100.0/24" } }], ports: tcp(443) },
    ]);
    expect(egress).toHaveLength(3);
    const [first] = only(chartOf(NetworkChart, clustered), "NetworkPolicy", "postgres").spec.ingress.slice(1);
    expect(first.from).toContainEqual(app(NAME));
  });

  test("keeps what it recovers from the instances and from every client", () => {
    const { ingress, egress } = only(objects, "NetworkPolicy", "postgres-recovered").spec;
    const operator = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "operators" } } };
    expect(ingress).toEqual([
      { from: [app(NAME), app("postgres-recovered"), operator], ports: tcp(5432) },
      { from: [app("postgres-recovered"), operator], ports: tcp(8000) },
    ]);
    expect(JSON.stringify(egress)).not.toContain(JSON.stringify(app("postgres")));
    expect(egress.at(-1)).toEqual({ to: [{ ipBlock: { cidr: "192.0.2.0/24" } }], ports: tcp(9443) });
  });

  test("is none where there is no archive", () => {
    const without = chartOf(BackupChart, common);
    expect(all(without, "Role")).toEqual([]);
    expect(podsOf(without).map(({ metadata }) => metadata.labels.app)).not.toContain(NAME);
  });
});
