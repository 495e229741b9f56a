import { ConfigMap } from "cdk8s-plus-28";
import type { Construct } from "constructs";
import { CLUSTER_IDENTITY } from "../postgres/identity";
import { labelsOf, PARTS } from "./labels";
import { leaveOut } from "./leave-out";
import { type MetricQuery, metricQueries } from "./metric-queries";

/** Metrics that the alerts on replicas and archive read. Each gets the prefix `cnpg_`. */
export const CLUSTER_QUERIES: Readonly<Record<string, MetricQuery>> = {
  postgres_instance: {
    sql: "cluster-instance",
    labels: [],
    gauges: {
      in_recovery: "Whether the instance is a replica.",
      lag_seconds: "Seconds that a replica is behind the primary.",
      streaming_replicas: "Replicas that follow this instance.",
      archived_files: "Files of the write-ahead log that were archived, since the statistics were reset.",
    },
  },
};

/** Name of the ConfigMap, and the key in it that the Cluster reads. */
export const CLUSTER_METRICS = { name: `${CLUSTER_IDENTITY.name}-metrics`, key: "queries.yaml" } as const;

/** The Cluster's own queries: those of the operator are missing where its installation left their ConfigMap out. */
export class PostgresClusterMetrics extends ConfigMap {
  constructor(scope: Construct, labels: Readonly<Record<string, string>>) {
    super(scope, CLUSTER_METRICS.name, {
      metadata: { name: CLUSTER_METRICS.name, labels: { ...labelsOf(PARTS.database), ...labels } },
      // In the database that is there before ours.
      data: { [CLUSTER_METRICS.key]: metricQueries(CLUSTER_QUERIES, { target_databases: ["postgres"] }) },
    });
    leaveOut(this, "/immutable");
  }
}
