import { DATA_SVC, DATABASE } from "../contract";
import { ALL_STAGES } from "../stages";
import { shared } from "../stages/shared";
import type { NetworkStage } from "../stages/stage";
import type { Port } from "./kubernetes/network";
import { type Objects, STAGE_LABEL } from "./objects";
import { text } from "./tree";

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

/** Every connection without which DiabRisk does not work. Looked for between pods that are there. */
export function connectionsOf(objects: Objects): Connection[] {
  const networks = objects.network ? [objects.network] : networksOf(objects);
  const callers = new Set(networks.flatMap((network) => network.callers));
  const monitoring = new Set(networks.map((network) => network.monitoringNamespace));
  const service = { to: DATA_SVC.name, port: tcp(DATA_SVC.port) };
  return [
    ...CLIENTS.map((from) => ({ from, to: DATABASE.host, port: tcp(DATABASE.port) })),
    ...CLIENTS.flatMap((from) => [
      { from, to: DNS, port: tcp(53) },
      { from, to: DNS, port: { number: 53, protocol: "UDP" } as const },
    ]),
    ...[...callers].map((from) => ({ ...service, from })),
    ...[...monitoring].map((fromNamespace) => ({ ...service, from: "prometheus", fromNamespace })),
  ];
}

/** What the stages say that the Namespaces are labelled with; of a folder that has none, what most stages say. */
function networksOf(objects: Objects): readonly NetworkStage[] {
  const names = objects.ofKind("Namespace").map(({ tree }) => text(tree, "metadata", "labels", STAGE_LABEL));
  const stages = ALL_STAGES.filter(({ name }) => names.includes(name));
  return stages.length > 0 ? stages.map(({ network }) => network) : [shared.network];
}
