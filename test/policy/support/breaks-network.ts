import type { Break } from "./break";

const NAME = "kubernetes.io/metadata.name";
const WRONG_PORTS = ["postgress", "http", "5432"];
const EVERYBODY = [
  { namespaceSelector: { matchExpressions: [{ key: NAME, operator: "Exists" }] } },
  { namespaceSelector: { matchExpressions: [{ key: NAME, operator: "NotIn", values: ["x"] }] } },
  { namespaceSelector: { matchExpressions: [{ key: "nope", operator: "DoesNotExist" }] } },
  { namespaceSelector: {}, podSelector: { matchExpressions: [{ key: "nope", operator: "DoesNotExist" }] } },
  { namespaceSelector: {}, podSelector: { matchExpressions: [{ key: "app", operator: "Exists" }] } },
];

/** Policies that say something else than they seem to. */
export const NETWORK_BREAKS: readonly Break[] = [
  ...(WRONG_PORTS.map((port) => ({
    rule: "network-path",
    by: `the port "${port}", which the server does not have by that name`,
    change: (set) => (set.get("NetworkPolicy", "postgres").spec.ingress[0].ports[0].port = port),
    says: "no Ingress policy allows TCP 5432 from data-svc",
  })) satisfies readonly Break[]),
  {
    rule: "network-path",
    by: "a name that is another protocol's at the server",
    change: (set) => {
      set.server.ports.push({ name: "pg-udp", containerPort: 5432, protocol: "UDP" });
      set.get("NetworkPolicy", "data-svc").spec.egress[0].ports[0].port = "pg-udp";
    },
    says: "no Egress policy allows TCP 5432 to StatefulSet diabrisk/postgres",
  },
  {
    rule: "network-path",
    by: "a name that the server does not have",
    change: (set) => (set.get("NetworkPolicy", "data-svc").spec.egress[0].ports[0].port = "nosuch"),
    says: "no Egress policy allows TCP 5432 to StatefulSet diabrisk/postgres",
  },
  ...(EVERYBODY.map((peer) => ({
    rule: "network-policy-open",
    by: `everybody as ${JSON.stringify(peer)}`,
    change: (set) => set.get("NetworkPolicy", "data-svc").spec.ingress[0].from.push(peer),
    says: "is everybody",
  })) satisfies readonly Break[]),
];
