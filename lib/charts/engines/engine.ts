import type { Construct } from "constructs";
import type { Part } from "../../constructs/labels";
import type { AllowedTraffic } from "../../constructs/network-policy";
import type { AlertGroup, Watched } from "../../monitoring";
import type { ArchiveStage, PrometheusStage, Stage } from "../../stages/stage";

/** Everything that differs by who runs PostgreSQL. Clients see none of it. */
export interface Engine {
  /** Whether replicas stand beside the server that takes writes. */
  readonly replicated: boolean;
  /** Labels of the Secrets that the server itself follows. */
  readonly followed: Readonly<Record<string, string>>;
  /** Makes the server, and the Service by which clients reach it. */
  database(scope: Construct, stage: Stage): void;
  /** Parts that connect to the server beside those of every engine. */
  readonly clients: readonly Part[];
  /** Connections of the server's pods beside those with its clients. */
  traffic(stage: Stage): Omit<AllowedTraffic, "part">;
  /** The engine's own archive, which needs credentials; undefined if it keeps none. */
  archive(stage: Stage): ArchiveStage | undefined;
  /** Makes the engine's own backups, beside the dumps. */
  backups(scope: Construct, stage: Stage): void;
  /** Has Prometheus collect the engine's own metrics. */
  monitors(scope: Construct, monitoring: PrometheusStage): void;
  /** Alerts on the engine's own metrics. */
  alerts(stage: Stage, watched: Watched): readonly AlertGroup[];
}
