import { App, Chart } from "cdk8s";
import { AlertRules } from "../../lib/constructs/alert-rules";
import { type AlertGroup, alertsOf, replication } from "../../lib/monitoring";

export const NAMESPACE = "diabrisk";

/** A stage with numbers of its own, so that prod may change its. It has replicas, so that all alerts are proven. */
const WATCHED = {
  ...{ namespace: NAMESPACE, drillNamespace: `${NAMESPACE}-drill` },
  ...{ backupHours: 2, drillDays: 8, retentionDays: 3, baseBackupHours: 26 },
  ...{ replicated: true, archiveDrill: true, instances: 3 },
};

const GROUPS: readonly AlertGroup[] = [...alertsOf(WATCHED), replication(WATCHED)];

/** One whose database is a single server, which has fewer alerts. */
const SINGLE: readonly AlertGroup[] = alertsOf({ ...WATCHED, replicated: false, archiveDrill: false });

const rulesOf = (groups: readonly AlertGroup[]) =>
  new AlertRules(new Chart(new App(), "chart"), { stage: "prod", namespace: NAMESPACE, labels: [], groups });

/** The alerts as a PrometheusRule: those of a stage with replicas, and of one without. */
export const alertRules = () => rulesOf(GROUPS);
export const singleRules = () => rulesOf(SINGLE);

export const ALERTS = GROUPS.flatMap(({ alerts }) => alerts);
export const SINGLE_ALERTS = SINGLE.flatMap(({ alerts }) => alerts);
