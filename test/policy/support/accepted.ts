import { type Finished, labelPods, metadata } from "./break";
import { hpa } from "./breaks-references";
import { addClaim, addDaemonSet } from "./breaks-workloads";

/** One change of good objects that leaves them good. */
export interface Accepted {
  /** What there is afterwards, for the test's name. */
  readonly what: string;
  readonly change: (set: Finished) => void;
}

const custom = (apiVersion: string, kind: string, spec: object) => ({
  apiVersion,
  kind,
  metadata: metadata("custom"),
  spec,
});
const template = { spec: { containers: [{ name: "a", image: "a" }] } };

/** What looks like a broken rule and is none. */
export const ACCEPTED: readonly Accepted[] = [
  {
    what: "kinds of extensions that have a name of Kubernetes' own",
    change: (set) =>
      set.add(
        custom("serving.knative.dev/v1", "Service", { template }),
        custom("batch.volcano.sh/v1alpha1", "Job", { template, tasks: [] }),
        custom("example.com/v1", "Pod", { containers: [{}] }),
        custom("projectcalico.org/v3", "NetworkPolicy", { selector: "all()", types: ["Ingress"], ingress: [{}] }),
        custom("monitoring.googleapis.com/v1", "PodMonitor", { selector: { matchLabels: { app: "nobody" } } }),
      ),
  },
  {
    what: "a kind or annotation that JavaScript's objects have a property of",
    change: (set) => {
      set.add(custom("example.com/v1", "constructor", {}), custom("example.com/v1", "toString", {}));
      Object.assign(set.service.metadata.annotations, { constructor: "x" });
    },
  },
  {
    what: "a budget of a service that is turned off",
    change: (set) => {
      set.service.spec.replicas = 0;
      set.service.spec.strategy.rollingUpdate = { maxSurge: "25%", maxUnavailable: 0 };
    },
  },
  {
    what: "a claim that any number of nodes can have",
    change: (set) => addClaim(set, "ReadWriteMany"),
  },
  {
    what: "one node's claim for pods that run on it alone",
    change: (set) => {
      addClaim(set, "ReadWriteOnce");
      set.pod.nodeSelector = { "kubernetes.io/hostname": "one" };
    },
  },
  {
    what: "pods that are kept away from another's",
    change: (set) => {
      const labelSelector = { matchLabels: { app: "postgres" } };
      const term = { labelSelector, topologyKey: "kubernetes.io/hostname" };
      set.pod.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution = [term];
    },
  },
  {
    what: "a canary beside the stable pods of a Service",
    change: (set) => {
      const canary = structuredClone(set.service);
      canary.metadata.name = "data-svc-canary";
      canary.spec.replicas = 1;
      labelPods(set.service, "track", "stable");
      labelPods(canary, "track", "canary");
      canary.spec.template.spec.containers[0].image = canary.spec.template.spec.containers[0].image.replace(
        /:[^@]+@/,
        ":9.9.9@",
      );
      set.add(canary);
    },
  },
  {
    what: "a budget of as many pods as there are nodes",
    change: (set) => {
      const budget = structuredClone(set.get("PodDisruptionBudget", "data-svc"));
      addDaemonSet(set, { maxUnavailable: 1 });
      budget.spec.minAvailable = 1;
      set.add(budget);
    },
  },
  {
    what: "one number for two protocols, and a list of no outside addresses",
    change: (set) => {
      set.container.ports.push({ name: "http3", containerPort: 8443, protocol: "UDP" });
      const { spec } = set.get("Service", "data-svc");
      spec.ports.push({ name: "http3", port: spec.ports[0].port, targetPort: "http3", protocol: "UDP" });
      spec.externalIPs = [];
    },
  },
  {
    what: "the Secret that cert-manager makes for an Ingress",
    change: (set) => {
      const annotations = { "cert-manager.io/cluster-issuer": "letsencrypt" };
      const { ports } = set.get("Service", "data-svc").spec;
      const backend = { service: { name: "data-svc", port: { number: ports[0].port } } };
      const spec = { tls: [{ hosts: ["a.example"], secretName: "a-tls" }], defaultBackend: backend };
      const named = { ...metadata("a"), annotations };
      set.add({ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata: named, spec });
    },
  },
  {
    what: "an ExternalSecret that adds to another's Secret",
    change: (set) => {
      const merging = structuredClone(set.get("ExternalSecret", "postgres-data-svc"));
      merging.metadata.name = "more";
      merging.spec.target.creationPolicy = "Merge";
      delete merging.spec.target.template;
      set.add(merging);
    },
  },
  {
    what: "an autoscaler of an extension's kind",
    change: (set) =>
      set.add(
        custom("argoproj.io/v1alpha1", "Rollout", {}),
        hpa({ apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", name: "custom" }),
      ),
  },
  {
    what: "an autoscaler that may turn its service off",
    change: (set) => set.add(hpa({}, { minReplicas: 0, maxReplicas: 5 })),
  },
  {
    what: "one file of a ConfigMap that never changes",
    change: (set) => {
      const data = { "a.conf": "a" };
      set.add({ apiVersion: "v1", kind: "ConfigMap", metadata: metadata("fixed"), data, immutable: true });
      set.pod.volumes.push({ name: "fixed", configMap: { name: "fixed" } });
      set.container.volumeMounts.push({ name: "fixed", mountPath: "/etc/a.conf", subPath: "a.conf" });
    },
  },
  {
    what: "selectors of pods that an operator makes",
    change: (set) => {
      const matchLabels = { "cnpg.io/cluster": "custom" };
      const selector = { matchLabels };
      const object = (apiVersion: string, kind: string, spec: object) => ({
        apiVersion,
        kind,
        metadata: metadata("operated"),
        spec,
      });
      const types = { policyTypes: ["Ingress", "Egress"] };
      set.add(
        custom("postgresql.cnpg.io/v1", "Cluster", { instances: 3, plugins: [{ name: "any", isWALArchiver: true }] }),
        object("v1", "Service", { selector: matchLabels, ports: [{ name: "pg", port: 5432 }] }),
        object("networking.k8s.io/v1", "NetworkPolicy", { podSelector: selector, ...types }),
        object("policy/v1", "PodDisruptionBudget", { selector, maxUnavailable: 1 }),
        object("monitoring.coreos.com/v1", "PodMonitor", { selector, podMetricsEndpoints: [{ port: "metrics" }] }),
      );
    },
  },
];
