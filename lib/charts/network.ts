import type { Construct } from "constructs";
import { PARTS } from "../constructs/labels";
import {
  AllowClient,
  AllowTraffic,
  callerPods,
  DenyAllTraffic,
  from,
  namespaceOf,
  podsOf,
  to,
  toApiServer,
  toBucket,
  toDns,
} from "../constructs/network-policy";
import { DATA_SVC, DATABASE, EXPORTER } from "../contract";
import { engineOf } from "./engines";
import { isMonitored } from "./monitoring";
import { type Release, StageChart } from "./stage-chart";

/** Refuses all traffic but the connections named here. */
export class NetworkChart extends StageChart {
  constructor(scope: Construct, release: Release) {
    super(scope, "network", release);
    const { stage } = release;
    const postgres = podsOf(PARTS.database.app);
    const migrate = podsOf(PARTS.migration.app);
    const service = podsOf(PARTS.service.app);
    const backup = podsOf(PARTS.backup.app);
    const { clients: parts, traffic } = engineOf(stage);
    const clients = [...parts, ...stage.clients].map(({ app }) => podsOf(app));
    const server = traffic(stage);
    const { target } = stage.backup;
    const { dns, callers, monitoringNamespace } = stage.network;
    const monitored = isMonitored(release);
    const exporter = monitored ? [podsOf(PARTS.exporter.app)] : [];

    new DenyAllTraffic(this);
    // Fills each empty direction with a connection to the pod itself, which lets nobody in or out. The Job accepts none,
    // but scanners take an empty direction for a forgotten one.
    new AllowTraffic(this, {
      ...server,
      part: PARTS.database,
      ingress: [from(DATABASE.port, service, migrate, backup, ...exporter, ...clients), ...server.ingress],
    });
    for (const part of parts) {
      new AllowTraffic(this, {
        part,
        ingress: [from(DATABASE.port, podsOf(part.app))],
        egress: [to(DATABASE.port, postgres), toDns(dns)],
      });
    }
    for (const { app } of stage.clients) new AllowClient(this, app, [to(DATABASE.port, postgres), toDns(dns)]);
    new AllowTraffic(this, {
      part: PARTS.migration,
      ingress: [from(DATABASE.port, migrate)],
      egress: [to(DATABASE.port, postgres), toDns(dns)],
    });
    new AllowTraffic(this, {
      part: PARTS.backup,
      ingress: [from(DATABASE.port, backup)],
      egress: [
        to(DATABASE.port, postgres),
        toDns(dns),
        ...(target.kind === "s3" ? [toBucket(target.endpoint, target.network)] : []),
      ],
    });
    new AllowTraffic(this, {
      part: PARTS.service,
      ingress: [
        from(DATA_SVC.port, ...callers.map(callerPods)),
        from(DATA_SVC.metricsPort, namespaceOf(monitoringNamespace)),
      ],
      egress: [to(DATABASE.port, postgres), toDns(dns), toApiServer(stage.network)],
    });
    if (!monitored) return;
    new AllowTraffic(this, {
      part: PARTS.exporter,
      ingress: [from(EXPORTER.port, namespaceOf(monitoringNamespace))],
      egress: [to(DATABASE.port, postgres), toDns(dns)],
    });
  }
}
