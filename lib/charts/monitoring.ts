import type { Construct } from "constructs";
import { AlertRules } from "../constructs/alert-rules";
import { Dashboard } from "../constructs/dashboard";
import { Monitors } from "../constructs/monitors";
import { PostgresExporter } from "../constructs/postgres-exporter";
import { alertsOf, type Watched } from "../monitoring";
import { drillNamespace } from "../stages/drill-namespace";
import type { PrometheusStage } from "../stages/stage";
import { engineOf } from "./engines";
import { type Release, StageChart } from "./stage-chart";

/** The exporter, what Prometheus scrapes, the alerts, and Grafana's dashboard. Needs the operator's definitions. */
export class MonitoringChart extends StageChart {
  constructor(scope: Construct, release: Release & { readonly stage: { readonly monitoring: PrometheusStage } }) {
    super(scope, "monitoring", release);
    const { stage, namespace = stage.namespace } = release;
    const { monitoring } = stage;
    new PostgresExporter(this, { stage: monitoring.exporter, program: stage.service.image });
    const engine = engineOf(stage);
    const watched = watchedOf(stage, namespace);
    new Monitors(this, monitoring);
    engine.monitors(this, monitoring);
    const groups = [...alertsOf(watched), ...engine.alerts(stage, watched)];
    new AlertRules(this, { ...monitoring, namespace, stage: stage.name, groups });
    new Dashboard(this);
  }
}

/** The facts that the alerts of a stage need, deployed to a namespace. */
export function watchedOf(
  stage: Release["stage"] & { readonly monitoring: PrometheusStage },
  namespace: string,
): Watched {
  const engine = engineOf(stage);
  return {
    ...stage.monitoring,
    namespace,
    replicated: engine.replicated,
    drillNamespace: drillNamespace(stage, namespace),
    archiveDrill: engine.archive(stage)?.drill !== undefined,
  };
}

/** Whether the stage's cluster has a Prometheus operator. */
export const isMonitored = (
  release: Release,
): release is Release & { readonly stage: { readonly monitoring: PrometheusStage } } =>
  release.stage.monitoring.kind === "prometheus-operator";
