import { portsOf, protocolOf } from "../kubernetes/ports";
import type { KubeObject } from "../object";
import type { Objects } from "../objects";
import { once } from "../once";
import { owners, type Pod } from "../pods";
import type { Breach } from "../rule";
import { list, text, tree, trees } from "../tree";
import { selected } from "./selectors";

/** Ports of a Service that the API server refuses, or that its pods do not have. */
export function* servicePorts(object: KubeObject, objects: Objects): Iterable<Breach> {
  const { type, clusterIP } = tree(object.tree, "spec");
  if (list(object.tree, "spec", "ports").length === 0 && type !== "ExternalName" && clusterIP !== "None")
    yield { object, field: "spec.ports", problem: "is not set" };
  for (const [field, problem] of refused(object)) yield { object, field: `spec.ports${field}`, problem };
  for (const [port, index] of trees(object.tree, "spec", "ports")) {
    const target = port.targetPort ?? port.port;
    if (typeof target !== "string" && typeof target !== "number") continue;
    const protocol = protocolOf(port);
    const lacking = lackingOf(selected(object, objects), target, protocol);
    if (lacking.length > 0) {
      const problem = `is ${target}, which ${owners(lacking)} ${typeof target === "string" ? "lacks" : "does not declare"} for ${protocol}`;
      yield { object, field: `spec.ports[${index}].targetPort`, problem };
    }
  }
}

const lackingOf = once((pods: readonly Pod[], target: string | number, protocol: string) =>
  pods.filter((pod) => lacks(pod, target, protocol)),
);

/**
 * Whether a pod lacks a named port, or declares other ports than this number. A pod may listen at ports that it does
 * not declare, so one that declares none contradicts nothing.
 */
function lacks(pod: Pod, target: string | number, protocol: string): boolean {
  const ports = portsOf(pod).filter((port) => port.protocol === protocol);
  if (typeof target === "number") return ports.length > 0 && !ports.some(({ number }) => number === target);
  return !ports.some(({ name }) => name === target);
}

const HIGHEST_PORT = 65_535;

function* refused(service: KubeObject): Iterable<readonly [field: string, problem: string]> {
  const ports = trees(service.tree, "spec", "ports");
  const names = new Set<string>();
  const numbers = new Set<string>();
  for (const [port, index] of ports) {
    const name = text(port, "name") ?? "";
    if (name === "" && ports.length > 1) yield [`[${index}].name`, "is not set, though there are several"];
    if (name !== "" && names.has(name)) yield [`[${index}].name`, `is ${name}, as another's`];
    names.add(name);
    const number = `${protocolOf(port)} ${port.port}`;
    if (numbers.has(number)) yield [`[${index}].port`, `is ${number}, as another's`];
    numbers.add(number);
    for (const field of ["port", "targetPort"]) {
      const value = port[field];
      if (typeof value === "number" && (value < 1 || value > HIGHEST_PORT))
        yield [`[${index}].${field}`, `is ${value}, which is no port`];
    }
  }
}
