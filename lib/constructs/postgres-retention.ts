import { Construct } from "constructs";
import { KubeCronJob, type PodSpec } from "../../imports/k8s";
import { EXIT, PATHS, RETENTION } from "../contract";
import type { Image, RetentionStage } from "../stages/stage";
import { AUTHORITY_MOUNT, AUTHORITY_VOLUME } from "./authority";
import { cronJob } from "./cron-job";
import { labelsOf, PARTS } from "./labels";
import { credentialVolume, PATIENT } from "./migrate-job";
import { checkMounts } from "./mounts";
import { imageExceptions, secureContainer, securePod, temporary } from "./pod-defaults";
import { PodIdentity } from "./pod-identity";

const PART = PARTS.retention;
const UID = 10_001;

/** Tries after the first. Each does what is left; the next day's run does, too. */
const RETRIES = 3;

export interface RetentionProps {
  readonly stage: RetentionStage;
  /** The image of data-svc, which also holds the program that deletes. */
  readonly program: Image;
}

/** A CronJob that makes the audit log's next partitions, purges ended sessions, and drops the log's oldest months. */
export class PostgresRetention extends Construct {
  constructor(scope: Construct, { stage, program }: RetentionProps) {
    super(scope, RETENTION.name);
    const pod = retentionPod({ stage, program });
    this.node.addValidation({ validate: () => checkMounts(pod) });
    new PodIdentity(this, PART);
    new KubeCronJob(this, "cron-job", {
      metadata: { name: RETENTION.name, labels: labelsOf(PART), annotations: imageExceptions(program) },
      spec: cronJob(PART, { ...stage, retries: RETRIES }, pod, [
        // Wrong arguments or settings, which another try cannot change.
        { action: "FailJob", onExitCodes: { operator: "In", values: [EXIT.usage] } },
      ]),
    });
  }
}

function retentionPod({ stage, program }: RetentionProps): PodSpec {
  const numbers = [
    ...["--partitions-ahead", stage.partitionsAheadMonths, "--session-days", stage.sessionDays],
    ...["--audit-months", stage.auditMonths],
  ];
  return securePod({
    serviceAccountName: PART.app,
    uid: UID,
    restartPolicy: "Never",
    // Every moment is a safe one to stop.
    terminationGracePeriodSeconds: 5,
    containers: [
      secureContainer({
        name: "retention",
        image: program,
        resources: stage.resources,
        uid: UID,
        command: ["retention", ...numbers.map(String), ...PATIENT],
        volumeMounts: [
          { name: "credential", mountPath: PATHS.database, readOnly: true },
          AUTHORITY_MOUNT,
          { name: "tmp", mountPath: "/tmp" },
        ],
      }),
    ],
    volumes: [credentialVolume("credential", "retention"), AUTHORITY_VOLUME, temporary()],
  });
}
