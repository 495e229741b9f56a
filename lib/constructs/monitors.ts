import { Construct } from "constructs";
import { PodMonitor, ServiceMonitor } from "../../imports/monitoring.coreos.com";
import { DATA_SVC } from "../contract";
import type { PrometheusStage } from "../stages/stage";
import { labelsOf, PARTS, selectorOf } from "./labels";

/** Value of `job` in the metrics: the part's name, rather than the monitor's. */
const JOB_LABEL = "app.kubernetes.io/name";

/** Has the cluster's Prometheus scrape the exporter, which has no Service, and data-svc, which has one. */
export class Monitors extends Construct {
  constructor(scope: Construct, { labels }: Pick<PrometheusStage, "labels">) {
    super(scope, "monitors");
    const { exporter, service } = PARTS;
    new PodMonitor(this, "exporter", {
      metadata: { name: exporter.app, labels: { ...labelsOf(exporter), ...Object.fromEntries(labels) } },
      spec: {
        jobLabel: JOB_LABEL,
        selector: { matchLabels: selectorOf(exporter) },
        podMetricsEndpoints: [{ port: "metrics" }],
      },
    });
    new ServiceMonitor(this, "service", {
      metadata: { name: service.app, labels: { ...labelsOf(service), ...Object.fromEntries(labels) } },
      spec: {
        jobLabel: JOB_LABEL,
        selector: { matchLabels: selectorOf(service) },
        endpoints: [{ port: "metrics", path: DATA_SVC.metricsPath }],
      },
    });
  }
}
