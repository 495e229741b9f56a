import { ConfigMap } from "cdk8s-plus-28";
import type { Construct } from "constructs";
import { dashboardText } from "../monitoring/dashboard";
import { stageLabels } from "./labels";
import { leaveOut } from "./leave-out";

/** Name of the ConfigMap that holds it. */
export const DASHBOARD = "diabrisk-dashboard";

/** A dashboard that Grafana's sidecar finds by its label. */
export class Dashboard extends ConfigMap {
  constructor(scope: Construct) {
    super(scope, "dashboard", {
      metadata: {
        name: DASHBOARD,
        labels: { ...stageLabels("monitoring"), grafana_dashboard: "1" },
      },
      data: { "diabrisk.json": dashboardText() },
    });
    leaveOut(this, "/immutable");
  }
}
