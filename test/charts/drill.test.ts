import { BackupChart } from "../../lib/charts/backup";
import { ConfigurationChart } from "../../lib/charts/configuration";
import { DrillChart } from "../../lib/charts/drill";
import { NamespaceChart } from "../../lib/charts/namespace";
import { NetworkChart } from "../../lib/charts/network";
import { DRILL_STEPS } from "../../lib/contract";
import { all, chartOf, containersOf, type Manifest, only, podsOf } from "../support/manifests";
import { common, personal } from "../support/stages";

const podOf = (objects: readonly Manifest[]) => podsOf(objects)[0];
const names = (objects: readonly Manifest[]) => objects.map(({ metadata }) => metadata.name);

describe("the drill of a stage whose backups are in a bucket", () => {
  const objects = chartOf(DrillChart, common);

  test("is in a namespace of its own, with everything that reads backups", () => {
    expect(new Set(objects.map(({ metadata }) => metadata.namespace))).toEqual(new Set(["hospital-drill"]));
    expect(names(all(objects, "ExternalSecret"))).toEqual(["drill-key", "drill-store"]);
    const others = [ConfigurationChart, NetworkChart, BackupChart].flatMap((chart) => chartOf(chart, common));
    expect(JSON.stringify(others)).not.toMatch(/drill-key|drill-store/);
  });

  test("has a namespace that is as strict as the stage's, before everything else", () => {
    const [own, drill] = all(chartOf(NamespaceChart, common), "Namespace");
    expect(own.metadata.name).toBe("hospital");
    expect(drill.metadata).toEqual({ ...own.metadata, name: "hospital-drill" });
    expect(only(objects, "NetworkPolicy", "default-deny").spec.podSelector).toEqual({});
    expect(only(objects, "LimitRange").spec.limits[0].max).toMatchObject({ cpu: "10" });
  });

  test("has room for two at a time, each with a server and one step", () => {
    expect(only(objects, "ResourceQuota").spec.hard).toMatchObject({
      pods: "2",
      "requests.cpu": "1200m",
      "limits.memory": "1200Mi",
    });
  });

  test("follows the stage to another namespace", () => {
    const moved = chartOf(DrillChart, common, { namespace: "trial" });
    expect(new Set(moved.map(({ metadata }) => metadata.namespace))).toEqual(new Set(["trial-drill"]));
  });

  test("reaches the bucket and the name servers, and nobody reaches it", () => {
    const { ingress, egress } = only(objects, "NetworkPolicy", "postgres-drill").spec;
    expect(ingress).toEqual([
      { from: [{ podSelector: { matchLabels: { app: "postgres-drill" } } }], ports: [{ port: 5432, protocol: "TCP" }] },
    ]);
    expect(egress[0]).toEqual({
      to: [{ ipBlock: { cidr: "192.0.2.0/24" } }],
      ports: [{ port: 9443, protocol: "TCP" }],
    });
    expect(egress[1].ports.map(({ port }: Manifest) => port)).toEqual([53, 53]);
    expect(egress).toHaveLength(2);
  });
});

describe("the drill of a stage whose backups are on a volume", () => {
  const objects = chartOf(DrillChart, personal);

  test("is where the claim is, and reaches nothing", () => {
    expect(new Set(objects.map(({ metadata }) => metadata.namespace))).toEqual(new Set(["clinic"]));
    expect(names(all(objects, "Secret"))).toEqual(["drill-key"]);
    expect(only(objects, "NetworkPolicy").spec.egress).toEqual([
      { to: [{ podSelector: { matchLabels: { app: "postgres-drill" } } }], ports: [{ port: 5432, protocol: "TCP" }] },
    ]);
  });

  test("has the drill's private key and no other", () => {
    const { data } = only(objects, "Secret", "drill-key");
    expect(Object.keys(data)).toEqual(["identity"]);
    expect(Buffer.from(data.identity, "base64").toString()).toMatch(/drill/);
  });
});

describe.each([common, personal])("the drill's pod of $name", (stage) => {
  const { spec } = only(chartOf(DrillChart, stage), "CronJob");
  const pod = podOf([{ spec }] as Manifest[]);

  test("has a container for each step, and the server starts before the first that needs it", () => {
    expect(pod.spec.initContainers.map(({ name }: Manifest) => name)).toEqual([
      DRILL_STEPS[0],
      "postgres",
      ...DRILL_STEPS.slice(1),
    ]);
    const server = pod.spec.initContainers[1];
    expect([server.restartPolicy, server.startupProbe.exec.command]).toEqual([
      "Always",
      ["pg_isready", "--quiet", "--host", "127.0.0.1", "--username", "diabrisk"],
    ]);
  });

  test("tries once, and never beside another", () => {
    expect(spec).toMatchObject({ concurrencyPolicy: "Forbid", timeZone: "Etc/UTC" });
    expect(spec.jobTemplate.spec).toMatchObject({ backoffLimit: 0, activeDeadlineSeconds: 1_600 });
  });

  test("gives the backup's keys to the steps that fetch and report, and to no other", () => {
    const mounting = (volume: string) =>
      containersOf(pod)
        .filter(({ volumeMounts }) => volumeMounts.some(({ name }: Manifest) => name === volume))
        .map(({ name }) => name);
    expect(mounting("identity")).toEqual(["fetch"]);
    expect(mounting("store")).toEqual(["fetch", "report"]);
  });

  test("has a server with the settings of its limits and the stage's locale, that only its pod reaches", () => {
    const [, , script] = pod.spec.initContainers[1].command;
    expect(script).toContain("--locale=C --data-checksums");
    expect(script).toMatch(/-c shared_buffers=75MB .*-c listen_addresses=127\.0\.0\.1 /);
    expect(script).toContain("log_min_error_statement=panic");
  });
});
