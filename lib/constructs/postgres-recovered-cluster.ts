import { Cluster } from "../../imports/postgresql.cnpg.io";
import { ARCHIVE, ARCHIVE_DRILL } from "../contract";
import type { DatabaseUser } from "../secrets/credentials";
import type { ArchiveStage, ClusterStage, DatabaseStage } from "../stages/stage";
import { PARTS, selectorOf } from "./labels";
import { PLUGIN } from "./postgres-archive";
import { clusterSpec } from "./postgres-cluster";

export interface RecoveredClusterProps {
  readonly database: DatabaseStage;
  readonly cluster: ClusterStage;
  readonly archive: ArchiveStage;
  /** Users that its access rules let in, as the cluster's do. */
  readonly users: readonly DatabaseUser[];
}

/**
 * The manifest of one server that recovers the archive beside the cluster, with an instance's resources, volumes and
 * settings: PostgreSQL recovers with no fewer connections than the log was written with. It names no plugin that archives,
 * so it cannot write into the history that it reads, and its pods have a label of their own, so no client finds it.
 */
export function recoveredCluster({
  database,
  cluster,
  archive,
  users,
}: RecoveredClusterProps): Record<string, unknown> {
  const alone = { instances: 1, nodeEach: false, disruptionBudgets: false, synchronous: undefined, archive: undefined };
  const labels = selectorOf(PARTS.recovered);
  return Cluster.manifest({
    metadata: { name: ARCHIVE_DRILL.cluster, labels },
    spec: {
      ...clusterSpec({ database, users, cluster: { ...cluster, ...alone } }),
      inheritedMetadata: { labels },
      monitoring: undefined,
      // The program adds it: in a ConfigMap, scanners take the names of its Secrets for passwords.
      certificates: undefined,
      bootstrap: { recovery: { source: ARCHIVE.name } },
      externalClusters: [
        {
          name: ARCHIVE.name,
          plugin: { name: PLUGIN, parameters: { barmanObjectName: ARCHIVE.name, serverName: archive.lineage } },
        },
      ],
    },
  });
}
