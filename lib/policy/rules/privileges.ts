import type { Objects } from "../objects";
import type { Pod } from "../pods";
import { type Breach, each, type Rule } from "../rule";
import { at, list, text, tree, trees } from "../tree";
import { contexts, inherited, NOWHERE } from "./contexts";
import { finding } from "./host";

const pods = (objects: Objects) => objects.pods;
const containers = (objects: Objects) => objects.containers;
/** Windows has none of these, and refuses a pod that names them. */
const isLinux = ({ spec }: Pod) => text(spec, "os", "name") !== "windows";
const linux = (objects: Objects) => objects.containers.filter(({ pod }) => isLinux(pod));
const linuxPods = (objects: Objects) => objects.pods.filter(isLinux);
const STANDARD = "The restricted Pod Security Standard refuses the pod otherwise.";

/** Processes in containers have no privileges beyond the restricted Pod Security Standard. */
export const PRIVILEGE_RULES: readonly Rule[] = [
  each(
    containers,
    "privileged",
    "A privileged container is root on its node.",
    "Leave it out or set false.",
    function* (container) {
      if (at(container.tree, "securityContext", "privileged") === true)
        yield finding(container, "securityContext.privileged", "is true");
    },
  ),
  each(
    linux,
    "privilege-escalation",
    "A setuid program in the image makes its caller root otherwise.",
    "Set allowPrivilegeEscalation: false.",
    function* (container) {
      const value = at(container.tree, "securityContext", "allowPrivilegeEscalation");
      if (value !== false)
        yield finding(container, "securityContext.allowPrivilegeEscalation", `is ${value ?? "not set, so true"}`);
    },
  ),
  each(
    linux,
    "capabilities",
    "The default set lets a process forge packets, change owners and make device files.",
    'Set capabilities.drop: ["ALL"]; add back NET_BIND_SERVICE at most.',
    function* (container) {
      const capabilities = tree(container.tree, "securityContext", "capabilities");
      if (!list(capabilities, "drop").includes("ALL"))
        yield finding(container, "securityContext.capabilities.drop", "does not name ALL");
      const added = list(capabilities, "add").filter((name) => name !== "NET_BIND_SERVICE");
      if (added.length > 0) yield finding(container, "securityContext.capabilities.add", `adds ${added.join(", ")}`);
    },
  ),
  each(linuxPods, "seccomp", STANDARD, "Set seccompProfile.type: RuntimeDefault.", seccomp),
  each(pods, "apparmor", STANDARD, "Leave the profile out, or use RuntimeDefault or Localhost.", appArmor),
  each(pods, "selinux", STANDARD, "Leave user and role out; use a container_*_t type or none.", function* (pod) {
    for (const [field, context, found] of contexts(pod)) {
      const options = tree(context, "seLinuxOptions");
      const type = text(options, "type") ?? "";
      if (!SELINUX_TYPES.has(type)) yield found(`${field}.seLinuxOptions.type`, `is "${type}"`);
      for (const key of ["user", "role"])
        if (text(options, key)) yield found(`${field}.seLinuxOptions.${key}`, `is "${text(options, key)}"`);
    }
  }),
  each(containers, "proc-mount", STANDARD, "Leave procMount out.", function* (container) {
    const mount = text(container.tree, "securityContext", "procMount") ?? "Default";
    if (mount !== "Default") yield finding(container, "securityContext.procMount", `is ${mount}`);
  }),
  each(
    pods,
    "sysctls",
    "Other kernel settings reach beyond the pod or need the node's administrator.",
    `Leave it out: the standard allows ones that stay within the pod, as net.ipv4.ip_local_port_range.`,
    function* ({ owner, path, spec }) {
      for (const [sysctl, index] of trees(spec, "securityContext", "sysctls")) {
        const name = text(sysctl, "name") ?? "";
        const field = `${path}spec.securityContext.sysctls[${index}]`;
        if (!SYSCTLS.has(name)) yield { object: owner, field, problem: `sets ${name}` };
      }
    },
  ),
  each(
    pods,
    "volume-types",
    STANDARD,
    `Use a claim, emptyDir, configMap, secret, projected, downwardAPI, csi or ephemeral volume.`,
    function* (pod) {
      for (const [volume, index] of trees(pod.spec, "volumes")) {
        const field = `${pod.path}spec.volumes[${index}]`;
        for (const type of Object.keys(volume))
          if (!VOLUME_TYPES.has(type)) yield { object: pod.owner, field, problem: `is of the type ${type}` };
      }
    },
  ),
];

/** Omits hostPath, which has a rule of its own. */
const VOLUME_TYPES = new Set(
  "name configMap csi downwardAPI emptyDir ephemeral persistentVolumeClaim projected secret hostPath".split(" "),
);
const SELINUX_TYPES = new Set(["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"]);
const SYSCTLS = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_wmem",
]);

const PROFILES = new Set<unknown>(["RuntimeDefault", "Localhost"]);

function* seccomp(pod: Pod): Iterable<Breach> {
  for (const [type, found] of inherited(pod, "seccompProfile", "type"))
    if (!PROFILES.has(type)) yield found(`is ${type ?? NOWHERE}`);
}

const APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/";

function* appArmor(pod: Pod): Iterable<Breach> {
  for (const [field, context, found] of contexts(pod)) {
    const type = at(context, "appArmorProfile", "type") ?? "RuntimeDefault";
    if (!PROFILES.has(type)) yield found(`${field}.appArmorProfile.type`, `is ${type}`);
  }
  for (const [name, profile] of pod.annotations) {
    if (name.startsWith(APPARMOR_ANNOTATION) && !/^(runtime\/default|localhost\/.*)$/.test(profile))
      yield { object: pod.owner, field: `${pod.path}metadata.annotations["${name}"]`, problem: `is ${profile}` };
  }
}
