import { type AlertGroup, alertsOf, replication } from "../../lib/monitoring";

export const NAMESPACE = "diabrisk";

/** A stage with numbers of its own, so that prod may change its. It has replicas, so that all alerts are proven. */
const WATCHED = { namespace: NAMESPACE, backupHours: 2, drillDays: 8, instances: 3 };

export const GROUPS: readonly AlertGroup[] = [...alertsOf(WATCHED), replication(WATCHED)];

export const ALERTS = GROUPS.flatMap(({ alerts }) => alerts);
