import { type Break, type Finished, labelPods, metadata } from "./break";

/** The ports of the service's Service, and the first one. */
const ports = (set: Finished) => set.get("Service", "data-svc").spec.ports;
const port = (set: Finished) => ports(set)[0];

/** Adds a copy of the service's container that runs beside it. */
function addSidecar({ pod, container }: Finished, ...without: readonly string[]): void {
  const sidecar = { ...structuredClone(container), name: "proxy", restartPolicy: "Always" };
  sidecar.ports = [{ name: "proxy", containerPort: 9090 }];
  for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"]) sidecar[probe].httpGet.port = "proxy";
  for (const field of without) delete sidecar[field];
  pod.initContainers = [sidecar];
}

/** What can be wrong between an object and what it names or selects. */
export const RELATION_BREAKS: readonly Break[] = [
  {
    rule: "default-deny",
    by: "a policy of an extension in its place",
    change: (set) => {
      set.get("NetworkPolicy", "default-deny").spec.policyTypes = ["Egress"];
      const spec = { selector: "app == 'nothing'", types: ["Ingress"] };
      set.add({ apiVersion: "projectcalico.org/v3", kind: "NetworkPolicy", metadata: metadata("calico"), spec });
    },
    says: "denies Ingress",
  },
  {
    rule: "service-port",
    by: "a port of another protocol",
    change: (set) => (port(set).protocol = "UDP"),
    says: "is http, which Deployment diabrisk/data-svc lacks for UDP",
  },
  {
    rule: "service-port",
    by: "a number beside the declared ones",
    change: (set) => (port(set).targetPort = 8081),
    says: "is 8081, which Deployment diabrisk/data-svc does not declare for TCP",
  },
  {
    rule: "service-port",
    by: "a container's port of another protocol",
    change: (set) => (set.server.ports[0].protocol = "UDP"),
  },
  {
    rule: "service-port",
    by: "a port of what has ended",
    change: (set) => {
      addSidecar(set);
      delete set.pod.initContainers[0].restartPolicy;
      for (const field of ["startupProbe", "readinessProbe", "livenessProbe", "lifecycle"])
        delete set.pod.initContainers[0][field];
      port(set).targetPort = "proxy";
    },
  },
  {
    rule: "service-port",
    by: "an empty list",
    change: (set) => ports(set).splice(0),
    says: "spec.ports is not set",
    also: ["monitor-selects"],
  },
  {
    rule: "service-port",
    by: "two ports without names",
    change: (set) => {
      delete port(set).name;
      ports(set).push({ port: 81, targetPort: "http" });
    },
    says: "spec.ports[2].name is not set, though there are several",
  },
  {
    rule: "service-port",
    by: "one name for two ports",
    change: (set) => ports(set).push({ ...port(set), port: 81 }),
    says: "spec.ports[2].name is http",
  },
  {
    rule: "service-port",
    by: "one number for two ports",
    change: (set) => ports(set).push({ ...port(set), name: "more" }),
    says: "spec.ports[2].port is TCP ",
  },
  { rule: "service-port", by: "a number too large", change: (set) => (port(set).port = 70_000), says: "is no port" },
  {
    rule: "probes-present",
    by: "a sidecar that is called and has none",
    change: (set) => addSidecar(set, "startupProbe", "readinessProbe", "livenessProbe"),
    says: "initContainers[0].readinessProbe",
  },
  {
    rule: "database-memory",
    by: "a database as a sidecar",
    change: (set) => {
      addSidecar(set);
      set.pod.initContainers[0].image = set.server.image;
      set.pod.initContainers[0].resources.requests.memory = "1Mi";
    },
    says: "initContainers[0]",
  },
  {
    rule: "service-selects",
    by: "two databases of one image",
    change: (set) => {
      const replica = structuredClone(set.database);
      replica.metadata.name = "replica";
      labelPods(set.database, "role", "primary");
      labelPods(replica, "role", "replica");
      set.add(replica);
    },
    also: ["disruption-budget-covers"],
    says: "matches the pods of StatefulSet diabrisk/postgres and StatefulSet diabrisk/replica",
  },
];
