import type { Construct } from "constructs";
import { digest } from "../common/digest";
import { appConfigText } from "../constructs/app-config";
import { DataService } from "../constructs/data-service";
import { callersOf } from "../stages/callers";
import { type Release, StageChart } from "./stage-chart";

/** data-svc. Every release replaces it pod by pod. */
export class ServiceChart extends StageChart {
  constructor(scope: Construct, release: Release) {
    super(scope, "service", release);
    const { stage, source, namespace = stage.namespace } = release;
    new DataService(this, {
      stage: stage.service,
      callers: callersOf(stage.network, namespace),
      configDigest: digest([appConfigText(stage.config)]),
      ...(source !== undefined && { source }),
    });
  }
}
