import { DATA_SVC, DATABASE } from "../contract";
import { shared } from "../stages/shared";
import type { Port } from "./kubernetes/network";

/** Who opens a connection to whom. */
export interface Connection {
  /** `app` label of the pods that open it. */
  readonly from: string;
  /** `app` label of the pods that accept it, or a fixed place outside. */
  readonly to: string | Place;
  readonly port: Port;
  /** Where `from` is, if not beside `to`. */
  readonly fromNamespace?: string;
}

/** Pods of other software. */
export interface Place {
  readonly namespace: string;
  readonly labels: readonly (readonly [string, string])[];
}

const tcp = (number: number): Port => ({ number, protocol: "TCP" });
const DNS: Place = { namespace: "kube-system", labels: [["k8s-app", "kube-dns"]] };
const CLIENTS = [DATA_SVC.name, "migrate"] as const;
const { callers, monitoringNamespace } = shared.network;

/** Every connection without which DiabRisk does not work. Looked for between pods that are there. */
export const CONNECTIONS: readonly Connection[] = [
  ...CLIENTS.map((from) => ({ from, to: DATABASE.host, port: tcp(DATABASE.port) })),
  ...CLIENTS.flatMap((from) => [
    { from, to: DNS, port: tcp(53) },
    { from, to: DNS, port: { number: 53, protocol: "UDP" } as const },
  ]),
  ...callers.map((from) => ({ from, to: DATA_SVC.name, port: tcp(DATA_SVC.port) })),
  { from: "prometheus", fromNamespace: monitoringNamespace, to: DATA_SVC.name, port: tcp(DATA_SVC.port) },
];
