import type { Construct } from "constructs";
import { Postgres } from "../constructs/postgres";
import { type Release, StageChart } from "./stage-chart";

/** The database. No release replaces it. */
export class DatabaseChart extends StageChart {
  constructor(scope: Construct, release: Release) {
    super(scope, "database", release);
    const { stage } = release;
    new Postgres(this, stage.database);
  }
}
