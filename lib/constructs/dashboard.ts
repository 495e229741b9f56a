import { ConfigMap } from "cdk8s-plus-28";
import type { Construct } from "constructs";
import { dashboardText } from "../monitoring/dashboard";
import { stageLabels } from "./labels";
import { leaveOut } from "./leave-out";

/** A dashboard that Grafana's sidecar finds by its label. */
export class Dashboard extends ConfigMap {
  constructor(scope: Construct) {
    super(scope, "dashboard", {
      metadata: {
        name: "diabrisk-dashboard",
        labels: { ...stageLabels("monitoring"), grafana_dashboard: "1" },
      },
      data: { "diabrisk.json": dashboardText() },
    });
    leaveOut(this, "/immutable");
  }
}
