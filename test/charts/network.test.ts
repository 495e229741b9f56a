import { NetworkChart } from "../../lib/charts/network";
import { ALL_STAGES } from "../../lib/stages";
import { STATEFUL_STAGES } from "../support/engines";
import { all, chartOf, type Manifest, objectsOf, only, podsOf } from "../support/manifests";

const apps = (peers: Manifest[]) => peers.map((peer) => peer.podSelector?.matchLabels.app).filter(Boolean);

describe.each(STATEFUL_STAGES)("the network of the StatefulSet of $name", (stage) => {
  const objects = chartOf(NetworkChart, stage);

  test("lets only data-svc, the migration, the backup, the exporter and the clients reach the database, on its port", () => {
    expect(only(objects, "NetworkPolicy", "postgres").spec.ingress).toEqual([
      {
        from: [
          { podSelector: { matchLabels: { app: "data-svc" } } },
          { podSelector: { matchLabels: { app: "migrate" } } },
          { podSelector: { matchLabels: { app: "postgres-backup" } } },
          ...(stage.monitoring.kind === "none" ? [] : [{ podSelector: { matchLabels: { app: "postgres-exporter" } } }]),
          ...stage.clients.map(({ app }) => ({ podSelector: { matchLabels: { app } } })),
        ],
        ports: [{ port: 5432, protocol: "TCP" }],
      },
    ]);
  });

  test("lets the database reach nothing but itself", () => {
    const { egress } = only(objects, "NetworkPolicy", "postgres").spec;
    expect(egress.flatMap((rule: Manifest) => apps(rule.to))).toEqual(["postgres"]);
    expect(egress).toHaveLength(1);
  });
});

describe.each(ALL_STAGES)("the network of $name", (stage) => {
  const objects = chartOf(NetworkChart, stage);

  test("lets nobody talk to anybody by default", () => {
    expect(only(objects, "NetworkPolicy", "default-deny").spec).toEqual({
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
    });
  });

  test("lets each client reach the server and the name servers, and says nothing of its other connections", () => {
    expect(stage.clients.length).toBeGreaterThan(0);
    for (const { app } of stage.clients) {
      const { spec } = only(objects, "NetworkPolicy", `postgres-client-${app}`);
      expect(spec).toMatchObject({ podSelector: { matchLabels: { app } }, policyTypes: ["Egress"] });
      expect(spec.ingress).toBeUndefined();
      expect(spec.egress).toHaveLength(2);
      expect(spec.egress[0]).toEqual({
        to: [{ podSelector: { matchLabels: { app: "postgres" } } }],
        ports: [{ port: 5432, protocol: "TCP" }],
      });
      expect(spec.egress[1].ports.map(({ port }: Manifest) => port)).toEqual([53, 53]);
    }
  });

  test("lets the services that need data-svc call it, and the monitoring read its metrics alone", () => {
    const { ingress } = only(objects, "NetworkPolicy", "data-svc").spec;
    const monitoring = { matchLabels: { "kubernetes.io/metadata.name": stage.network.monitoringNamespace } };
    expect(ingress).toEqual([
      {
        from: stage.network.callers.map(({ app }) => ({ podSelector: { matchLabels: { app } } })),
        ports: [{ port: 8080, protocol: "TCP" }],
      },
      { from: [{ namespaceSelector: monitoring }], ports: [{ port: 9464, protocol: "TCP" }] },
    ]);
  });

  test("lets the monitoring reach nothing but ports at which pods serve metrics", () => {
    const everything = podsOf(objectsOf(stage)).flatMap(({ metadata, spec }) =>
      spec.containers.flatMap(({ ports = [] }: Manifest) =>
        ports.map(({ name, containerPort }: Manifest) => [`${metadata.labels.app} ${containerPort}`, name]),
      ),
    );
    const names: Record<string, string> = Object.fromEntries(everything);
    const isMonitoring = ({ namespaceSelector }: Manifest) =>
      namespaceSelector?.matchLabels["kubernetes.io/metadata.name"] === stage.network.monitoringNamespace;
    const reached = all(objects, "NetworkPolicy").flatMap(({ spec }) =>
      (spec.ingress ?? [])
        .filter(({ from }: Manifest) => from.some(isMonitoring))
        .flatMap(({ ports }: Manifest) => ports.map(({ port }: Manifest) => [spec.podSelector.matchLabels.app, port])),
    );
    // An operator's instances are in no manifest; their port is the operator's own for metrics.
    const served = reached.filter(([app]) => app !== "postgres").map(([app, port]) => names[`${app} ${port}`]);
    expect(new Set(served)).toEqual(new Set(["metrics"]));
  });

  test("lets data-svc reach the API server, for its callers' keys", () => {
    const { network, port } = stage.network.apiServer;
    expect(only(objects, "NetworkPolicy", "data-svc").spec.egress[2]).toEqual({
      to: network.flatMap((peer) => (peer.kind === "addresses" ? [{ ipBlock: { cidr: peer.cidr } }] : [])),
      ports: [{ port, protocol: "TCP" }],
    });
  });

  test("lets a caller of another namespace in, and no pod of this one that is called like it", () => {
    const far = { app: "reports", namespace: "analytics", may: ["listAssessments" as const] };
    const changed = { ...stage, network: { ...stage.network, callers: [far] } };
    const [rule] = only(chartOf(NetworkChart, changed), "NetworkPolicy", "data-svc").spec.ingress;
    expect(rule.from).toEqual([
      {
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "analytics" } },
        podSelector: { matchLabels: { app: "reports" } },
      },
    ]);
  });

  test.each([
    ["data-svc", 3],
    ["migrate", 2],
  ])("lets %s reach the database and the name servers, in %d rules with all else", (name, rules) => {
    const { egress } = only(objects, "NetworkPolicy", name).spec;
    expect(egress).toHaveLength(rules);
    expect(apps(egress[0].to)).toEqual(["postgres"]);
    expect(egress[1].to).toEqual([
      ...["kube-dns", "node-local-dns"].map((app) => ({
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
        podSelector: { matchLabels: { "k8s-app": app } },
      })),
      ...["169.254.20.10/32", "169.254.169.254/32"].map((cidr) => ({ ipBlock: { cidr } })),
    ]);
    expect(egress[1].ports.map((port: Manifest) => port.port)).toEqual([53, 53]);
  });

  test("lets the backup reach the database, the name servers and its bucket, no more", () => {
    const { target } = stage.backup;
    const { egress } = only(objects, "NetworkPolicy", "postgres-backup").spec;
    expect(egress).toHaveLength(target.kind === "s3" ? 3 : 2);
    expect(apps(egress[0].to)).toEqual(["postgres"]);
    expect(egress[1].ports.map((port: Manifest) => port.port)).toEqual([53, 53]);
    if (target.kind === "s3") {
      expect(egress[2]).toEqual({
        to: [{ ipBlock: { cidr: "10.0.0.0/16" } }],
        ports: [{ port: 443, protocol: "TCP" }],
      });
    }
  });

  test("has one policy for each kind of pod, and a pod for each policy", () => {
    const everything = objectsOf(stage);
    const selected = all(everything, "NetworkPolicy").map((policy) => policy.spec.podSelector.matchLabels?.app);
    const pods = podsOf(everything).map((pod) => pod.metadata.labels.app);
    // Pods that an operator makes are in no manifest, and a Cluster that a program makes is a text.
    const texts = all(everything, "ConfigMap").flatMap(({ data }) => data["cluster.json"] ?? []);
    const clusters = [...all(everything, "Cluster"), ...texts.map((text) => JSON.parse(text))];
    pods.push(...clusters.map(({ spec }) => spec.inheritedMetadata.labels.app));
    expect(selected.filter(Boolean).sort()).toEqual(pods.sort());
  });

  test("has no rule without peers, which would mean everybody", () => {
    for (const { spec } of all(objects, "NetworkPolicy")) {
      for (const rule of spec.ingress ?? []) expect(rule.from.length).toBeGreaterThan(0);
      for (const rule of spec.egress ?? []) expect(rule.to.length).toBeGreaterThan(0);
    }
  });
});
