import type { Construct } from "constructs";
import { PostgresBackup } from "../constructs/postgres-backup";
import { engineOf } from "./engines";
import { type Release, recipientsOf, StageChart } from "./stage-chart";

/** The regular backups: the dump, and the engine's own. Comes last, since it needs the migrated database and no pod needs it. */
export class BackupChart extends StageChart {
  constructor(scope: Construct, release: Release) {
    super(scope, "backup", release);
    const { stage } = release;
    new PostgresBackup(this, {
      name: stage.name,
      stage: stage.backup,
      database: stage.database.image,
      program: stage.service.image,
      recipients: recipientsOf(release),
    });
    engineOf(stage).backups(this, stage);
  }
}
