import type { Construct } from "constructs";
import { ContractJob } from "../constructs/contract-job";
import { jobProps } from "./migration";
import { type Release, StageChart } from "./stage-chart";

/** The migrations that only releases from this one on can live with. They run when data-svc is rolled out. */
export class ContractChart extends StageChart {
  constructor(scope: Construct, release: Release) {
    super(scope, "contract", release);
    new ContractJob(this, jobProps(release));
  }
}

/** Whether a release's newest migration is a `-- contract` one; earlier ones are an earlier release's. */
export const hasContract = ({ migrations }: Release): boolean => migrations.version > migrations.required;
