import { Construct } from "constructs";
import { KubeCronJob, KubePersistentVolumeClaim, Quantity } from "../../imports/k8s";
import { BACKUP } from "../contract";
import type { VolumeTarget } from "../stages/stage";
import { cronJob } from "./cron-job";
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
    const pod = backupPod(props);
    this.node.addValidation({ validate: () => checkMounts(pod) });
    new PodIdentity(this, PART);
    new DumpConfig(this, PART, dumpFiles(stage));
    if (stage.target.kind === "volume") this.#claim(stage.target);
    new KubeCronJob(this, "cron-job", {
      metadata: { name: BACKUP.name, labels: labelsOf(PART), annotations: imageExceptions(database) },
      spec: cronJob(PART, stage, pod),
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
