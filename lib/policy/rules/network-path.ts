import type { Connection } from "../connections";
import { allows, type Direction, type End, endOf } from "../kubernetes/network";
import type { Objects } from "../objects";
import { owners, type Pod } from "../pods";
import type { Breach, Rule } from "../rule";

/** The connections that the application needs are allowed. */
export const NETWORK_PATH_RULE: Rule = {
  name: "network-path",
  reason: "A connection without which the application does not work is refused.",
  remedy: "Let the policies of both ends allow it.",
  *check(objects) {
    if (objects.ofKind("NetworkPolicy").length > 0)
      for (const connection of objects.connections) yield* blocked(connection, objects);
  },
};

function* blocked({ from, to, port, fromNamespace }: Connection, objects: Objects): Iterable<Breach> {
  const describe = (other: string) => `${port.protocol} ${port.number} ${other}`;
  const senders = objects.pods.filter((pod) => pod.labels.get("app") === from);
  if (typeof to !== "string") {
    const place: End = { namespace: to.namespace, labels: new Map(to.labels) };
    for (const pod of senders)
      if (!allows(objects, "Egress", endOf(pod), place, port))
        yield refusal(pod, "Egress", describe(`to ${to.namespace}`));
    return;
  }
  const receivers = objects.pods.filter(({ labels }) => labels.get("app") === to);
  for (const pod of receivers) {
    const namespace = fromNamespace ?? pod.owner.namespace;
    const sender: End = { namespace, labels: new Map([["app", from]]) };
    if (!allows(objects, "Ingress", endOf(pod), sender, port)) yield refusal(pod, "Ingress", describe(`from ${from}`));
  }
  for (const sender of senders) {
    const near = receivers.filter(({ owner }) => owner.namespace === sender.owner.namespace);
    const refused = near.filter((pod) => !allows(objects, "Egress", endOf(sender), endOf(pod), port));
    if (refused.length > 0) yield refusal(sender, "Egress", describe(`to ${owners(refused)}`));
  }
}

const refusal = (pod: Pod, direction: Direction, connection: string): Breach => ({
  object: pod.owner,
  field: `${pod.path}metadata.labels`,
  problem: `no ${direction} policy allows ${connection}`,
});
