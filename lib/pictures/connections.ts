import type { KubeObject } from "../policy";
import type { Port } from "../policy/connections";
import { allows, type End, endOf, peers, rulesOf } from "../policy/kubernetes/network";
import { matchesAll } from "../policy/kubernetes/selector";
import type { Objects } from "../policy/objects";
import { number, type Tree, text, texts, tree, trees } from "../policy/tree";

export interface Connection {
  /** `app` of a workload, or an outsider's name. */
  readonly from: string;
  readonly to: string;
  readonly ports: readonly string[];
}

/** The label that names a pod. */
export function appOf({ labels }: Pick<End, "labels">): string {
  const app = labels.get("app");
  return typeof app === "string" ? app : "";
}

/** Lists connections that the policies of both ends allow. Outsiders' policies are unknown, and count as open. */
export function connectionsIn(objects: Objects): { outsiders: string[]; connections: Connection[] } {
  const inside = objects.pods.map((pod) => ({ name: appOf(pod), end: endOf(pod), known: true }));
  const outside = outsidersIn(objects).map(({ name, end }) => ({ name, end, known: false }));
  const ends = [...inside, ...outside];
  const ports = portsIn(objects);
  const connections = ends.flatMap((from) =>
    ends.flatMap((to): Connection[] => {
      if (!from.known && !to.known) return [];
      const open = ports.filter(
        (port) =>
          (!from.known || allows(objects, "Egress", from.end, to.end, port)) &&
          (!to.known || allows(objects, "Ingress", to.end, from.end, port)),
      );
      return open.length === 0 ? [] : [{ from: from.name, to: to.name, ports: open.map(portText) }];
    }),
  );
  return { outsiders: outside.map(({ name }) => name), connections };
}

const portText = ({ number: port, protocol }: Port) => (protocol === "TCP" ? String(port) : `${port}/${protocol}`);

/** Lists each peer of a policy once, if no workload here matches it. */
function outsidersIn(objects: Objects): { name: string; end: End }[] {
  const found = new Map<string, End>();
  for (const [peer, policy] of peersIn(objects)) {
    const labels = new Map(texts(peer, "podSelector", "matchLabels"));
    const elsewhere = text(peer, "namespaceSelector", "matchLabels", "kubernetes.io/metadata.name");
    const namespace = elsewhere ?? policy.namespace;
    if (!elsewhere && objects.pods.some((pod) => matchesAll(tree(peer, "podSelector", "matchLabels"), pod.labels)))
      continue;
    const pod = [...labels.values()].join(", ") || "any pod";
    found.set(elsewhere ? `${pod} in ${elsewhere}` : pod, { namespace, labels });
  }
  return [...found].map(([name, end]) => ({ name, end }));
}

function peersIn(objects: Objects): (readonly [Tree, KubeObject])[] {
  return rulesIn(objects).flatMap(({ rule, direction, policy }) =>
    (peers(rule, direction) ?? []).map(([peer]) => [peer, policy] as const),
  );
}

function rulesIn(objects: Objects) {
  return objects
    .ofKind("NetworkPolicy")
    .flatMap((policy) =>
      (["Ingress", "Egress"] as const).flatMap((direction) =>
        rulesOf(policy, direction).map(([rule]) => ({ rule, direction, policy })),
      ),
    );
}

function portsIn(objects: Objects): Port[] {
  const ports = rulesIn(objects).flatMap(({ rule }) =>
    trees(rule, "ports").map(([port]): Port => {
      const protocol = text(port, "protocol") === "UDP" ? "UDP" : "TCP";
      return { number: number(port, "port") ?? 0, protocol };
    }),
  );
  const unique = new Map(ports.map((port) => [portText(port), port]));
  return [...unique.values()].sort((a, b) => a.number - b.number || a.protocol.localeCompare(b.protocol));
}
