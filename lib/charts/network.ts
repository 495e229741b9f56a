import type { Construct } from "constructs";
import { MIGRATE } from "../constructs/migration-job";
import { AllowTraffic, DenyAllTraffic, from, namespaceOf, podsOf, to, toDns } from "../constructs/network-policy";
import { POSTGRES_IDENTITY } from "../constructs/postgres-identity";
import { DATA_SVC, DATABASE } from "../contract";
import { type Release, StageChart } from "./stage-chart";

/** Who may talk to whom: nobody to anybody, but for the connections named here. */
export class NetworkChart extends StageChart {
  constructor(scope: Construct, release: Release) {
    super(scope, "network", release);
    const { stage } = release;
    const postgres = podsOf(POSTGRES_IDENTITY.app);
    const migrate = podsOf(MIGRATE.app);
    const service = podsOf(DATA_SVC.name);
    const { callers, monitoringNamespace } = stage.network;

    new DenyAllTraffic(this);
    // Scanners take an empty direction for a forgotten one. Postgres opens no connection and the Job accepts none, so each may
    // reach itself there, which lets nobody in or out.
    new AllowTraffic(this, {
      app: POSTGRES_IDENTITY.app,
      ingress: [from(DATABASE.port, service, migrate)],
      egress: [to(DATABASE.port, postgres)],
    });
    new AllowTraffic(this, {
      app: MIGRATE.app,
      ingress: [from(DATABASE.port, migrate)],
      egress: [to(DATABASE.port, postgres), toDns],
    });
    new AllowTraffic(this, {
      app: DATA_SVC.name,
      ingress: [from(DATA_SVC.port, ...callers.map(podsOf), namespaceOf(monitoringNamespace))],
      egress: [to(DATABASE.port, postgres), toDns],
    });
  }
}
