import { needed } from "./selector";

/** Names of objects that every cluster has, by kind and namespace. */
const OWN: readonly (readonly [kind: string, namespace: string | undefined, name: RegExp])[] = [
  ["ServiceAccount", undefined, /^default$/],
  ["ConfigMap", undefined, /^kube-root-ca\.crt$/],
  ["Role", "kube-system", /^(?:system:.*|extension-apiserver-authentication-reader)$/],
  ["Role", "kube-public", /^system:/],
  [
    "ServiceAccount",
    "kube-system",
    /^(?:coredns|kube-dns|kube-proxy|generic-garbage-collector|namespace-controller|persistent-volume-binder)$/,
  ],
  ["ConfigMap", "kube-system", /^extension-apiserver-authentication$/],
  ["Service", "kube-system", /^kube-dns$/],
  ["Service", "default", /^kubernetes$/],
];

/** Whether every cluster has an object of this name. */
export const isOwn = (kind: string, namespace: string, name: string): boolean =>
  OWN.some(([its, place, names]) => its === kind && (place === undefined || place === namespace) && names.test(name));

/** Labels of the pods that every cluster has in `kube-system`. Tools that set a cluster up use them. */
const OWN_PODS = new Set(["k8s-app", "component", "tier"]);

/** Whether a LabelSelector is about the cluster's own pods, e.g. its DNS or scheduler. */
export function isOwnPods(selector: unknown, namespace: string): boolean {
  const keys = needed(selector).flat();
  return namespace === "kube-system" && keys.length > 0 && keys.every(([key]) => OWN_PODS.has(key));
}
