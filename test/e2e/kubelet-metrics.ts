import type { E2e } from "./case";

const NAME = "e2e-kubelet";

/**
 * Has the cluster's Prometheus scrape the kubelets, whose metrics tell of volumes. kube-prometheus-stack does that; the one-node
 * cluster's Prometheus does not.
 */
export async function scrapeKubelets(e2e: E2e): Promise<void> {
  const namespace = e2e.stage.network.monitoringNamespace;
  const kubectl = e2e.kubectl.in(namespace);
  const nodes = await e2e.kubectl.list("nodes");
  const addresses = nodes.flatMap(({ status }) =>
    ((status?.addresses ?? []) as { type: string; address: string }[]).filter(({ type }) => type === "InternalIP"),
  );
  const metadata = { name: NAME, labels: { app: NAME } };
  const port = { name: "https", port: 10_250 };
  const objects = [
    { apiVersion: "v1", kind: "Service", metadata, spec: { clusterIP: "None", ports: [port] } },
    {
      apiVersion: "v1",
      kind: "Endpoints",
      metadata,
      subsets: [{ addresses: addresses.map(({ address }) => ({ ip: address })), ports: [port] }],
    },
    {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "ServiceMonitor",
      metadata,
      spec: {
        selector: { matchLabels: metadata.labels },
        endpoints: [
          {
            ...{ port: "https", scheme: "https", honorLabels: true, tlsConfig: { insecureSkipVerify: true } },
            bearerTokenFile: "/var/run/secrets/kubernetes.io/serviceaccount/token",
          },
        ],
      },
    },
  ];
  e2e.cleanUp("the kubelets' monitor", () =>
    kubectl.run(["delete", "servicemonitor,service,endpoints", NAME, "--ignore-not-found"]),
  );
  for (const object of objects) await e2e.apply(object, kubectl);
}
