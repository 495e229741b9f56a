import { BACKUP, CLIENT_ROLE, DATA_SVC, DATABASE, EXPORTER, LOGIN_ROLES, OWNER_ROLE } from "../contract";
import { type Connection, type KubeObject, labelOf, type OutsidePods, type PolicyOptions } from "../policy";
import type { Project } from "../policy/command";
import { dev } from "./dev";
import { ALL_STAGES } from "./index";
import { shared } from "./shared";
import { type NetworkStage, type Peer, STAGE_LABEL, type Stage } from "./stage";

/** The label of dev's Namespace. There, tags may be pushed again, and Secrets hold generated values. */
const developmentLabel = [STAGE_LABEL, dev.name] as const;

/** Roles that `migrate bootstrap` makes for these stages. */
const rolesOf = (stages: readonly Pick<Stage, "clients">[]): string[] => [
  ...new Set([
    OWNER_ROLE,
    CLIENT_ROLE,
    ...LOGIN_ROLES,
    ...stages.flatMap(({ clients }) => clients.map(({ role }) => role)),
  ]),
];

/** The policy's options for the objects of one stage. */
export const policyOfStage = (stage: Stage): PolicyOptions => ({
  developmentLabel,
  roles: rolesOf([stage]),
  connections: [
    ...connectionsOf([stage.network]),
    ...connectionsOfClients([stage]),
    ...connectionsOfExporters([stage]),
  ],
});

/** The policy's options for objects of an unknown origin. */
export const policyOfObjects = (objects: readonly KubeObject[]): PolicyOptions => ({
  developmentLabel,
  roles: rolesOf(ALL_STAGES),
  connections: connectionsFor(objects),
});

/** DiabRisk's part of the command that judges a folder. */
export const PROJECT: Project = { developmentLabel, roles: rolesOf(ALL_STAGES), connectionsFor };

/** Connections of the stages that the Namespaces' labels name. Without such a label, those that most stages need. */
function connectionsFor(objects: readonly KubeObject[]): Connection[] {
  const names = objects.filter(({ kind }) => kind === "Namespace").map((object) => labelOf(object, STAGE_LABEL));
  const stages = ALL_STAGES.filter(({ name }) => names.includes(name));
  if (stages.length === 0) return connectionsOf([shared.network]);
  return [
    ...connectionsOf(stages.map(({ network }) => network)),
    ...connectionsOfClients(stages),
    ...connectionsOfExporters(stages),
  ];
}

const tcp = (number: number) => ({ number, protocol: "TCP" }) as const;
const udp = (number: number) => ({ number, protocol: "UDP" }) as const;
const PROGRAMS = [DATA_SVC.name, "migrate", BACKUP.name] as const;

const podsOf = (peer: Peer): OutsidePods[] =>
  peer.kind === "pods" ? [{ namespace: peer.namespace, labels: [peer.label] }] : [];

/** Lists every connection that DiabRisk needs to work. */
function connectionsOf(networks: readonly NetworkStage[]): Connection[] {
  const callers = networks.flatMap((network) => network.callers);
  const monitoring = new Set(networks.map((network) => network.monitoringNamespace));
  const dns = networks.flatMap((network) => network.dns.flatMap(podsOf));
  const service = { to: DATA_SVC.name, port: tcp(DATA_SVC.port) };
  return [
    ...PROGRAMS.map((from) => ({ from, to: DATABASE.host, port: tcp(DATABASE.port) })),
    ...PROGRAMS.flatMap((from) => dns.flatMap((to) => [tcp(53), udp(53)].map((port) => ({ from, to, port })))),
    ...callers.map(({ app, namespace }) => ({
      ...{ ...service, from: app },
      ...(namespace !== undefined && { fromNamespace: namespace }),
    })),
    ...[...monitoring].map((fromNamespace) => ({
      ...{ from: "prometheus", fromNamespace, to: DATA_SVC.name, port: tcp(DATA_SVC.metricsPort) },
    })),
  ];
}

/** Connections of the services that run their own SQL. Their pods are deployed apart. */
const connectionsOfClients = (stages: readonly Pick<Stage, "clients">[]): Connection[] =>
  stages
    .flatMap(({ clients }) => clients)
    .map(({ app }) => ({ from: app, to: DATABASE.host, port: tcp(DATABASE.port) }));

/** Connections of the exporters: each asks the database, and Prometheus asks it. */
function connectionsOfExporters(stages: readonly Pick<Stage, "monitoring" | "network">[]): Connection[] {
  return stages
    .filter(({ monitoring }) => monitoring.kind !== "none")
    .flatMap(({ network: { dns, monitoringNamespace } }) => [
      { from: EXPORTER.name, to: DATABASE.host, port: tcp(DATABASE.port) },
      ...dns.flatMap(podsOf).flatMap((to) => [tcp(53), udp(53)].map((port) => ({ from: EXPORTER.name, to, port }))),
      { from: "prometheus", fromNamespace: monitoringNamespace, to: EXPORTER.name, port: tcp(EXPORTER.port) },
    ]);
}
