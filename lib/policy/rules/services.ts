import { isOwn } from "../kubernetes/own";
import { selectorOf } from "../kubernetes/selector";
import type { KubeObject } from "../object";
import type { Objects } from "../objects";
import { owners } from "../pods";
import { type Breach, each, type Rule } from "../rule";
import { isTree, list, text, tree, trees } from "../tree";
import { runOneProgram, selected } from "./selectors";
import { servicePorts } from "./service-ports";

/** Every Service leads to a pod that answers. */
export const SERVICE_RULES: readonly Rule[] = [
  each(
    (objects) => objects.ofKind("Service"),
    "service-selects",
    "Connections to a Service that selects nothing are refused, to one that selects two things end anywhere.",
    "Select the labels of the pods of one workload, or bring its EndpointSlice.",
    serviceSelector,
  ),
  each(
    (objects) => objects.ofKind("Service"),
    "service-port",
    "A name that no port of the pods has leads nowhere. A number beside those that the pods declare is a slip, or a port that nobody else can see.",
    "Name ports, and let targetPort name a port of the pods' containers.",
    servicePorts,
  ),
  each(
    (objects) => objects.ofKind("Service"),
    "service-exposure",
    "It opens the pods to whoever reaches the nodes, past the Ingress and its TLS; an ExternalName leads callers to a host that is no pod's.",
    "Use type: ClusterIP.",
    function* (object) {
      const type = text(object.tree, "spec", "type") ?? "ClusterIP";
      if (type !== "ClusterIP") yield { object, field: "spec.type", problem: `is ${type}` };
      if (list(object.tree, "spec", "externalIPs").length > 0)
        yield { object, field: "spec.externalIPs", problem: "is set" };
      for (const [port, index] of trees(object.tree, "spec", "ports"))
        if (port.nodePort !== undefined && type === "ClusterIP")
          yield {
            object,
            field: `spec.ports[${index}].nodePort`,
            problem: `is ${port.nodePort}, which ClusterIP forbids`,
          };
    },
  ),
];

function* serviceSelector(object: KubeObject, objects: Objects): Iterable<Breach> {
  const field = "spec.selector";
  const { selector } = tree(object.tree, "spec");
  if (!isTree(selector)) {
    if (!hasEndpoints(object, objects)) yield { object, field, problem: "is not set" };
    return;
  }
  const pods = selected(object, objects);
  if (pods.length === 0 && !objects.mayMatchOthers(selectorOf(selector), object.namespace))
    yield { object, field, problem: "matches no pod" };
  if (!runOneProgram(pods)) yield { object, field, problem: `matches the pods of ${owners(pods)}` };
}

/** Whether a Service without a selector has a destination: an external name, or endpoints of its own or the cluster's. */
function hasEndpoints({ tree: service, name, namespace }: KubeObject, objects: Objects): boolean {
  if (isOwn("Service", namespace, name)) return true;
  if (text(service, "spec", "type") === "ExternalName" || objects.find("Endpoints", namespace, name)) return true;
  const matchLabels = { "kubernetes.io/service-name": name };
  return objects.labelled("EndpointSlice", { matchLabels }, namespace).length > 0;
}
