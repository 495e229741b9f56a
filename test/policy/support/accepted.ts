import { type Finished, metadata } from "./break";
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
    what: "a kind that JavaScript's objects have a property of",
    change: (set) => set.add(custom("example.com/v1", "constructor", {}), custom("example.com/v1", "toString", {})),
  },
  {
    what: "a budget of a service that is turned off",
    change: (set) => (set.service.spec.replicas = 0),
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
      for (const [object, track] of [
        [set.service, "stable"],
        [canary, "canary"],
      ] as const) {
        object.spec.selector.matchLabels.track = track;
        object.spec.template.metadata.labels.track = track;
      }
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
];
