import type { Construct } from "constructs";
import {
  IntOrString,
  KubeNetworkPolicy,
  type NetworkPolicyEgressRule,
  type NetworkPolicyIngressRule,
  type NetworkPolicyPeer,
} from "../../imports/k8s";
import { DATABASE } from "../contract";
import type { CallerStage, NetworkStage, Peer } from "../stages/stage";
import { labelsOf, PARTS, type Part, selectorOf, stageLabels } from "./labels";

/** Selects the pods of the same namespace with this `app` label. */
export const podsOf = (app: string): NetworkPolicyPeer => ({ podSelector: { matchLabels: { app } } });

/** Selects all pods of another namespace. */
export const namespaceOf = (name: string): NetworkPolicyPeer => ({
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
});

/** Selects the pods of a caller, in the same namespace unless it names another one. */
export const callerPods = ({ app, namespace }: CallerStage): NetworkPolicyPeer => ({
  ...(namespace !== undefined && namespaceOf(namespace)),
  ...podsOf(app),
});

/** Allows TCP connections from `peers` to `port`. */
export const from = (port: number, ...peers: NetworkPolicyPeer[]): NetworkPolicyIngressRule => ({
  from: peers,
  ports: [{ protocol: "TCP", port: IntOrString.fromNumber(port) }],
});

/** Allows TCP connections to `port` of `peers`. */
export const to = (port: number, ...peers: NetworkPolicyPeer[]): NetworkPolicyEgressRule => ({
  to: peers,
  ports: [{ protocol: "TCP", port: IntOrString.fromNumber(port) }],
});

/** Allows queries to the cluster's name servers. */
export const toDns = (servers: readonly Peer[]): NetworkPolicyEgressRule => ({
  to: servers.map(peerOf),
  ports: [
    { protocol: "UDP", port: IntOrString.fromNumber(53) },
    { protocol: "TCP", port: IntOrString.fromNumber(53) },
  ],
});

/** Allows connections to the API server. */
export const toApiServer = ({ apiServer }: Pick<NetworkStage, "apiServer">): NetworkPolicyEgressRule =>
  toPeers(apiServer.port, apiServer.network);

/** Allows TCP connections to `port` of servers that a stage names. */
const toPeers = (port: number, peers: readonly Peer[]): NetworkPolicyEgressRule => to(port, ...peers.map(peerOf));

function peerOf(peer: Peer): NetworkPolicyPeer {
  if (peer.kind === "addresses") return { ipBlock: { cidr: peer.cidr } };
  const [name, value] = peer.label;
  return { ...namespaceOf(peer.namespace), podSelector: { matchLabels: { [name]: value } } };
}

/** Allows connections to a bucket's servers, at the port of the endpoint's URL. */
export const toBucket = (endpoint: string, servers: readonly Peer[]): NetworkPolicyEgressRule => {
  const { port, protocol } = new URL(endpoint);
  return toPeers(Number(port) || (protocol === "http:" ? 80 : 443), servers);
};

export interface AllowedTraffic {
  /** The part whose pods the policy selects. The policy is named after its `app`. */
  readonly part: Part;
  /** Connections that they accept. */
  readonly ingress: NetworkPolicyIngressRule[];
  /** Connections that they open. */
  readonly egress: NetworkPolicyEgressRule[];
  /** Whether an operator makes the pods, so that no manifest has them. @default false */
  readonly operated?: boolean;
  /** Reason for which nobody can tell from the manifests that there are pods. @default they tell */
  readonly madeLater?: string;
}

/** Allows the pods of one part these connections and no others. */
export class AllowTraffic extends KubeNetworkPolicy {
  constructor(scope: Construct, { part, ingress, egress, operated = false, madeLater }: AllowedTraffic) {
    const annotations = {
      ...(operated && { "kube-score/ignore": "networkpolicy-targets-pod" }),
      ...(madeLater && { "policy.diabrisk.io/except-network-policy-selects": madeLater }),
    };
    super(scope, `allow-${part.app}`, {
      metadata: {
        name: part.app,
        labels: labelsOf(part),
        ...(Object.keys(annotations).length > 0 && { annotations }),
      },
      spec: { podSelector: { matchLabels: selectorOf(part) }, policyTypes: ["Ingress", "Egress"], ingress, egress },
    });
  }
}

/**
 * Allows the pods of a client the server and the name servers. The client's own manifests allow the rest, so it says nothing of
 * connections that they accept.
 */
export class AllowClient extends KubeNetworkPolicy {
  constructor(scope: Construct, app: string, egress: NetworkPolicyEgressRule[]) {
    const name = `${DATABASE.host}-client-${app}`;
    super(scope, `allow-${name}`, {
      metadata: {
        name,
        labels: labelsOf(PARTS.database),
        annotations: {
          "kube-score/ignore": "networkpolicy-targets-pod",
          "policy.diabrisk.io/except-network-policy-selects": `${app} is deployed apart`,
        },
      },
      spec: { podSelector: { matchLabels: { app } }, policyTypes: ["Egress"], egress },
    });
  }
}

/** Refuses every connection in the namespace, both ways, unless another policy allows it. */
export class DenyAllTraffic extends KubeNetworkPolicy {
  constructor(scope: Construct) {
    super(scope, "default-deny", {
      metadata: { name: "default-deny", labels: stageLabels("network") },
      spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
    });
  }
}
