import type { Objects } from "../objects";
import type { Container } from "../pods";
import { type Breach, each, type Rule } from "../rule";
import { at, number, type Tree, text, tree, trees } from "../tree";

const pods = (objects: Objects) => objects.pods;
const containers = (objects: Objects) => objects.containers;
const ISOLATION = "A pod that shares something of its node can see or change what other pods and the node itself do.";

/** Nothing of the node reaches a pod. */
export const HOST_RULES: readonly Rule[] = [
  each(
    pods,
    "host-namespaces",
    ISOLATION,
    "Leave hostNetwork, hostPID and hostIPC out.",
    function* ({ owner, path, spec }) {
      for (const field of ["hostNetwork", "hostPID", "hostIPC"]) {
        if (spec[field] === true) yield { object: owner, field: `${path}spec.${field}`, problem: "is true" };
      }
    },
  ),
  each(
    pods,
    "host-path",
    ISOLATION,
    "Use an emptyDir, or a claim for what has to stay.",
    function* ({ owner, path, spec }) {
      for (const [volume, index] of trees(spec, "volumes")) {
        if (volume.hostPath === undefined) continue;
        const folder = text(volume, "hostPath", "path") ?? "something";
        yield {
          object: owner,
          field: `${path}spec.volumes[${index}].hostPath`,
          problem: `mounts the node's ${folder}`,
        };
      }
    },
  ),
  each(
    containers,
    "host-port",
    "A port of the node is open to whoever reaches the node, past every Service, and two such pods cannot share a node.",
    "Leave hostPort out and put a Service in front.",
    function* (container) {
      for (const [port, index] of trees(container.tree, "ports")) {
        const hostPort = number(port, "hostPort") ?? 0;
        if (hostPort !== 0) yield finding(container, `ports[${index}].hostPort`, `is ${hostPort}`);
      }
    },
  ),
  each(
    containers,
    "host-probe",
    "The kubelet asks whatever host a probe names, from the node, past every network policy.",
    "Leave host out: the probe then asks the pod itself.",
    function* (container) {
      for (const [field, handler] of handlers(container.tree)) {
        for (const kind of ["httpGet", "tcpSocket"]) {
          const host = text(handler, kind, "host");
          if (host) yield finding(container, `${field}.${kind}.host`, `is "${host}"`);
        }
      }
    },
  ),
  each(pods, "host-process", ISOLATION, "Leave windowsOptions.hostProcess out.", function* (pod) {
    const field = "securityContext.windowsOptions.hostProcess";
    if (at(pod.spec, ...field.split(".")) === true)
      yield { object: pod.owner, field: `${pod.path}spec.${field}`, problem: "is true" };
    for (const container of pod.containers)
      if (at(container.tree, ...field.split(".")) === true) yield finding(container, field, "is true");
  }),
];

/** A finding inside a container. */
export const finding = ({ owner, path }: Container, field: string, problem: string): Breach => ({
  object: owner,
  field: `${path}.${field}`,
  problem,
});

/** The probes and hooks of a container, each with its path. */
export function handlers(container: Tree): readonly (readonly [string, Tree])[] {
  const fields = [
    ["startupProbe"],
    ["readinessProbe"],
    ["livenessProbe"],
    ["lifecycle", "postStart"],
    ["lifecycle", "preStop"],
  ];
  return fields.map((path) => [path.join("."), tree(container, ...path)] as const);
}
