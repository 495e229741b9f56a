import type { Construct } from "constructs";
import { PrometheusRule, PrometheusRuleSpecGroupsRulesExpr } from "../../imports/monitoring.coreos.com";
import type { AlertGroup } from "../monitoring";
import type { PrometheusStage } from "../stages/stage";
import { stageLabels } from "./labels";

export interface AlertRulesProps extends Pick<PrometheusStage, "labels" | "runbooks"> {
  /** Name of the stage, a label of each alert. */
  readonly stage: string;
  /** Namespace of what the alerts look at, a label of each. An alert on what is absent has no other. */
  readonly namespace: string;
  readonly groups: readonly AlertGroup[];
}

const RUNBOOKS = "docs/runbooks.md";

/** The alerts of a stage, each with its runbook. */
export class AlertRules extends PrometheusRule {
  constructor(scope: Construct, { labels, runbooks = RUNBOOKS, stage, namespace, groups }: AlertRulesProps) {
    super(scope, "alerts", {
      metadata: { name: "diabrisk", labels: { ...stageLabels("monitoring"), ...Object.fromEntries(labels) } },
      spec: {
        groups: groups.map(({ name, alerts }) => ({
          name: `diabrisk-${name}`,
          rules: alerts.map((alert) => ({
            alert: alert.name,
            expr: PrometheusRuleSpecGroupsRulesExpr.fromString(alert.expr),
            ...(alert.for !== undefined && { for: alert.for }),
            labels: {
              severity: alert.severity,
              stage,
              namespace,
              ...(alert.window !== undefined && { window: alert.window }),
            },
            annotations: {
              summary: alert.summary,
              description: alert.description,
              runbook_url: `${runbooks}#${alert.name.toLowerCase()}`,
            },
          })),
        })),
      },
    });
  }
}
