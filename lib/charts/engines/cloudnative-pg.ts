import type { Construct } from "constructs";
import { PARTS } from "../../constructs/labels";
import {
  AllowTraffic,
  from,
  namespaceOf,
  podsOf,
  to,
  toApiServer,
  toBucket,
  toDns,
} from "../../constructs/network-policy";
import { PostgresArchive, PostgresBaseBackup } from "../../constructs/postgres-archive";
import { PostgresArchiveDrill } from "../../constructs/postgres-archive-drill";
import { FOLLOWED, PostgresCluster } from "../../constructs/postgres-cluster";
import { PostgresClusterMetrics } from "../../constructs/postgres-cluster-metrics";
import { INSTANCE_METRICS, PostgresPodMonitor } from "../../constructs/postgres-pod-monitor";
import { PostgresReloader } from "../../constructs/postgres-reloader-deployment";
import { DATABASE } from "../../contract";
import { replication } from "../../monitoring";
import { INSTANCE_STATUS_PORT } from "../../postgres/identity";
import { databaseUsers } from "../../secrets/credentials";
import { baseBackupHours } from "../../stages/schedule";
import type { ArchiveDrillStage, ArchiveStage, ClusterStage, Stage } from "../../stages/stage";
import type { Engine } from "./engine";

/** Several servers that CloudNativePG runs. It follows the certificate and the superuser's password, a Deployment the rest. */
export const cloudnativePg: Engine = {
  replicated: true,
  followed: FOLLOWED,
  clients: [PARTS.reloader],
  database(scope, { database, ...stage }) {
    const cluster = clusterOf(stage);
    const users = databaseUsers(stage);
    // First, since the instances start to archive with their first segment.
    if (cluster.archive) new PostgresArchive(scope, cluster.archive);
    new PostgresClusterMetrics(scope, FOLLOWED);
    new PostgresCluster(scope, { database, cluster, users });
    new PostgresReloader(scope, { database, users });
  },
  traffic({ network, ...stage }) {
    const { archive, operatorNamespace } = clusterOf(stage);
    const instances = podsOf(PARTS.database.app);
    const operator = namespaceOf(operatorNamespace);
    return {
      operated: true,
      ingress: [
        from(DATABASE.port, instances, operator, ...(archive?.drill ? [podsOf(PARTS.archiveDrill.app)] : [])),
        from(INSTANCE_STATUS_PORT, instances, operator),
        from(INSTANCE_METRICS.number, namespaceOf(network.monitoringNamespace)),
      ],
      egress: [
        to(DATABASE.port, instances),
        to(INSTANCE_STATUS_PORT, instances),
        toApiServer(network),
        toDns(network.dns),
        ...(archive ? [toBucket(archive.target.endpoint, archive.target.network)] : []),
      ],
    };
  },
  archive: (stage) => clusterOf(stage).archive,
  backups(scope, stage) {
    const { archive } = clusterOf(stage);
    if (archive) new PostgresBaseBackup(scope, archive);
    if (archive?.drill) drillArchive(scope, stage, archive, archive.drill);
  },
  monitors(scope, { labels }) {
    new PostgresPodMonitor(scope, labels);
  },
  alerts(stage, watched) {
    const { instances, archive } = clusterOf(stage);
    return [replication({ ...watched, instances, baseBackupHours: baseBackupHours(archive?.schedule ?? "") })];
  },
};

/** The drill of the archive, and the connections of its program and of the server that it recovers. */
function drillArchive(scope: Construct, stage: Stage, archive: ArchiveStage, drill: ArchiveDrillStage): void {
  const { database, network, service } = stage;
  const cluster = clusterOf(stage);
  const { operatorNamespace } = cluster;
  const program = podsOf(PARTS.archiveDrill.app);
  const recovered = podsOf(PARTS.recovered.app);
  const operator = namespaceOf(operatorNamespace);
  const common = [toApiServer(network), toDns(network.dns)];
  new AllowTraffic(scope, {
    part: PARTS.archiveDrill,
    ingress: [from(DATABASE.port, program)],
    egress: [to(DATABASE.port, podsOf(PARTS.database.app), recovered), ...common],
  });
  // Reaches no instance, and no client reaches it.
  new AllowTraffic(scope, {
    part: PARTS.recovered,
    operated: true,
    madeLater: "the drill makes their Cluster",
    ingress: [from(DATABASE.port, program, recovered, operator), from(INSTANCE_STATUS_PORT, recovered, operator)],
    egress: [
      to(DATABASE.port, recovered),
      to(INSTANCE_STATUS_PORT, recovered),
      ...common,
      toBucket(archive.target.endpoint, archive.target.network),
    ],
  });
  new PostgresArchiveDrill(scope, {
    ...{ database, cluster, archive, drill },
    users: databaseUsers(stage),
    program: service.image,
  });
}

/** `check` has made sure that it is there. */
function clusterOf({ name, cluster }: Pick<Stage, "name" | "cluster">): ClusterStage {
  if (!cluster) throw new TypeError(`Stage ${name} has no settings of its cluster.`);
  return cluster;
}
