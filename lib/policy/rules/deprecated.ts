import type { KubeObject } from "../object";
import type { Objects } from "../objects";
import type { Breach } from "../rule";
import { texts, tree } from "../tree";

const DEPRECATED_ANNOTATIONS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "seccomp.security.alpha.kubernetes.io/pod": "securityContext.seccompProfile",
    "kubernetes.io/ingress.class": "spec.ingressClassName",
    "volume.beta.kubernetes.io/storage-class": "spec.storageClassName",
    "service.alpha.kubernetes.io/tolerate-unready-endpoints": "spec.publishNotReadyAddresses",
    "scheduler.alpha.kubernetes.io/critical-pod": "spec.priorityClassName",
  }),
);

/** Fields and annotations of an object that have been replaced by others. */
export function* deprecated(object: KubeObject, objects: Objects): Iterable<Breach> {
  for (const [name] of texts(object.tree, "metadata", "annotations")) yield* annotation(object, "", name);
  if (object.apiVersion === "v1" && object.kind === "Service" && tree(object.tree, "spec").loadBalancerIP !== undefined)
    yield { object, field: "spec.loadBalancerIP", problem: "is replaced by the load balancer's own annotations" };
  const pod = objects.podOf(object);
  if (!pod) return;
  const { path, spec, annotations } = pod;
  if (path !== "") for (const name of annotations.keys()) yield* annotation(object, path, name);
  if (spec.serviceAccount !== undefined && spec.serviceAccountName === undefined)
    yield { object, field: `${path}spec.serviceAccount`, problem: "is replaced by serviceAccountName" };
  for (const key of Object.keys(tree(spec, "nodeSelector")))
    if (/^(beta\.kubernetes\.io\/|failure-domain\.beta)/.test(key))
      yield { object, field: `${path}spec.nodeSelector["${key}"]`, problem: "is replaced by the label without beta" };
}

function* annotation(object: KubeObject, path: string, name: string): Iterable<Breach> {
  const replacement = DEPRECATED_ANNOTATIONS.get(name);
  if (replacement)
    yield { object, field: `${path}metadata.annotations["${name}"]`, problem: `is replaced by ${replacement}` };
}
