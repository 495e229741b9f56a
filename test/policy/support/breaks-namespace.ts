import { annotate, type Break, metadata } from "./break";

const policy = (name: string, spec: object) => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: metadata(name),
  spec,
});
const postgres = { matchLabels: { app: "postgres" } };

/** What can be wrong with a namespace, its network, what is written in clear, and how the API has it. */
export const NAMESPACE_BREAKS: readonly Break[] = [
  { rule: "default-deny", by: "none", change: (set) => set.remove("NetworkPolicy", "default-deny") },
  {
    rule: "default-deny",
    by: "one direction",
    change: (set) => (set.get("NetworkPolicy", "default-deny").spec.policyTypes = ["Ingress"]),
    says: "denies Egress",
  },
  {
    rule: "default-deny",
    by: "one that lets in",
    change: (set) =>
      (set.get("NetworkPolicy", "default-deny").spec.ingress = [
        { from: [{ podSelector: { matchLabels: { a: "b" } } }] },
      ]),
  },
  {
    rule: "network-policy-open",
    by: "a rule for nobody in particular",
    change: (set) => set.add(policy("open", { podSelector: postgres, policyTypes: ["Ingress"], ingress: [{}] })),
  },
  {
    rule: "network-policy-open",
    by: "every namespace",
    change: (set) => set.get("NetworkPolicy", "data-svc").spec.ingress[0].from.push({ namespaceSelector: {} }),
  },
  {
    rule: "network-policy-open",
    by: "every address",
    change: (set) => set.get("NetworkPolicy", "data-svc").spec.egress[0].to.push({ ipBlock: { cidr: "0.0.0.0/0" } }),
  },
  {
    rule: "network-policy-open",
    by: "half of all addresses",
    change: (set) => set.get("NetworkPolicy", "data-svc").spec.egress[0].to.push({ ipBlock: { cidr: "128.0.0.0/1" } }),
  },
  {
    rule: "network-policy-open",
    by: "every global address of IPv6",
    change: (set) => set.get("NetworkPolicy", "data-svc").spec.egress[0].to.push({ ipBlock: { cidr: "2000::/3" } }),
  },
  {
    rule: "network-policy-covers",
    by: "one direction",
    change: (set) => (set.get("NetworkPolicy", "postgres").spec.policyTypes = ["Ingress"]),
  },
  {
    rule: "network-policy-selects",
    by: "a label that no pod has",
    change: (set) =>
      set.add(policy("old", { podSelector: { matchLabels: { app: "old" } }, policyTypes: ["Ingress", "Egress"] })),
  },
  {
    rule: "network-path",
    by: "a server that refuses its client",
    change: (set) => set.get("NetworkPolicy", "postgres").spec.ingress[0].from.shift(),
    says: "no Ingress policy allows TCP 5432 from data-svc",
  },
  {
    rule: "network-path",
    by: "a client that may not ask",
    change: (set) => (set.get("NetworkPolicy", "migrate").spec.egress[0].ports[0].port = 5433),
    says: "no Egress policy allows TCP 5432 to StatefulSet diabrisk/postgres",
  },
  {
    rule: "network-path",
    by: "no names",
    change: (set) => set.get("NetworkPolicy", "data-svc").spec.egress[1].ports.shift(),
    says: "UDP 53 to kube-system",
  },
  {
    rule: "network-path",
    by: "a caller left out",
    change: (set) => set.get("NetworkPolicy", "data-svc").spec.ingress[0].from.shift(),
    says: "from api-gateway",
  },
  {
    rule: "network-path",
    by: "no monitoring",
    change: (set) => set.get("NetworkPolicy", "data-svc").spec.ingress.pop(),
    says: "TCP 9464 from prometheus",
  },
  {
    rule: "password-literal",
    by: "a variable",
    change: (set) => set.server.env.push({ name: "POSTGRES_PASSWORD", value: "hunter2" }),
  },
  {
    rule: "password-literal",
    by: "an argument",
    change: (set) => (set.container.args = ["--db-password", "hunter2"]),
  },
  {
    rule: "password-literal",
    by: "a URL in a ConfigMap",
    change: (set) => (set.get("ConfigMap", "app-config").data["app.yaml"] += "db: postgres://a:hunter2@postgres/x\n"),
  },
  {
    rule: "password-literal",
    by: "a line in a ConfigMap",
    change: (set) => (set.get("ConfigMap", "app-config").data["app.yaml"] += "  sessionSecret: hunter2\n"),
  },
  {
    rule: "password-literal",
    by: "an annotation",
    change: (set) => annotate(set.service, { "example.com/api-key": "hunter2" }),
  },
  {
    rule: "password-literal",
    by: "something random",
    change: (set) => set.container.env.push({ name: "SEED", value: "kJ8sQ2mZx0VbN4tLp7RwYc3H" }),
  },
  {
    rule: "secret-in-manifest",
    by: "a value outside dev",
    change: (set) =>
      set.add({ apiVersion: "v1", kind: "Secret", metadata: metadata("more"), data: { password: "aHVudGVyMg==" } }),
  },
  {
    rule: "api-version",
    by: "one that is gone",
    change: (set) => (set.get("PodDisruptionBudget", "postgres").apiVersion = "policy/v1beta1"),
    says: "use policy/v1",
  },
  {
    rule: "api-version",
    by: "a group that is gone",
    change: (set) => (set.get("NetworkPolicy", "postgres").apiVersion = "extensions/v1beta1"),
    says: "use networking.k8s.io/v1",
  },
  {
    rule: "api-version",
    by: "one that is deprecated",
    change: (set) => set.add({ apiVersion: "v1", kind: "Endpoints", metadata: metadata("postgres") }),
    says: "EndpointSlice",
  },
  {
    rule: "api-version",
    by: "one that is not served by default",
    change: (set) =>
      set.add({
        apiVersion: "storage.k8s.io/v1beta1",
        kind: "VolumeAttributesClass",
        metadata: { name: "fast" },
        driverName: "csi",
      }),
    says: "use storage.k8s.io/v1",
  },
  {
    rule: "deprecated-field",
    by: "an annotation",
    change: (set) =>
      (set.service.spec.template.metadata.annotations["seccomp.security.alpha.kubernetes.io/pod"] = "runtime/default"),
  },
  {
    rule: "unknown-field",
    by: "a misspelt one",
    change: (set) => (set.container.readinesProbe = {}),
    says: "containers[0].readinesProbe",
  },
  {
    rule: "wrong-type",
    by: "a number for text",
    change: (set) => (set.container.env[0].value = 5),
    says: "is 5, not text",
  },
  {
    rule: "wrong-type",
    by: "text for a number",
    change: (set) => (set.service.spec.replicas = "3"),
    also: ["disruption-budget-blocks"],
  },
  {
    rule: "wrong-type",
    by: "a number of more than 32 bits",
    change: (set) => (set.job.spec.backoffLimit = 2 ** 31),
    says: "not a whole number of 32 bits",
  },
  {
    rule: "wrong-type",
    by: "text in base64 without its end",
    change: (set) =>
      set.add({ apiVersion: "v1", kind: "Secret", metadata: metadata("more"), data: { a: "abcde" }, type: "Opaque" }),
    also: ["secret-in-manifest"],
    says: 'data["a"] is "abcde", not text in base64',
  },
  {
    rule: "required-field",
    by: "a probe's port",
    change: (set) => delete set.container.startupProbe.httpGet.port,
    says: "startupProbe.httpGet.port is not set",
  },
  {
    rule: "quantity",
    by: "a space",
    change: (set) => (set.get("LimitRange").spec.limits[0].max.memory = "4 Gi"),
  },
  {
    rule: "object-unique",
    by: "a copy",
    change: (set) => set.add(structuredClone(set.get("ConfigMap", "app-config"))),
  },
  {
    rule: "namespace-set",
    by: "none",
    change: (set) => delete set.get("LimitRange").metadata.namespace,
  },
  {
    rule: "namespace-set",
    by: "leaving it out of what an extension defines",
    change: (set) => delete set.get("ExternalSecret", "oauth-secret").metadata.namespace,
    says: "metadata.namespace is not set",
  },
  {
    rule: "namespace-reference",
    by: "another namespace's name, misspelt",
    change: (set) =>
      set.add({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "unused", namespace: "diabrsk" }, data: {} }),
    says: "is diabrsk, which is not there",
  },
  {
    rule: "namespace-reference",
    by: "pods without their Namespace",
    change: (set) => set.remove("Namespace"),
  },
  {
    rule: "api-version",
    by: "a group that cannot be",
    change: (set) => (set.service.apiVersion = "app/v1"),
    says: "app/v1 is of no group that there is",
  },
  {
    rule: "namespace-pod-security",
    by: "no label",
    change: (set) => delete set.get("Namespace").metadata.labels["pod-security.kubernetes.io/enforce"],
  },
  {
    rule: "service-exposure",
    by: "a port of every node",
    change: (set) => (set.get("Service", "data-svc").spec.type = "NodePort"),
  },
  {
    rule: "exception-unused",
    by: "an exception of nothing",
    change: (set) => annotate(set.service, { "policy.diabrisk.io/except-host-port": "the node's agent asks it there" }),
  },
  {
    rule: "exception-unused",
    by: "an exception of a rule that is not",
    change: (set) => annotate(set.service, { "policy.diabrisk.io/except-hostport": "the node's agent" }),
  },
  {
    rule: "exception-reason",
    by: "no reason",
    change: (set) => {
      set.container.ports[0].hostPort = 8080;
      annotate(set.service, { "policy.diabrisk.io/except-host-port": "" });
    },
    also: ["host-port"],
  },
  {
    rule: "service-exposure",
    by: "a port of the nodes",
    change: (set) => (set.get("Service", "data-svc").spec.ports[0].nodePort = 30_080),
    says: "spec.ports[0].nodePort",
  },
  { rule: "object-name", by: "none", change: (set) => delete set.get("LimitRange").metadata.name, says: "is not set" },
  {
    rule: "object-name",
    by: "an underscore",
    change: (set) => (set.get("LimitRange").metadata.name = "a_b"),
    says: 'is "a_b"',
  },
  {
    rule: "object-name",
    by: "a Service that begins with a digit",
    change: (set) => (set.get("Service", "data-svc").metadata.name = "1-data-svc"),
  },
  {
    rule: "label-value",
    by: "a space",
    change: (set) => (set.service.metadata.labels.release = "of today"),
    says: 'metadata.labels["release"] is "of today"',
  },
  {
    rule: "label-value",
    by: "64 characters, of the pods",
    change: (set) => (set.service.spec.template.metadata.labels.release = "a".repeat(64)),
    says: 'spec.template.metadata.labels["release"]',
  },
];
