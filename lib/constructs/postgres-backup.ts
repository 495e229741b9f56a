import { Construct } from "constructs";
import { type JobSpec, KubeCronJob, KubePersistentVolumeClaim, Quantity } from "../../imports/k8s";
import { BACKUP } from "../contract";
import type { VolumeTarget } from "../stages/stage";
import { labelsOf, PARTS } from "./labels";
import { checkMounts } from "./mounts";
import { imageExceptions } from "./pod-defaults";
import { PodIdentity } from "./pod-identity";
import { type BackupPodProps, backupPod } from "./postgres-backup-pod";
import { DumpConfig, dumpFiles } from "./postgres-backup-script";

const PART = PARTS.backup;

/**
 * A CronJob that dumps the database, encrypts the dump and takes it to the target. Its Job fails unless the backup is
 * whole at its target.
 */
export class PostgresBackup extends Construct {
  constructor(scope: Construct, props: BackupPodProps) {
    super(scope, BACKUP.name);
    const { stage, database } = props;
    const template = jobTemplate(props);
    this.node.addValidation({ validate: () => checkMounts(backupPod(props)) });
    new PodIdentity(this, PART);
    new DumpConfig(this, PART, dumpFiles(stage));
    if (stage.target.kind === "volume") this.#claim(stage.target);
    new KubeCronJob(this, "cron-job", {
      metadata: { name: BACKUP.name, labels: labelsOf(PART), annotations: imageExceptions(database) },
      spec: {
        schedule: stage.schedule,
        timeZone: "Etc/UTC",
        // Two dumps at once would double the load, and one of them comes too late anyway.
        concurrencyPolicy: "Forbid",
        // Makes up for a start that was missed, for instance while the cluster was down.
        startingDeadlineSeconds: stage.deadlineSeconds,
        // One of each: the pods that stay for their logs keep their volumes.
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 1,
        jobTemplate: { metadata: { labels: labelsOf(PART) }, spec: template },
      },
    });
  }

  /** The volume of the backups. Deleting the chart's objects deletes it, and them. */
  #claim({ storage, storageClass }: VolumeTarget): void {
    new KubePersistentVolumeClaim(this, "claim", {
      metadata: { name: BACKUP.claim, labels: labelsOf(PART) },
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: storageClass,
        resources: { requests: { storage: Quantity.fromString(storage) } },
      },
    });
  }
}

function jobTemplate(props: BackupPodProps): JobSpec {
  const { retries, deadlineSeconds } = props.stage;
  return {
    completions: 1,
    parallelism: 1,
    backoffLimit: retries,
    activeDeadlineSeconds: deadlineSeconds,
    podReplacementPolicy: "Failed",
    podFailurePolicy: {
      rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
    },
    template: { metadata: { labels: labelsOf(PART) }, spec: backupPod(props) },
  };
}
