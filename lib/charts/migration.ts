import type { Construct } from "constructs";
import { digest } from "../constructs/digest";
import { MigrationJob } from "../constructs/migration-job";
import { DATABASE_USERS } from "../secrets/credentials";
import { type Release, StageChart } from "./stage-chart";

/** One Job a release: roles, passwords and schema. */
export class MigrationChart extends StageChart {
  constructor(scope: Construct, release: Release) {
    super(scope, "migration", release);
    const { stage, sqlDigest, credentials } = release;
    const passwords = DATABASE_USERS.map((user) => credentials?.passwords[user] ?? "");
    new MigrationJob(this, {
      image: stage.service.image,
      stage: stage.migration,
      sqlDigest,
      credentialsDigest: digest(passwords),
    });
  }
}
