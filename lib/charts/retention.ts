import type { Construct } from "constructs";
import { PostgresRetention } from "../constructs/postgres-retention";
import { type Release, StageChart } from "./stage-chart";

/** The regular deletion of what is past its time. Needs the migrated database, and no pod needs it. */
export class RetentionChart extends StageChart {
  constructor(scope: Construct, release: Release) {
    super(scope, "retention", release);
    const { stage } = release;
    new PostgresRetention(this, { stage: stage.retention, program: stage.service.image });
  }
}
