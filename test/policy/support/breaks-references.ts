import { annotate, type Break, type Finished, metadata } from "./break";

interface Target {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly name?: string;
}
/** An autoscaler of the service, unless it names something else. */
export const hpa = (target: Target = {}, limits: object = { minReplicas: 3, maxReplicas: 5 }, name = "data-svc") => ({
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: metadata(name),
  spec: { ...limits, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "data-svc", ...target } },
});
const binding = (change: object, subject: object = metadata("data-svc")) => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "RoleBinding",
  metadata: metadata("reader"),
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view", ...change },
  subjects: [{ kind: "ServiceAccount", ...subject }],
});
const webhook = (service: object) => ({
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingWebhookConfiguration",
  metadata: { name: "checks" },
  webhooks: [
    { name: "checks.example.com", admissionReviewVersions: ["v1"], sideEffects: "None", clientConfig: { service } },
  ],
});
const variable = ({ container }: Finished, change: object) => container.env.push({ name: "MORE", ...change });

/** What can be wrong with what an object names. */
export const REFERENCE_BREAKS: readonly Break[] = [
  {
    rule: "config-reference",
    by: "an ExternalSecret that makes none",
    change: (set) => (set.get("ExternalSecret", "postgres-data-svc").spec.target.creationPolicy = "None"),
    says: "Secret postgres-data-svc, which is not there",
  },
  {
    rule: "config-reference",
    by: "an ExternalSecret that merges into what is not there",
    change: (set) => (set.get("ExternalSecret", "postgres-data-svc").spec.target.creationPolicy = "Merge"),
  },
  {
    rule: "config-reference",
    by: "the Secret of a CSI driver that is not there",
    change: (set) => {
      const csi = { driver: "secrets-store.csi.k8s.io", nodePublishSecretRef: { name: "store" } };
      set.pod.volumes.splice(-1, 1, { name: "tmp", csi });
    },
    says: "csi.nodePublishSecretRef names Secret store",
  },
  {
    rule: "variable-source",
    by: "none",
    change: (set) => variable(set, { valueFrom: {} }),
    says: "] has no source",
  },
  {
    rule: "variable-source",
    by: "a value, too",
    change: (set) => variable(set, { value: "a", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }),
    says: "has a value and a source",
  },
  {
    rule: "variable-source",
    by: "a key of no Secret",
    change: (set) => variable(set, { valueFrom: { secretKeyRef: { key: "a" } } }),
    says: "names no Secret",
  },
  {
    rule: "variable-source",
    by: "two sources",
    change: (set) =>
      variable(set, {
        valueFrom: {
          fieldRef: { fieldPath: "metadata.name" },
          configMapKeyRef: { name: "app-config", key: "app.yaml" },
        },
      }),
    says: "has several sources: configMapKeyRef, fieldRef",
  },
  {
    rule: "variable-source",
    by: "a container that is not there",
    change: (set) =>
      variable(set, { valueFrom: { resourceFieldRef: { containerName: "nope", resource: "limits.memory" } } }),
    says: "names container nope",
  },
  { rule: "variable-source", by: "a list of none", change: (set) => (set.container.envFrom = [{}]) },
  {
    rule: "variable-source",
    by: "a list of no Secret",
    change: (set) => (set.container.envFrom = [{ secretRef: {} }]),
    says: "envFrom[0] names no Secret",
  },
  {
    rule: "stateful-service",
    by: "one of another's pods",
    change: (set) => (set.get("Service", "postgres-headless").spec.selector = { app: "data-svc" }),
    also: ["service-port"],
    says: "does not select its pods",
  },
  {
    rule: "scale-target",
    by: "what has no number of pods",
    change: (set) => set.add(hpa({ apiVersion: "v1", kind: "Service" })),
    says: "cannot scale",
  },
  {
    rule: "scale-target",
    by: "a group that is gone",
    change: (set) => set.add(hpa({ apiVersion: "extensions/v1beta1" })),
    says: "names extensions/v1beta1 Deployment data-svc, which is not there",
  },
  {
    rule: "scale-target",
    by: "an extension's kind of the same name",
    change: (set) => set.add(hpa({ apiVersion: "example.com/v1" })),
  },
  {
    rule: "scale-target",
    by: "a least above the most",
    change: (set) => set.add(hpa({}, { minReplicas: 9, maxReplicas: 5 })),
    says: "spec.maxReplicas is 5, below minReplicas, which is 9",
  },
  {
    rule: "scale-target",
    by: "two autoscalers",
    change: (set) => set.add(hpa(), hpa({}, { minReplicas: 3, maxReplicas: 4 }, "more")),
    says: "is the target of HorizontalPodAutoscaler diabrisk/data-svc, too",
  },
  {
    rule: "role-reference",
    by: "a subject without its namespace, in all of the cluster",
    change: (set) => {
      const everywhere = {
        ...binding({}, { name: "data-svc" }),
        kind: "ClusterRoleBinding",
        metadata: { name: "reader" },
      };
      set.add(everywhere);
    },
    says: "subjects[0].namespace is not set",
  },
  {
    rule: "role-reference",
    by: "a subject of the binding's namespace that is not there",
    change: (set) => set.add(binding({}, { name: "nobody" })),
    says: "subjects[0] names ServiceAccount nobody, which is not there",
  },
  {
    rule: "role-reference",
    by: "another group",
    change: (set) => set.add(binding({ apiGroup: "apps" })),
    says: "roleRef.apiGroup is apps",
  },
  { rule: "webhook-service", by: "none", change: (set) => set.add(webhook(metadata("checks"))), says: "is not there" },
  {
    rule: "webhook-service",
    by: "a port that it lacks",
    change: (set) => set.add(webhook(metadata("data-svc"))),
    says: "names a port that Service data-svc lacks",
  },
  {
    rule: "service-account-token",
    by: "an account of the deprecated field, which mounts it",
    change: (set) => {
      for (const name of ["open", "default"])
        set.add({
          ...{ apiVersion: "v1", kind: "ServiceAccount", metadata: metadata(name) },
          automountServiceAccountToken: name === "open",
        });
      const pod = set.job.spec.template.spec;
      pod.serviceAccount = "open";
      for (const field of ["serviceAccountName", "automountServiceAccountToken"]) delete pod[field];
    },
    also: ["deprecated-field"],
    says: "automountServiceAccountToken is not set, and ServiceAccount open mounts its token",
  },
  {
    rule: "service-account-reference",
    by: "the deprecated field",
    change: (set) => {
      set.pod.serviceAccount = "nobody";
      set.pod.serviceAccountName = "";
    },
    says: "spec.serviceAccount names nobody",
  },
  {
    rule: "service-account-token",
    by: "a Secret of one",
    change: (set) => {
      const annotations = { "kubernetes.io/service-account.name": "data-svc" };
      const type = "kubernetes.io/service-account-token";
      set.add({ apiVersion: "v1", kind: "Secret", metadata: { ...metadata("token"), annotations }, type });
    },
    says: "type is kubernetes.io/service-account-token",
  },
  {
    rule: "exception-unused",
    by: "one at the pod template",
    change: (set) => {
      set.container.ports[0].hostPort = 8080;
      set.service.spec.template.metadata.annotations["policy.diabrisk.io/except-host-port"] = "the agent asks it there";
    },
    also: ["host-port"],
    says: "is not the object's own",
  },
  {
    rule: "exception-unused",
    by: "a misspelt one",
    change: (set) => annotate(set.service, { "policy.diabrisk.io/exept-host-port": "the agent asks it" }),
    says: "is no exception",
  },
  {
    rule: "password-literal",
    by: "an annotation named nearly as an exception",
    change: (set) => annotate(set.service, { "policy.diabrisk.io/password": "hunter2" }),
    also: ["exception-unused"],
  },
  {
    rule: "default-deny",
    by: "none where an operator makes the pods",
    change: (set) => {
      const spec = { instances: 3, plugins: [{ name: "any", isWALArchiver: true }] };
      const cluster = { apiVersion: "postgresql.cnpg.io/v1", kind: "Cluster", metadata: metadata("db"), spec };
      set.objects.splice(0, Number.POSITIVE_INFINITY, set.get("Namespace"), cluster);
    },
    says: 'denies Ingress and Egress by default in namespace "diabrisk"',
  },
];
