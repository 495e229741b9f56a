import type { Construct } from "constructs";
import { ContractJob } from "../constructs/contract-job";
import { type Release, StageChart } from "./stage-chart";

/** The migrations that only releases from this one on can live with. They run when data-svc is rolled out. */
export class ContractChart extends StageChart {
  constructor(scope: Construct, release: Release) {
    super(scope, "contract", release);
    const { stage, migrations, source } = release;
    new ContractJob(this, {
      image: stage.service.image,
      stage: stage.migration,
      expected: { migrations, ...(source !== undefined && { source }) },
    });
  }
}

/** Whether a release's newest migration is a `-- contract` one; earlier ones are an earlier release's. */
export const hasContract = ({ migrations }: Release): boolean => migrations.version > migrations.required;
