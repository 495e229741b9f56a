import type { Construct } from "constructs";
import { type Container, type JobSpec, KubeJob, type PodFailurePolicyRule, type PodSpec } from "../../imports/k8s";
import type { Migrations } from "../common/contents";
import { digest } from "../common/digest";
import { type Client, FINAL_EXIT_CODES, PATHS } from "../contract";
import { secretName } from "../secrets/credentials";
import type { Image, MigrationStage } from "../stages/stage";
import { AUTHORITY_MOUNT } from "./authority";
import { clientsVariable } from "./clients-variable";
import type { Keeps } from "./keeps-flags";
import { labelsOf, PARTS } from "./labels";
import { checkMounts } from "./mounts";
import { GROUP_READABLE, imageExceptions, secureContainer } from "./pod-defaults";

/** Parts of every Job that runs `migrate`. */

export const MIGRATE_UID = 10_001;

/** Contents that an image has to have. */
interface ExpectedContents {
  readonly migrations: Migrations;
  readonly source?: string;
}

/** Everything of a release that its migration Jobs are made from. */
export interface ReleaseJobProps {
  /** The image of data-svc: it holds the migrator and the SQL. */
  readonly image: Image;
  readonly stage: MigrationStage;
  /** Contents that the image has to have. Other SQL, or another source, makes another Job. */
  readonly expected: ExpectedContents;
  /** Services that run their own SQL, whose roles and privileges it brings. Another client makes another Job. */
  readonly clients: readonly Client[];
  /** How long the database keeps what the retention deletes. Other numbers make another Job. */
  readonly keeps: Keeps;
}

/** Waits for a changed password: the Job sees it at once, the server within about 90 seconds. */
export const PATIENT = ["--password-wait", "180"];

export interface MigrateJobProps {
  /** Begins the Job's name, e.g. `"migrate"`. */
  readonly prefix: string;
  readonly image: Image;
  readonly stage: MigrationStage;
  readonly pod: PodSpec;
  /** Seconds that it may wait for others before it migrates. @default 0 */
  readonly waitSeconds?: number;
}

/**
 * Makes a Job whose name ends in a digest of all its work, since a Job cannot be changed. Applying the same release
 * again changes nothing. A new release runs beside the remains of the last one.
 */
export function migrateJob(scope: Construct, props: MigrateJobProps): KubeJob {
  const spec = jobSpec(props);
  const name = `${props.prefix}-${digest([JSON.stringify(spec)], 10)}`;
  scope.node.addValidation({ validate: () => checkMounts(spec.template.spec ?? { containers: [] }) });
  const labels = labelsOf({ ...PARTS.migration, instance: name });
  return new KubeJob(scope, "job", {
    metadata: { name, labels, annotations: imageExceptions(props.image) },
    // Adds the pod's labels last: they name the Job, and its name depends on the rest.
    spec: { ...spec, template: { ...spec.template, metadata: { labels } } },
  });
}

function jobSpec({ stage, pod, waitSeconds = 0 }: MigrateJobProps): JobSpec {
  return {
    completions: 1,
    parallelism: 1,
    backoffLimit: stage.retries,
    activeDeadlineSeconds: stage.deadlineSeconds + waitSeconds,
    ttlSecondsAfterFinished: stage.keepFinishedSeconds,
    podFailurePolicy: { rules: FAILURE_RULES },
    // Waits until a deleted pod has ended, since a second pod would only wait for its lock. The failure policy requires
    // this value, too.
    podReplacementPolicy: "Failed",
    template: { spec: pod },
  };
}

/** Fails at once if another try cannot help. A drained node costs no try. */
const FAILURE_RULES: PodFailurePolicyRule[] = [
  { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
  { action: "FailJob", onExitCodes: { operator: "In", values: [...FINAL_EXIT_CODES].sort((a, b) => a - b) } },
];

/** A container that runs `migrate` as `migrator`. Its pod needs the volume `migrator`. */
export function migratorContainer(
  name: string,
  command: readonly string[],
  { image, stage, clients }: Pick<ReleaseJobProps, "image" | "stage" | "clients">,
): Container {
  return secureContainer({
    image,
    resources: stage.resources,
    uid: MIGRATE_UID,
    name,
    command: ["migrate", ...command, ...PATIENT],
    env: [clientsVariable(clients)],
    volumeMounts: [
      { name: "migrator", mountPath: PATHS.database, readOnly: true },
      AUTHORITY_MOUNT,
      { name: "tmp", mountPath: "/tmp" },
    ],
  });
}

/**
 * Keeps each wait for a table's lock short, and tries again. All others who want the table queue behind a waiting
 * statement, among them data-svc's requests, which give up after three seconds.
 */
const LOCK_TIMEOUT_SECONDS = 1;
/** Longest pause between two tries; the first few come sooner. */
const LONGEST_PAUSE_SECONDS = 10;
const QUICK_TRIES = 4;
/**
 * Time for the pod to start, and to report its last problem. At the deadline Kubernetes deletes the pod with its log.
 */
const RESERVE_SECONDS = 30;

/** Flags of a run: fills the stage's deadline with tries, never exceeds it, and quotes no row. */
export function runFlags({ deadlineSeconds }: MigrationStage): string[] {
  const seconds = deadlineSeconds - RESERVE_SECONDS;
  const tries = Math.floor(seconds / (LOCK_TIMEOUT_SECONDS + LONGEST_PAUSE_SECONDS)) + QUICK_TRIES;
  return [
    ...["--lock-timeout", String(LOCK_TIMEOUT_SECONDS), "--lock-tries", String(tries)],
    ...["--statement-timeout", String(seconds)],
    // A Job's log is kept by the cluster, and rows are health data.
    "--withhold-values",
  ];
}

export const credentialVolume = (name: string, user: Parameters<typeof secretName>[0]) => ({
  name,
  secret: { secretName: secretName(user), defaultMode: GROUP_READABLE },
});

/** Makes flags, and so a part of the Job's name. An image too old to know them refuses them. */
export function expectations({ migrations, source }: ExpectedContents): string[] {
  return [
    ...["--expect-version", String(migrations.version), "--expect-digest", migrations.digest],
    ...(source === undefined ? [] : ["--expect-source", source]),
  ];
}
