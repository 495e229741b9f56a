import { isIP } from "node:net";
import type { Peer } from "./stage";

/** Checks the name of a namespace or an app. `field` names its setting. */
export function checkName(field: string, name: string): string[] {
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) return [];
  return [
    `${field} is "${name}", which Kubernetes refuses as a name. ` +
      "Use lower-case letters, digits and hyphens, at most 63, beginning and ending with a letter or digit.",
  ];
}

/** Whether Kubernetes takes it as a label. */
export const isLabel = ([name, value]: readonly [name: string, value: string]) =>
  /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[a-z0-9]([\w.-]{0,61}[a-z0-9])?$/i.test(name) &&
  /^([a-z0-9]([\w.-]{0,61}[a-z0-9])?)?$/i.test(value);

/** Checks all peers of a list. `field` names its setting. */
export const checkPeers = (field: string, peers: readonly Peer[]) =>
  peers.flatMap((peer, index) => checkPeer(`${field}[${index}]`, peer));

function checkPeer(field: string, peer: Peer): string[] {
  if (peer.kind === "pods")
    return [...checkName(`${field}.namespace`, peer.namespace), ...checkLabel(field, peer.label)];
  const [address = "", bits, ...more] = peer.cidr.split("/");
  const most = { 4: 32, 6: 128 }[isIP(address)] ?? -1;
  if (more.length === 0 && /^[1-9]\d*$/.test(bits ?? "") && Number(bits) <= most) return [];
  return [`${field}.cidr is "${peer.cidr}", which is no block of addresses. Write it like "169.254.20.10/32".`];
}

const checkLabel = (field: string, label: readonly [name: string, value: string]) =>
  isLabel(label)
    ? []
    : [
        `${field}.label is ${label.join(": ")}, which Kubernetes refuses as a label. Write it like ["k8s-app", "kube-dns"].`,
      ];

/** Values that come more than once. */
export const twice = <Value>(values: readonly Value[]): Value[] => [
  ...new Set(values.filter((value, index) => values.indexOf(value) !== index)),
];
