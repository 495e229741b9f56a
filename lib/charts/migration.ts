import type { Construct } from "constructs";
import type { ReleaseJobProps } from "../constructs/migrate-job";
import { MigrationJob } from "../constructs/migration-job";
import { type Release, StageChart } from "./stage-chart";

/** One Job for each release: roles, passwords and schema. */
export class MigrationChart extends StageChart {
  constructor(scope: Construct, release: Release) {
    super(scope, "migration", release);
    new MigrationJob(this, jobProps(release));
  }
}

/** Everything that a release's migration Jobs are made from. */
export const jobProps = ({ stage, migrations, source }: Release): ReleaseJobProps => ({
  image: stage.service.image,
  stage: stage.migration,
  clients: stage.clients,
  keeps: stage.retention,
  expected: { migrations, ...(source !== undefined && { source }) },
});
