import { App, Chart } from "cdk8s";
import { AlertRules } from "../../lib/constructs/alert-rules";
import { type AlertGroup, alertsOf, replication } from "../../lib/monitoring";

export const NAMESPACE = "diabrisk";

/** A stage with numbers of its own, so that prod may change its. It has replicas, so that all alerts are proven. */
const WATCHED = { namespace: NAMESPACE, backupHours: 2, drillDays: 8, retentionDays: 3, instances: 3, drilled: true };

const GROUPS: readonly AlertGroup[] = [...alertsOf(WATCHED), replication(WATCHED)];

/** The alerts as a PrometheusRule. */
export const alertRules = () =>
  new AlertRules(new Chart(new App(), "chart"), { stage: "prod", namespace: NAMESPACE, labels: [], groups: GROUPS });

export const ALERTS = GROUPS.flatMap(({ alerts }) => alerts);
