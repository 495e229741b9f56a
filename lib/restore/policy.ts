import { type NetworkPolicyEgressRule, toJson_NetworkPolicySpec } from "../../imports/k8s";
import { from, podsOf, to, toBucket, toDns } from "../constructs/network-policy";
import { DATABASE } from "../contract";
import type { KubeObject } from "../deploy/kubectl";
import type { Stage } from "../stages/stage";
import { RESTORE_APP } from "./names";

/** Lets the restore pod out to the bucket and its name, and nobody in. It is removed with the pod. */
export function restorePolicy({ backup: { target }, network }: Pick<Stage, "backup" | "network">): KubeObject {
  const itself = podsOf(RESTORE_APP);
  const bucket: NetworkPolicyEgressRule[] =
    target.kind === "s3"
      ? [toBucket(target.endpoint, target.network), toDns(network.dns)]
      : [to(DATABASE.port, itself)];
  const spec = toJson_NetworkPolicySpec({
    podSelector: { matchLabels: { app: RESTORE_APP } },
    policyTypes: ["Ingress", "Egress"],
    ingress: [from(DATABASE.port, itself)],
    egress: bucket,
  });
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: RESTORE_APP, labels: { app: RESTORE_APP } },
    ...(spec && { spec }),
  };
}
