import type { Manifest } from "../../support/manifests";
import { type Break, metadata } from "./break";

const isProjected = (volume: Manifest) => volume.projected !== undefined;

/** What can be wrong with a pod. */
export const POD_BREAKS: readonly Break[] = [
  { rule: "host-namespaces", by: "hostNetwork", change: (set) => (set.pod.hostNetwork = true) },
  { rule: "host-namespaces", by: "hostPID", change: (set) => (set.pod.hostPID = true) },
  { rule: "host-namespaces", by: "hostIPC of the Job", change: (set) => (set.job.spec.template.spec.hostIPC = true) },
  {
    rule: "host-path",
    by: "a folder of the node",
    change: (set) => set.pod.volumes.splice(-1, 1, { name: "tmp", hostPath: { path: "/var/run" } }),
  },
  { rule: "host-port", by: "a port of the node", change: (set) => (set.container.ports[0].hostPort = 8080) },
  {
    rule: "host-probe",
    by: "a probe of another host",
    change: (set) => (set.container.livenessProbe.httpGet.host = "169.254.169.254"),
  },
  {
    rule: "host-process",
    by: "a process of the node",
    change: (set) => (set.pod.securityContext.windowsOptions = { hostProcess: true }),
  },
  { rule: "privileged", by: "privileged", change: (set) => (set.container.securityContext.privileged = true) },
  {
    rule: "privileged",
    by: "a privileged ephemeral container",
    change: (set) => {
      const { securityContext, image } = set.container;
      const ephemeral = { name: "debug", image, securityContext: { ...securityContext, privileged: true } };
      set.pod.ephemeralContainers = [ephemeral];
    },
    says: "ephemeralContainers[0]",
  },
  {
    rule: "privilege-escalation",
    by: "leaving it out",
    change: (set) => delete set.container.securityContext.allowPrivilegeEscalation,
  },
  {
    rule: "capabilities",
    by: "keeping the default set",
    change: (set) => delete set.container.securityContext.capabilities.drop,
  },
  {
    rule: "capabilities",
    by: "adding one",
    change: (set) => (set.server.securityContext.capabilities.add = ["NET_BIND_SERVICE", "CHOWN"]),
    says: "adds CHOWN",
  },
  {
    rule: "seccomp",
    by: "Unconfined in an init container",
    change: (set) => (set.job.spec.template.spec.initContainers[0].securityContext.seccompProfile.type = "Unconfined"),
    says: "initContainers[0]",
  },
  {
    rule: "seccomp",
    by: "setting it nowhere",
    change: (set) => {
      delete set.pod.securityContext.seccompProfile;
      delete set.container.securityContext.seccompProfile;
    },
  },
  {
    rule: "apparmor",
    by: "Unconfined",
    change: (set) => (set.pod.securityContext.appArmorProfile = { type: "Unconfined" }),
  },
  {
    rule: "apparmor",
    by: "the old annotation",
    change: (set) =>
      (set.service.spec.template.metadata.annotations["container.apparmor.security.beta.kubernetes.io/data-svc"] =
        "unconfined"),
  },
  {
    rule: "selinux",
    by: "another type",
    change: (set) => (set.pod.securityContext.seLinuxOptions = { type: "spc_t" }),
  },
  {
    rule: "selinux",
    by: "a user",
    change: (set) => (set.container.securityContext.seLinuxOptions = { user: "system_u" }),
  },
  { rule: "proc-mount", by: "Unmasked", change: (set) => (set.container.securityContext.procMount = "Unmasked") },
  {
    rule: "sysctls",
    by: "one of the node",
    change: (set) => (set.pod.securityContext.sysctls = [{ name: "kernel.shmmax", value: "1" }]),
  },
  {
    rule: "volume-types",
    by: "NFS",
    change: (set) => {
      const tmp = set.pod.volumes.at(-1);
      delete tmp.emptyDir;
      tmp.nfs = { server: "files", path: "/" };
    },
  },
  {
    rule: "run-as-non-root",
    by: "false in a container",
    change: (set) => (set.container.securityContext.runAsNonRoot = false),
  },
  {
    rule: "run-as-non-root",
    by: "setting it nowhere",
    change: (set) => {
      delete set.pod.securityContext.runAsNonRoot;
      delete set.container.securityContext.runAsNonRoot;
    },
  },
  { rule: "high-ids", by: "the image's own user", change: (set) => (set.server.securityContext.runAsUser = 70) },
  { rule: "high-ids", by: "10000 itself", change: (set) => (set.pod.securityContext.fsGroup = 10_000) },
  { rule: "high-ids", by: "a further group", change: (set) => (set.pod.securityContext.supplementalGroups = [0]) },
  {
    rule: "high-ids",
    by: "leaving the image's",
    change: (set) => {
      delete set.pod.securityContext.runAsGroup;
      delete set.container.securityContext.runAsGroup;
    },
  },
  {
    rule: "read-only-root",
    by: "leaving it out",
    change: (set) => delete set.container.securityContext.readOnlyRootFilesystem,
  },
  {
    rule: "service-account-token",
    by: "mounting it",
    change: (set) => (set.job.spec.template.spec.automountServiceAccountToken = true),
  },
  {
    rule: "service-account-token",
    by: "saying it nowhere",
    change: (set) => {
      delete set.job.spec.template.spec.automountServiceAccountToken;
      delete set.get("ServiceAccount", "migrate").automountServiceAccountToken;
    },
  },
  {
    rule: "service-account-token",
    by: "projecting one",
    change: (set) => {
      const tmp = set.job.spec.template.spec.volumes.at(-1);
      delete tmp.emptyDir;
      tmp.projected = { sources: [{ serviceAccountToken: { path: "token" } }] };
    },
  },
  {
    rule: "resources-set",
    by: "no limit of ephemeral storage",
    change: (set) => delete set.container.resources.limits["ephemeral-storage"],
    says: "names no ephemeral-storage",
  },
  {
    rule: "resources-set",
    by: "no requests in an init container",
    change: (set) => delete set.job.spec.template.spec.initContainers[0].resources.requests,
  },
  {
    rule: "limit-below-request",
    by: "another unit",
    change: (set) => (set.container.resources.limits.memory = "512M"),
  },
  {
    rule: "database-memory",
    by: "a smaller request",
    change: (set) => (set.server.resources.requests.memory = "1Gi"),
  },
  {
    rule: "image-pinned",
    by: "a tag alone, outside dev",
    change: (set) => (set.container.image = "diabrisk/data-svc:1.0.0"),
    says: "no digest",
  },
  {
    rule: "image-pinned",
    by: "a digest alone",
    change: (set) => (set.server.image = set.server.image.replace(/:[^@]+@/, "@")),
    says: "no tag",
  },
  {
    rule: "image-pinned",
    by: "latest in dev",
    change: (set) => (set.container.image = "diabrisk/data-svc:latest"),
    stage: "dev",
  },
  {
    rule: "image-pinned",
    by: "no reference at all",
    change: (set) => (set.container.image = "Data Svc"),
    says: "no image reference",
  },
  { rule: "probes-present", by: "no readiness", change: (set) => delete set.container.readinessProbe },
  { rule: "probes-present", by: "no startup", change: (set) => delete set.server.startupProbe },
  {
    rule: "probes-present",
    by: "liveness that asks nothing",
    change: (set) => (set.container.livenessProbe = { periodSeconds: 10 }),
  },
  {
    rule: "probes-different",
    by: "one path for both",
    change: (set) => (set.container.livenessProbe.httpGet.path = "/readyz"),
  },
  {
    rule: "probe-port",
    by: "a name that no port has",
    change: (set) => (set.container.startupProbe.httpGet.port = "web"),
  },
  {
    rule: "probe-port",
    by: "a number that no port has",
    change: (set) => (set.container.readinessProbe.httpGet.port = 8081),
  },
  { rule: "hook-does-something", by: "preStop: {}", change: (set) => (set.container.lifecycle.preStop = {}) },
  {
    rule: "hook-does-something",
    by: "a command of no words",
    change: (set) => (set.container.lifecycle.postStart = { exec: { command: [] } }),
  },
  {
    rule: "hook-does-something",
    by: "a sleep as long as the pod has",
    change: (set) => (set.container.lifecycle.preStop.sleep.seconds = 40),
  },
  {
    rule: "mount-has-volume",
    by: "another name",
    change: (set) => set.container.volumeMounts.push({ name: "cache", mountPath: "/cache" }),
  },
  {
    rule: "mount-has-volume",
    by: "a claim template of another name",
    change: (set) => (set.database.spec.volumeClaimTemplates[0].metadata.name = "dat"),
    also: ["volume-is-mounted"],
  },
  {
    rule: "volume-is-mounted",
    by: "a forgotten mount",
    change: (set) => set.pod.volumes.push({ name: "cache", emptyDir: {} }),
  },
  {
    rule: "volume-source",
    by: "a Secret that fell out",
    change: (set) => delete set.pod.volumes[0].secret,
    says: "has no source",
  },
  {
    rule: "volume-source",
    by: "a Secret without its name",
    change: (set) => delete set.pod.volumes[0].secret.secretName,
    says: "names no Secret",
  },
  {
    rule: "volume-source",
    by: "two sources",
    change: (set) => (set.pod.volumes[0].emptyDir = {}),
    says: "has several sources: secret, emptyDir",
  },
  {
    rule: "volume-source",
    by: "a projection of nothing",
    change: (set) => (set.job.spec.template.spec.volumes.find(isProjected).projected.sources = []),
    says: "projects nothing",
  },
  {
    rule: "volume-source",
    by: "a projected Secret without its name",
    change: (set) => delete set.job.spec.template.spec.volumes.find(isProjected).projected.sources[1].secret.name,
    says: "names no Secret in sources[1]",
  },
  {
    rule: "claim-complete",
    by: "a claim template without a size",
    change: (set) => delete set.database.spec.volumeClaimTemplates[0].spec.resources,
    says: "spec.volumeClaimTemplates[0].spec.resources.requests.storage",
  },
  {
    rule: "claim-complete",
    by: "a claim template of nothing",
    change: (set) => (set.database.spec.volumeClaimTemplates[0].spec.resources.requests.storage = "0"),
    says: "storage is 0",
  },
  {
    rule: "claim-complete",
    by: "a claim without modes",
    change: (set) => {
      const spec = { resources: { requests: { storage: "1Gi" } } };
      set.add({ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: metadata("other"), spec });
    },
    says: "spec.accessModes",
  },
  {
    rule: "mount-path-unique",
    by: "one folder twice",
    change: (set) => set.container.volumeMounts.push({ name: "tmp", mountPath: "/tmp" }),
  },
  {
    rule: "env-unique",
    by: "a variable twice",
    change: (set) => set.container.env.push({ name: "POOL_MAX", value: "1" }),
  },
  {
    rule: "name-unique",
    by: "two containers",
    change: (set) => {
      const { initContainers, containers } = set.job.spec.template.spec;
      initContainers[0].name = containers[0].name;
    },
    says: "spec.template.spec.containers[0].name is up",
  },
  {
    rule: "name-unique",
    by: "two volumes",
    change: (set) => set.pod.volumes.push({ name: "tmp", emptyDir: {} }),
  },
  {
    rule: "mount-stays-current",
    by: "one file of a Secret",
    change: (set) => (set.container.volumeMounts[0].subPath = "url"),
    says: "volumeMounts[0].subPath is url",
  },
];
