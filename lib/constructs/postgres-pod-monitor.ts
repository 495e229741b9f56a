import type { Construct } from "constructs";
import { PodMonitor } from "../../imports/monitoring.coreos.com";
import { CLUSTER_IDENTITY } from "../postgres/identity";
import type { PrometheusStage } from "../stages/stage";
import { labelsOf, PARTS } from "./labels";
import { INSTANCE_OF } from "./postgres-cluster";

/** Port at which each instance tells the operator's metrics: replication, archive, backups. */
export const INSTANCE_METRICS = { name: "metrics", number: 9187 } as const;

/** Has Prometheus collect the metrics of each instance. */
export class PostgresPodMonitor extends PodMonitor {
  constructor(scope: Construct, labels: PrometheusStage["labels"]) {
    const { name } = CLUSTER_IDENTITY;
    super(scope, "pod-monitor", {
      metadata: { name, labels: { ...labelsOf(PARTS.database), ...Object.fromEntries(labels) } },
      spec: { selector: { matchLabels: INSTANCE_OF }, podMetricsEndpoints: [{ port: INSTANCE_METRICS.name }] },
    });
  }
}
