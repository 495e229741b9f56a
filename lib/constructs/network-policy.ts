import type { Construct } from "constructs";
import {
  IntOrString,
  KubeNetworkPolicy,
  type NetworkPolicyEgressRule,
  type NetworkPolicyIngressRule,
  type NetworkPolicyPeer,
} from "../../imports/k8s";
import { STAGE_LABELS } from "./labels";

/** Pods of the same namespace with this `app` label. */
export const podsOf = (app: string): NetworkPolicyPeer => ({ podSelector: { matchLabels: { app } } });

/** All pods of another namespace. */
export const namespaceOf = (name: string): NetworkPolicyPeer => ({
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
});

/** TCP connections from `peers` to `port`. */
export const from = (port: number, ...peers: NetworkPolicyPeer[]): NetworkPolicyIngressRule => ({
  from: peers,
  ports: [{ protocol: "TCP", port: IntOrString.fromNumber(port) }],
});

/** TCP connections to `port` of `peers`. */
export const to = (port: number, ...peers: NetworkPolicyPeer[]): NetworkPolicyEgressRule => ({
  to: peers,
  ports: [{ protocol: "TCP", port: IntOrString.fromNumber(port) }],
});

/** Questions to the cluster's name servers. */
export const toDns: NetworkPolicyEgressRule = {
  to: [{ ...namespaceOf("kube-system"), podSelector: { matchLabels: { "k8s-app": "kube-dns" } } }],
  ports: [
    { protocol: "UDP", port: IntOrString.fromNumber(53) },
    { protocol: "TCP", port: IntOrString.fromNumber(53) },
  ],
};

export interface AllowedTraffic {
  /** `app` label of the pods, and name of the policy. */
  readonly app: string;
  /** Connections that they accept. */
  readonly ingress: NetworkPolicyIngressRule[];
  /** Connections that they open. */
  readonly egress: NetworkPolicyEgressRule[];
}

/** What the pods of one `app` may receive and send, and nothing else. */
export class AllowTraffic extends KubeNetworkPolicy {
  constructor(scope: Construct, { app, ingress, egress }: AllowedTraffic) {
    super(scope, `allow-${app}`, {
      metadata: { name: app, labels: STAGE_LABELS },
      spec: { podSelector: { matchLabels: { app } }, policyTypes: ["Ingress", "Egress"], ingress, egress },
    });
  }
}

/** Refuses every connection of every pod in the namespace, both ways, that no other policy allows. */
export class DenyAllTraffic extends KubeNetworkPolicy {
  constructor(scope: Construct) {
    super(scope, "default-deny", {
      metadata: { name: "default-deny", labels: STAGE_LABELS },
      spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
    });
  }
}
