import { BlockList, isIPv6 } from "node:net";
import { DATA_SVC } from "../../contract";
import type { Kubectl, KubeObject } from "../kubectl";
import { type Finding, NOTHING, problemsOf } from "./finding";

/** Where Kubernetes itself lists the addresses of its API servers. */
const SERVICE = { namespace: "default", name: "kubernetes" };
const SHOWN = `kubectl get endpointslices ${SERVICE.name} -n ${SERVICE.namespace}`;

interface Slice {
  readonly endpoints?: readonly { readonly addresses: readonly string[] }[] | null;
  readonly ports?: readonly { readonly port?: number }[] | null;
}

interface EgressRule {
  readonly to?: readonly { readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] } }[];
  readonly ports?: readonly {
    readonly protocol?: string;
    readonly port?: number | string;
    readonly endPort?: number;
  }[];
}

interface Address {
  readonly address: string;
  readonly port: number;
}

/**
 * Checks that data-svc's policy lets it out to every API server, where it reads the keys of its callers' tokens. Policies see the
 * servers' own addresses, not that of their Service.
 */
export async function checkApiServer(objects: readonly KubeObject[], kubectl: Kubectl): Promise<Finding> {
  const policy = objects.find(({ kind, metadata }) => kind === "NetworkPolicy" && metadata.name === DATA_SVC.name);
  if (!policy) return NOTHING;
  const label = `kubernetes.io/service-name=${SERVICE.name}`;
  const servers = (await kubectl.in(SERVICE.namespace).list("endpointslices", label)).flatMap(addressesOf);
  if (servers.length === 0)
    return { ...NOTHING, unchecked: [`The API servers' addresses: \`${SHOWN}\` shows none. See network.apiServer.`] };
  const rules = (policy.spec?.egress ?? []) as readonly EgressRule[];
  const closed = servers.filter((server) => !rules.some((rule) => allows(rule, server)));
  if (closed.length === 0) return NOTHING;
  const listed = closed.map(({ address, port }) => `${isIPv6(address) ? `[${address}]` : address}:${port}`).join(", ");
  return problemsOf([
    `data-svc may not connect to the cluster's API server at ${listed}, so it could not read the keys of its callers' tokens, and would ` +
      `not become ready. Set network.apiServer in the stage to what \`${SHOWN}\` shows.`,
  ]);
}

function addressesOf(slice: KubeObject): readonly Address[] {
  const { endpoints, ports } = slice as unknown as Slice;
  return (endpoints ?? []).flatMap(({ addresses }) =>
    addresses.flatMap((address) =>
      (ports ?? []).flatMap(({ port }) => (port === undefined ? [] : [{ address, port }])),
    ),
  );
}

/** A rule without ports or peers allows all of them. Peers that select pods do not select API servers, which are none of theirs. */
function allows({ to = [], ports = [] }: EgressRule, { address, port }: Address): boolean {
  const isPort = ports.some(
    ({ protocol = "TCP", port: first = port, endPort = first }) =>
      protocol === "TCP" && port >= Number(first) && port <= Number(endPort),
  );
  const isPeer = to.some(({ ipBlock }) => ipBlock && within(ipBlock.cidr, address) && !within(ipBlock.except, address));
  return (isPort || ports.length === 0) && (isPeer || to.length === 0);
}

function within(ranges: string | readonly string[] = [], address: string): boolean {
  const list = new BlockList();
  for (const range of [ranges].flat()) {
    const [network = "", bits] = range.split("/");
    list.addSubnet(network, Number(bits), isIPv6(network) ? "ipv6" : "ipv4");
  }
  return list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}
