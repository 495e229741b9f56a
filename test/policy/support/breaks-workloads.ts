import { type Break, type Finished, metadata } from "./break";

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";

/** The first term of the service's anti-affinity. */
const term = ({ pod }: Finished) => pod.affinity.podAntiAffinity[PREFERRED][0].podAffinityTerm;
const budget = (set: Finished) => set.get("PodDisruptionBudget", "data-svc").spec;

/** Gives the service a claim in place of its folder for temporary files. */
export function addClaim(set: Finished, mode: string): void {
  set.pod.volumes.splice(-1, 1, { name: "tmp", persistentVolumeClaim: { claimName: "files" } });
  const spec = { accessModes: [mode], resources: { requests: { storage: "1Gi" } } };
  set.add({ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: metadata("files"), spec });
}

export function addDaemonSet(set: Finished, rollingUpdate: object): void {
  const { annotations } = set.service.metadata;
  const { template, selector } = set.service.spec;
  set.remove("PodDisruptionBudget", "data-svc");
  set.remove("Deployment");
  const spec = { template, selector, updateStrategy: { rollingUpdate } };
  set.add({ apiVersion: "apps/v1", kind: "DaemonSet", metadata: { ...metadata("data-svc"), annotations }, spec });
}

/** What can be wrong with how pods are spread, kept and replaced. */
export const WORKLOAD_BREAKS: readonly Break[] = [
  {
    rule: "spread-selects",
    by: "a spread of no selector",
    change: (set) => delete set.pod.topologySpreadConstraints[0].labelSelector,
  },
  { rule: "spread-selects", by: "anti-affinity to nobody", change: (set) => delete term(set).labelSelector },
  {
    rule: "spread-selects",
    by: "anti-affinity in another namespace",
    change: (set) => (term(set).namespaces = ["other"]),
    says: "matches neither the pod nor another",
  },
  {
    rule: "spread-selects",
    by: "anti-affinity in namespaces of another label",
    change: (set) => (term(set).namespaceSelector = { matchLabels: { team: "other" } }),
  },
  {
    rule: "disruption-budget-covers",
    by: "no selector, which is nobody",
    change: (set) => delete budget(set).selector,
    also: ["disruption-budget-present"],
    says: "spec.replicas is more than one, and no budget keeps any",
  },
  {
    rule: "disruption-budget-covers",
    by: "both numbers",
    change: (set) => (budget(set).maxUnavailable = 1),
    says: "names both",
  },
  { rule: "disruption-budget-covers", by: "no number", change: (set) => delete budget(set).minAvailable },
  {
    rule: "disruption-budget-covers",
    by: "two workloads",
    change: (set) => {
      set.remove("PodDisruptionBudget", "postgres");
      budget(set).selector = {};
      budget(set).minAvailable = 3;
    },
    says: "matches the pods of ",
  },
  {
    rule: "update-strategy",
    by: "required nodes apart, and a share that is less than one pod",
    change: (set) => {
      set.pod.affinity.podAntiAffinity = { [REQUIRED]: [term(set)] };
      delete set.service.spec.strategy;
    },
    says: "maxUnavailable is 0 of 3",
  },
  {
    rule: "update-strategy",
    by: "one node's claim for three pods that are replaced at once",
    change: (set) => {
      addClaim(set, "ReadWriteOnce");
      set.service.spec.strategy = { type: "Recreate" };
    },
    says: "spec.replicas is 3, and one node alone can have the claim files",
  },
  {
    rule: "update-strategy",
    by: "one pod's claim for three pods, on one node",
    change: (set) => {
      addClaim(set, "ReadWriteOncePod");
      set.pod.nodeSelector = { "kubernetes.io/hostname": "one" };
    },
    says: "one pod alone",
  },
  {
    rule: "update-strategy",
    by: "a claim for one pod and its successor",
    change: (set) => {
      addClaim(set, "ReadWriteOnce");
      set.remove("PodDisruptionBudget", "data-svc");
      set.service.spec.replicas = 1;
    },
    says: "starts a new pod beside the old one",
  },
  {
    rule: "claim-reference",
    by: "one pod's claim in two workloads",
    change: (set) => {
      addClaim(set, "ReadWriteOncePod");
      set.service.spec.replicas = 1;
      set.service.spec.strategy = { type: "Recreate" };
      set.remove("PodDisruptionBudget", "data-svc");
      set.database.spec.template.spec.volumes.push({ ...set.pod.volumes.at(-1), name: "files" });
      set.server.volumeMounts.push({ name: "files", mountPath: "/files" });
    },
    says: "which one pod alone can have",
  },
  {
    rule: "update-strategy",
    by: "a partition that leaves one pod out",
    change: (set) => {
      set.database.spec.replicas = 3;
      set.database.spec.updateStrategy.rollingUpdate = { partition: 1 };
    },
    says: "partition is 1",
  },
  { rule: "update-strategy", by: "a pause", change: (set) => (set.service.spec.paused = true), says: "spec.paused" },
  {
    rule: "update-strategy",
    by: "Recreate beside the numbers of a rolling update",
    change: (set) => (set.service.spec.strategy.type = "Recreate"),
  },
  {
    rule: "update-strategy",
    by: "all pods at once",
    change: (set) => (set.service.spec.strategy.rollingUpdate = { maxSurge: 0, maxUnavailable: "100%" }),
    says: "lets all 3 pods go at once",
  },
  {
    rule: "update-strategy",
    by: "a DaemonSet that adds and removes",
    change: (set) => addDaemonSet(set, { maxSurge: 1 }),
  },
  {
    rule: "volume-is-mounted",
    by: "a volume without a name",
    change: (set) => set.pod.volumes.push({ emptyDir: {} }),
    also: ["required-field"],
    says: 'spec.template.spec.volumes[6] is "", which no container mounts',
  },
];
