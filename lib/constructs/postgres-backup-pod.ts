import { type Container, type PodSpec, Quantity, type Volume, type VolumeMount } from "../../imports/k8s";
import { BACKUP, CREDENTIAL_KEYS, PATHS } from "../contract";
import { secretName } from "../secrets/credentials";
import type { BackupStage, Image } from "../stages/stage";
import { AUTHORITY_MOUNT, AUTHORITY_VOLUME } from "./authority";
import { PARTS } from "./labels";
import { GROUP_READABLE, secureContainer, securePod, temporary } from "./pod-defaults";
import { DUMP_FILE, DUMP_FOLDER, dumpConfigName, dumpFiles } from "./postgres-backup-script";

export interface BackupPodProps {
  /** Name of the stage, which each backup records. */
  readonly name: string;
  readonly stage: BackupStage;
  /** The server's image: its pg_dump is as old as the server. */
  readonly database: Image;
  /** The image of data-svc, which also holds the program that encrypts and ships. */
  readonly program: Image;
  /** Public keys, any of whose private keys opens the backup. */
  readonly recipients: readonly string[];
}

const UID = 10_001;

/** The dump is made first, by PostgreSQL's own tools, and then shipped by ours. Each container has only its own Secret. */
export function backupPod(props: BackupPodProps): PodSpec {
  return securePod({
    serviceAccountName: PARTS.backup.app,
    uid: UID,
    // A new pod has a new volume, and so dumps again: nothing is left of a try that failed.
    restartPolicy: "Never",
    terminationGracePeriodSeconds: 30,
    initContainers: [dump(props)],
    containers: [ship(props)],
    volumes: volumes(props.stage),
  });
}

const WORK_MOUNT: VolumeMount = { name: "work", mountPath: PATHS.work };
const TMP_MOUNT: VolumeMount = { name: "tmp", mountPath: "/tmp" };

const dump = ({ stage, database }: BackupPodProps): Container =>
  secureContainer({
    name: "dump",
    image: database,
    resources: stage.resources,
    uid: UID,
    command: ["/bin/sh", `${DUMP_FOLDER}/${DUMP_FILE}`],
    volumeMounts: [
      { name: "dump", mountPath: DUMP_FOLDER, readOnly: true },
      { name: "credential", mountPath: PATHS.database, readOnly: true },
      AUTHORITY_MOUNT,
      WORK_MOUNT,
      TMP_MOUNT,
    ],
  });

const ship = ({ name, stage, program, recipients }: BackupPodProps): Container =>
  secureContainer({
    name: "ship",
    image: program,
    resources: stage.resources,
    uid: UID,
    command: [
      ...["backup", "ship", "--work", PATHS.work, "--stage", name, "--deadline", String(stage.deadlineSeconds)],
      ...targetFlags(stage.target),
      ...keepFlags(stage.target),
      ...recipients.flatMap((recipient) => ["--recipient", recipient]),
    ],
    volumeMounts: [storeMount(stage.target), WORK_MOUNT, TMP_MOUNT],
  });

/** The target as the program `backup` takes it. */
export function targetFlags(target: BackupStage["target"]): string[] {
  if (target.kind === "s3") {
    const { endpoint, bucket, prefix, region } = target;
    return ["--target", `s3:${endpoint}/${bucket}/${prefix}`, "--region", region];
  }
  return ["--target", `volume:${PATHS.backups}`];
}

/** A bucket's own rules remove old backups. */
function keepFlags(target: BackupStage["target"]): string[] {
  if (target.kind === "s3") return [];
  const { daily, weekly, monthly } = target.keep;
  return ["--keep-daily", daily, "--keep-weekly", weekly, "--keep-monthly", monthly].map(String);
}

/** The bucket's credentials, or the volume of the backups. */
export const storeMount = ({ kind }: BackupStage["target"]): VolumeMount =>
  kind === "s3"
    ? { name: "store", mountPath: PATHS.store, readOnly: true }
    : { name: "store", mountPath: PATHS.backups };

function volumes(stage: BackupStage): Volume[] {
  const { username, password } = CREDENTIAL_KEYS;
  return [
    { name: "dump", configMap: { name: dumpConfigName(dumpFiles(stage)), defaultMode: GROUP_READABLE } },
    {
      name: "credential",
      secret: {
        secretName: secretName("backup"),
        defaultMode: GROUP_READABLE,
        items: [username, password].map((key) => ({ key, path: key })),
      },
    },
    AUTHORITY_VOLUME,
    scratchVolume("work", stage.scratch, stage.scratchClass),
    stage.target.kind === "s3"
      ? { name: "store", secret: { secretName: BACKUP.storeSecret, defaultMode: GROUP_READABLE } }
      : { name: "store", persistentVolumeClaim: { claimName: BACKUP.claim } },
    temporary(),
  ];
}

/** A volume of its own for a pod, which ends with it. */
export const scratchVolume = (name: string, storage: string, storageClassName: string | undefined): Volume => ({
  name,
  ephemeral: {
    volumeClaimTemplate: {
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName,
        resources: { requests: { storage: Quantity.fromString(storage) } },
      },
    },
  },
});
