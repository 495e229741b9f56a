import type { Construct } from "constructs";
import { PARTS } from "../constructs/labels";
import { AllowTraffic, DenyAllTraffic, from, namespaceOf, podsOf, to, toDns } from "../constructs/network-policy";
import { DATA_SVC, DATABASE } from "../contract";
import { type Release, StageChart } from "./stage-chart";

/** Refuses all traffic but the connections named here. */
export class NetworkChart extends StageChart {
  constructor(scope: Construct, release: Release) {
    super(scope, "network", release);
    const { stage } = release;
    const postgres = podsOf(PARTS.database.app);
    const migrate = podsOf(PARTS.migration.app);
    const service = podsOf(PARTS.service.app);
    const { dns, callers, monitoringNamespace } = stage.network;

    new DenyAllTraffic(this);
    // Fills each empty direction with a connection to the pod itself, which lets nobody in or out. Postgres opens no
    // connection and the Job accepts none, but scanners take an empty direction for a forgotten one.
    new AllowTraffic(this, {
      part: PARTS.database,
      ingress: [from(DATABASE.port, service, migrate)],
      egress: [to(DATABASE.port, postgres)],
    });
    new AllowTraffic(this, {
      part: PARTS.migration,
      ingress: [from(DATABASE.port, migrate)],
      egress: [to(DATABASE.port, postgres), toDns(dns)],
    });
    new AllowTraffic(this, {
      part: PARTS.service,
      ingress: [from(DATA_SVC.port, ...callers.map(podsOf), namespaceOf(monitoringNamespace))],
      egress: [to(DATABASE.port, postgres), toDns(dns)],
    });
  }
}
