import type { Objects } from "../objects";
import { type Container, isServing } from "../pods";
import { each, type Finding, type Rule } from "../rule";
import { at, isTree, list, number, type Tree, tree, trees } from "../tree";
import { finding, handlers } from "./host";

const PROBES = ["startupProbe", "readinessProbe", "livenessProbe"] as const;
const serving = (objects: Objects) => objects.containers.filter(isServing);
const containers = (objects: Objects) => objects.containers;

/** How Kubernetes learns that a container works, and what it does before it stops one. */
export const PROBE_RULES: readonly Rule[] = [
  each(
    serving,
    "probes-present",
    "Without readiness a pod gets traffic before it works, without liveness a stuck one stays, and without startup " +
      "liveness kills one that takes long to begin, a recovering database for instance.",
    "Give the container a startup, a readiness and a liveness probe that asks something.",
    function* (container) {
      for (const probe of PROBES)
        if (!action(tree(container.tree, probe))) yield finding(container, probe, "asks nothing");
    },
  ),
  each(
    serving,
    "probes-different",
    "A pod that is only not ready, because what it depends on is away, is restarted for it.",
    "Let liveness ask for less than readiness.",
    function* (container) {
      const [ready, alive] = [tree(container.tree, "readinessProbe"), tree(container.tree, "livenessProbe")];
      const asked = action(ready);
      if (asked && sameAction(asked, action(alive)))
        yield finding(container, "livenessProbe", "asks the same as the readiness probe");
    },
  ),
  each(
    containers,
    "probe-port",
    "A probe at a port that the container does not have fails for ever.",
    "Name a port of the same container, or declare the port.",
    wrongPorts,
  ),
  each(
    containers,
    "hook-does-something",
    "A hook without an action, or one that outlasts the pod's grace period, leaves requests to be cut off.",
    "Give it exec, httpGet or sleep, shorter than terminationGracePeriodSeconds; or leave it out.",
    idleHooks,
  ),
];

const ACTIONS = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"] as const;

/** What a probe or a hook does, if it does anything: its kind and settings. */
function action(handler: Tree): readonly [string, Tree] | undefined {
  const kind = ACTIONS.find((name) => isTree(handler[name]));
  if (kind === undefined) return undefined;
  const settings = tree(handler, kind);
  if (kind === "exec" && list(settings, "command").length === 0) return undefined;
  if (kind === "sleep" && !number(settings, "seconds")) return undefined;
  return [kind, settings];
}

const sameAction = (one: readonly [string, Tree], other: readonly [string, Tree] | undefined) =>
  JSON.stringify(one) === JSON.stringify(other);

function* wrongPorts(container: Container): Iterable<Finding> {
  const ports = trees(container.tree, "ports").map(([port]) => port);
  const known = new Set(ports.flatMap((port) => [port.name, port.containerPort]));
  for (const [field, handler] of handlers(container.tree)) {
    for (const kind of ["httpGet", "tcpSocket", "grpc"]) {
      const port = at(handler, kind, "port");
      if (port !== undefined && !known.has(port))
        yield finding(container, `${field}.${kind}.port`, `is ${port}, which is no port of the container`);
    }
  }
}

function* idleHooks(container: Container): Iterable<Finding> {
  const lifecycle = tree(container.tree, "lifecycle");
  for (const hook of ["postStart", "preStop"]) {
    if (lifecycle[hook] === undefined) continue;
    if (!action(tree(lifecycle, hook))) yield finding(container, `lifecycle.${hook}`, "does nothing");
  }
  const seconds = number(lifecycle, "preStop", "sleep", "seconds") ?? 0;
  const grace = number(container.pod.spec, "terminationGracePeriodSeconds") ?? 30;
  if (seconds >= grace)
    yield finding(container, "lifecycle.preStop.sleep.seconds", `is ${seconds} of ${grace} that the pod has to stop`);
}
