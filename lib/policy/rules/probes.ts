import { hookProblem, probeProblem, questionOf, sleepOf } from "../kubernetes/actions";
import { protocolOf } from "../kubernetes/ports";
import type { Objects } from "../objects";
import { type Container, isServing } from "../pods";
import { type Breach, each, type Rule } from "../rule";
import { at, isTree, number, tree, trees } from "../tree";
import { finding, handlers } from "./host";

const PROBES = ["startupProbe", "readinessProbe", "livenessProbe"] as const;
const serving = (objects: Objects) => objects.containers.filter(isServing);
const containers = (objects: Objects) => objects.containers;

/** Probes show whether a container works, and hooks let it stop cleanly. */
export const PROBE_RULES: readonly Rule[] = [
  each(
    serving,
    "probes-present",
    "Without readiness a pod gets traffic before it works, without liveness a stuck one stays, and without startup " +
      "liveness kills one that takes long to begin, a recovering database for instance.",
    "Give the container a startup, a readiness and a liveness probe that asks something.",
    function* (container) {
      for (const probe of PROBES) {
        const problem = probeProblem(tree(container.tree, probe));
        if (problem) yield finding(container, probe, problem);
      }
    },
  ),
  each(
    serving,
    "probes-different",
    "A pod that is only not ready, because what it depends on is away, is restarted for it.",
    "Let liveness ask for less than readiness.",
    function* (container) {
      const ports = new Map(trees(container.tree, "ports").map(([port]) => [port.name, port.containerPort]));
      const [ready, alive] = ["readinessProbe", "livenessProbe"].map((probe) =>
        questionOf(tree(container.tree, probe), ports),
      );
      if (ready !== undefined && ready === alive)
        yield finding(container, "livenessProbe", "asks the same as the readiness probe");
    },
  ),
  each(
    containers,
    "probe-port",
    "A probe at a name that no port of the container has fails for ever. A number that none declares is a slip, or a port that nobody else can see; every probe asks by TCP.",
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

function* wrongPorts(container: Container): Iterable<Breach> {
  const ports = trees(container.tree, "ports").filter(([port]) => protocolOf(port) === "TCP");
  const known = new Set(ports.flatMap(([port]) => [port.name, port.containerPort]));
  for (const [field, handler] of handlers(container.tree)) {
    for (const kind of ["httpGet", "tcpSocket", "grpc"]) {
      const port = at(handler, kind, "port");
      if (port !== undefined && !known.has(port))
        yield finding(container, `${field}.${kind}.port`, `is ${port}, ${lack(port)}`);
    }
  }
}

/** A program may listen at a number that its container does not declare, but no name leads anywhere undeclared. */
const lack = (port: unknown) =>
  typeof port === "string"
    ? "which no TCP port of the container is named"
    : "which the container declares for no TCP port";

function* idleHooks(container: Container): Iterable<Breach> {
  const lifecycle = tree(container.tree, "lifecycle");
  for (const hook of ["postStart", "preStop"]) {
    const handler = lifecycle[hook];
    const problem = isTree(handler) && hookProblem(handler);
    if (problem) yield finding(container, `lifecycle.${hook}`, problem);
  }
  const [field, seconds] = sleepOf(tree(lifecycle, "preStop")) ?? ["", -1];
  const grace = number(container.pod.spec, "terminationGracePeriodSeconds") ?? 30;
  if (seconds >= grace)
    yield finding(container, `lifecycle.preStop.${field}`, `sleeps ${seconds} of ${grace} s that the pod has to stop`);
}
