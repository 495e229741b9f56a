import type { KubeObject } from "../object";
import type { Objects } from "../objects";
import { type Breach, each, type Rule } from "../rule";
import { number, type Tree, text, tree, trees } from "../tree";

/** A Service that another object sends traffic to exists. */
export const BACKEND_RULES: readonly Rule[] = [
  each(
    (objects) => objects.ofKind("Ingress"),
    "ingress-service",
    "Whoever calls gets an error.",
    "Name a Service of the same namespace and a port that it has.",
    ingressBackends,
  ),
  each(
    (objects) => objects.ofKind("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"),
    "webhook-service",
    "The API server cannot ask, and so refuses every request that the webhook is about, or lets it pass unseen.",
    "Name a Service that is there, with its namespace and a port that it has.",
    webhookServices,
  ),
];

function* ingressBackends(object: KubeObject, objects: Objects): Iterable<Breach> {
  const backends: (readonly [string, Tree])[] = [["spec.defaultBackend", tree(object.tree, "spec", "defaultBackend")]];
  for (const [rule, index] of trees(object.tree, "spec", "rules"))
    for (const [path, at] of trees(rule, "http", "paths"))
      backends.push([`spec.rules[${index}].http.paths[${at}].backend`, tree(path, "backend")]);
  for (const [field, backend] of backends) {
    const name = text(backend, "service", "name");
    if (name === undefined) continue;
    const problem = problemOf(objects, object.namespace, name, tree(backend, "service", "port"));
    if (problem) yield { object, field, problem };
  }
}

/** A webhook with a URL is outside the cluster, and is not checked. */
function* webhookServices(object: KubeObject, objects: Objects): Iterable<Breach> {
  for (const [webhook, index] of trees(object.tree, "webhooks")) {
    const service = tree(webhook, "clientConfig", "service");
    const name = text(service, "name");
    if (name === undefined) continue;
    const port = { number: number(service, "port") ?? 443 };
    const problem = problemOf(objects, text(service, "namespace") ?? "", name, port);
    if (problem) yield { object, field: `webhooks[${index}].clientConfig.service`, problem };
  }
}

function problemOf(objects: Objects, namespace: string, name: string, wanted: Tree): string | undefined {
  const service = objects.find("Service", namespace, name);
  if (!service)
    return objects.has("Service", namespace, name) ? undefined : `names Service ${name}, which is not there`;
  // Ports of an ExternalName are the host's own.
  if (text(service.tree, "spec", "type") === "ExternalName") return undefined;
  const hasPort = trees(service.tree, "spec", "ports").some(([port]) =>
    wanted.name === undefined ? port.port === wanted.number : port.name === wanted.name,
  );
  return hasPort ? undefined : `names a port that Service ${name} lacks`;
}
