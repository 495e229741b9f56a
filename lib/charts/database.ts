import type { Construct } from "constructs";
import { engineOf } from "./engines";
import { type Release, StageChart } from "./stage-chart";

/** The database. No release replaces it. */
export class DatabaseChart extends StageChart {
  constructor(scope: Construct, release: Release) {
    super(scope, "database", release);
    const { stage } = release;
    engineOf(stage).database(this, stage);
  }
}
