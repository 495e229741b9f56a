import { type Break, metadata } from "./break";

const data = { name: "data", persistentVolumeClaim: { claimName: "other" } };
const hpa = (name: string) => ({
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: metadata("data-svc"),
  spec: { minReplicas: 3, maxReplicas: 5, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name } },
});
const ingress = (port: object, name = "data-svc") => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: metadata("data-svc"),
  spec: { defaultBackend: { service: { name, port } } },
});
const monitor = (app: string, port: string) => ({
  apiVersion: "monitoring.coreos.com/v1",
  kind: "PodMonitor",
  metadata: metadata("data-svc"),
  spec: { selector: { matchLabels: { app } }, podMetricsEndpoints: [{ port }] },
});

/** What can be wrong between objects: references, selectors, Services, budgets, updates, Jobs. */
export const OBJECT_BREAKS: readonly Break[] = [
  {
    rule: "config-reference",
    by: "no ConfigMap",
    change: (set) => set.remove("ConfigMap", "app-config"),
    says: "ConfigMap app-config",
  },
  {
    rule: "config-reference",
    by: "no Secret",
    change: (set) => set.remove("ExternalSecret", "postgres-data-svc"),
    says: "Secret postgres-data-svc",
  },
  {
    rule: "config-reference",
    by: "no Secret, in dev",
    change: (set) => set.remove("Secret", "postgres-data-svc"),
    stage: "dev",
  },
  {
    rule: "config-reference",
    by: "a template without a key",
    change: (set) => delete set.get("ExternalSecret", "postgres-backup").spec.target.template.data.url,
    says: "names url, which Secret postgres-backup lacks",
  },
  {
    rule: "config-reference",
    by: "a variable of a key that is not there",
    change: (set) =>
      set.container.env.push({ name: "LEVEL", valueFrom: { configMapKeyRef: { name: "app-config", key: "level" } } }),
    says: "].valueFrom.configMapKeyRef names level",
  },
  {
    rule: "config-reference",
    by: "all variables of what is not there",
    change: (set) => (set.container.envFrom = [{ secretRef: { name: "more" } }]),
  },
  {
    rule: "service-account-reference",
    by: "another name",
    change: (set) => (set.pod.serviceAccountName = "data"),
    says: "names data",
  },
  {
    rule: "claim-reference",
    by: "a claim that is not there",
    change: (set) => set.job.spec.template.spec.volumes.splice(-1, 1, { ...data, name: "tmp" }),
  },
  { rule: "stateful-service", by: "no such Service", change: (set) => (set.database.spec.serviceName = "pg") },
  {
    rule: "stateful-service",
    by: "one with an address",
    change: (set) => (set.database.spec.serviceName = "postgres"),
  },
  {
    rule: "ingress-service",
    by: "a Service that is not there",
    change: (set) => set.add(ingress({ number: 8080 }, "web")),
  },
  { rule: "ingress-service", by: "a port that is not there", change: (set) => set.add(ingress({ name: "https" })) },
  { rule: "scale-target", by: "another name", change: (set) => set.add(hpa("data")) },
  {
    rule: "role-reference",
    by: "a role that is not there",
    change: (set) =>
      set.add({
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "RoleBinding",
        metadata: metadata("reader"),
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reader" },
        subjects: [{ kind: "ServiceAccount", ...metadata("data-svc") }],
      }),
  },
  {
    rule: "selector-matches",
    by: "a label that the template lacks",
    change: (set) => (set.service.spec.selector.matchLabels.tier = "api"),
    says: "does not match",
  },
  {
    rule: "selector-matches",
    by: "another's pods, too",
    change: (set) => (set.service.spec.selector = { matchLabels: { "app.kubernetes.io/part-of": "diabrisk" } }),
    says: "matches the pods of StatefulSet diabrisk/postgres",
  },
  {
    rule: "selector-matches",
    by: "an expression",
    change: (set) =>
      (set.service.spec.selector = { matchExpressions: [{ key: "app", operator: "NotIn", values: ["data-svc"] }] }),
  },
  {
    rule: "service-selects",
    by: "a label that no pod has",
    change: (set) => (set.get("Service", "data-svc").spec.selector.tier = "api"),
  },
  {
    rule: "service-selects",
    by: "the pods of everybody",
    change: (set) => (set.get("Service", "data-svc").spec.selector = { "app.kubernetes.io/part-of": "diabrisk" }),
    also: ["service-port"],
  },
  {
    rule: "service-selects",
    by: "no selector, and nobody who makes its endpoints",
    change: (set) => delete set.get("Service", "data-svc").spec.selector,
    says: "spec.selector is not set",
  },
  {
    rule: "service-port",
    by: "none",
    change: (set) => delete set.get("Service", "data-svc").spec.ports,
    says: "spec.ports is not set",
    also: ["monitor-selects"],
  },
  {
    rule: "service-port",
    by: "a name that no port has",
    change: (set) => (set.get("Service", "data-svc").spec.ports[0].targetPort = "web"),
  },
  {
    rule: "spread-selects",
    by: "another's label",
    change: (set) => (set.pod.topologySpreadConstraints[0].labelSelector.matchLabels.app = "data"),
  },
  { rule: "monitor-selects", by: "a pod that is not there", change: (set) => set.add(monitor("data", "http")) },
  { rule: "monitor-selects", by: "a port that is not there", change: (set) => set.add(monitor("data-svc", "web")) },
  {
    rule: "disruption-budget-blocks",
    by: "all have to stay",
    change: (set) => (set.get("PodDisruptionBudget", "data-svc").spec.minAvailable = "100%"),
  },
  {
    rule: "disruption-budget-blocks",
    by: "as many as there are",
    change: (set) => (set.service.spec.replicas = 2),
  },
  {
    rule: "disruption-budget-blocks",
    by: "none may go",
    change: (set) => (set.get("PodDisruptionBudget", "postgres").spec.maxUnavailable = 0),
  },
  {
    rule: "disruption-budget-covers",
    by: "pods that are not there",
    change: (set) => (set.get("PodDisruptionBudget", "postgres").spec.selector.matchLabels.app = "pg"),
  },
  {
    rule: "disruption-budget-covers",
    by: "all may go",
    change: (set) => (set.get("PodDisruptionBudget", "data-svc").spec.minAvailable = 0),
  },
  {
    rule: "disruption-budget-present",
    by: "none",
    change: (set) => set.remove("PodDisruptionBudget", "data-svc"),
  },
  {
    rule: "disruption-budget-present",
    by: "two",
    change: (set) => set.add({ ...set.get("PodDisruptionBudget", "postgres"), metadata: metadata("postgres-2") }),
  },
  {
    rule: "update-strategy",
    by: "neither more nor fewer pods",
    change: (set) => (set.service.spec.strategy.rollingUpdate.maxSurge = 0),
  },
  {
    rule: "update-strategy",
    by: "ordered pods",
    change: (set) => delete set.database.spec.podManagementPolicy,
  },
  {
    rule: "update-strategy",
    by: "a partition that leaves all out",
    change: (set) => (set.database.spec.updateStrategy.rollingUpdate = { partition: 1 }),
  },
  {
    rule: "update-strategy",
    by: "a deadline before readiness counts",
    change: (set) => (set.service.spec.minReadySeconds = 600),
  },
  {
    rule: "update-strategy",
    by: "required nodes apart",
    change: (set) => {
      const preferred = "preferredDuringSchedulingIgnoredDuringExecution";
      const rules = set.pod.affinity.podAntiAffinity;
      const term = rules[preferred][0].podAffinityTerm;
      set.pod.affinity.podAntiAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [term] };
    },
  },
  {
    rule: "update-strategy",
    by: "a claim that two pods would share",
    change: (set) => {
      set.pod.volumes.splice(-1, 1, { ...data, name: "tmp" });
      const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
      set.add({ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: metadata("other"), spec });
    },
  },
  { rule: "job-deadline", by: "none", change: (set) => delete set.job.spec.activeDeadlineSeconds },
  { rule: "job-backoff", by: "none", change: (set) => delete set.job.spec.backoffLimit },
  { rule: "job-ttl", by: "none", change: (set) => delete set.job.spec.ttlSecondsAfterFinished },
  {
    rule: "job-ttl",
    by: "one in a CronJob",
    change: (set) => {
      const { spec } = set.job;
      set.remove("Job");
      const cron = { schedule: "0 3 * * *", jobTemplate: { spec } };
      set.add({ apiVersion: "batch/v1", kind: "CronJob", metadata: metadata("migrate"), spec: cron });
    },
    says: "is set in a CronJob",
  },
  {
    rule: "restart-policy",
    by: "a Job's pod that starts again",
    change: (set) => delete set.job.spec.template.spec.restartPolicy,
    says: "is Always",
  },
  {
    rule: "restart-policy",
    by: "a pod that starts again where failures are judged",
    change: (set) => (set.job.spec.template.spec.restartPolicy = "OnFailure"),
  },
  {
    rule: "restart-policy",
    by: "a service that ends",
    change: (set) => (set.pod.restartPolicy = "Never"),
    also: ["disruption-budget-covers"],
  },
];
