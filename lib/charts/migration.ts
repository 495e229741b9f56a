import type { Construct } from "constructs";
import { MigrationJob } from "../constructs/migration-job";
import { type Release, StageChart } from "./stage-chart";

/** One Job for each release: roles, passwords and schema. */
export class MigrationChart extends StageChart {
  constructor(scope: Construct, release: Release) {
    super(scope, "migration", release);
    const { stage, migrations, source } = release;
    new MigrationJob(this, {
      image: stage.service.image,
      stage: stage.migration,
      expected: { migrations, ...(source !== undefined && { source }) },
    });
  }
}
