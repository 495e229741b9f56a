import { Construct } from "constructs";
import { type Container, type JobSpec, KubeJob, type PodFailurePolicyRule, type PodSpec } from "../../imports/k8s";
import type { Migrations } from "../common/contents";
import { digest } from "../common/digest";
import { CREDENTIAL_KEYS, DATABASE, FINAL_EXIT_CODES, LOGIN_ROLES, PATHS } from "../contract";
import { secretName } from "../secrets/credentials";
import type { Image, MigrationStage } from "../stages/stage";
import { AUTHORITY_MOUNT, AUTHORITY_VOLUME } from "./authority";
import { labelsOf, PARTS } from "./labels";
import { checkMounts } from "./mounts";
import { GROUP_READABLE, imageExceptions, secureContainer, securePod, temporary } from "./pod-defaults";
import { PodIdentity } from "./pod-identity";
import { rolesVolume } from "./roles-volume";

export interface MigrationJobProps {
  /** The image of data-svc: it holds the migrator and the SQL. */
  readonly image: Image;
  readonly stage: MigrationStage;
  /** Contents that the image has to have. Other SQL, or another source, makes another Job. */
  readonly expected: { readonly migrations: Migrations; readonly source?: string };
}

const PART = PARTS.migration;
const UID = 10_001;

/** Waits for a changed password: the Job sees it at once, the server within about 90 seconds. */
const PATIENT = ["--password-wait", "180"];

/**
 * Brings roles, passwords and schema to this release. A Job cannot be changed, so its name ends in a digest of all its
 * work. Applying the same release again changes nothing. A new release runs beside the remains of the last one.
 */
export class MigrationJob extends Construct {
  constructor(scope: Construct, props: MigrationJobProps) {
    super(scope, "migrate");
    const spec = jobSpec(props);
    const name = `${PART.app}-${digest([JSON.stringify(spec)], 10)}`;
    this.node.addValidation({ validate: () => checkMounts(spec.template.spec ?? { containers: [] }) });
    new PodIdentity(this, PART);
    const labels = labelsOf({ ...PART, instance: name });
    new KubeJob(this, "job", {
      metadata: { name, labels, annotations: imageExceptions(props.image) },
      // Adds the pod's labels last: they name the Job, and its name depends on the rest.
      spec: { ...spec, template: { ...spec.template, metadata: { labels } } },
    });
  }
}

function jobSpec(props: MigrationJobProps): JobSpec {
  const { stage } = props;
  return {
    completions: 1,
    parallelism: 1,
    backoffLimit: stage.retries,
    activeDeadlineSeconds: stage.deadlineSeconds,
    ttlSecondsAfterFinished: stage.keepFinishedSeconds,
    podFailurePolicy: { rules: FAILURE_RULES },
    // Waits until a deleted pod has ended, since a second pod would only wait for its lock. The failure policy requires
    // this value, too.
    podReplacementPolicy: "Failed",
    template: { spec: podSpec(props) },
  };
}

/** Fails at once if another try cannot help. A drained node costs no try. */
const FAILURE_RULES: PodFailurePolicyRule[] = [
  { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
  { action: "FailJob", onExitCodes: { operator: "In", values: [...FINAL_EXIT_CODES].sort((a, b) => a - b) } },
];

function podSpec({ stage, image, expected }: MigrationJobProps): PodSpec {
  const common = { image, resources: stage.resources, uid: UID };
  const everywhere = [AUTHORITY_MOUNT, { name: "tmp", mountPath: "/tmp" }];
  const bootstrap: Container = secureContainer({
    ...common,
    name: "bootstrap",
    command: [
      ...["migrate", "bootstrap", ...PATIENT, ...(stage.testUsers ? [] : ["--no-test-users"])],
      // Runs first, so it is the one to refuse an image of another release.
      ...expectations(expected),
    ],
    volumeMounts: [
      { name: "superuser", mountPath: PATHS.database, readOnly: true },
      { name: "roles", mountPath: PATHS.roles, readOnly: true },
      ...everywhere,
    ],
  });
  const up: Container = secureContainer({
    ...common,
    name: "up",
    command: ["migrate", "up", ...PATIENT, ...limits(stage)],
    volumeMounts: [{ name: "migrator", mountPath: PATHS.database, readOnly: true }, ...everywhere],
  });
  return securePod({
    serviceAccountName: PART.app,
    uid: UID,
    restartPolicy: "Never",
    terminationGracePeriodSeconds: 30,
    initContainers: [bootstrap],
    containers: [up],
    volumes: [
      credential("superuser", secretName(DATABASE.superuser)),
      credential("migrator", secretName("migrator")),
      rolesVolume(LOGIN_ROLES, Object.values(CREDENTIAL_KEYS)),
      AUTHORITY_VOLUME,
      temporary(),
    ],
  });
}

/** Makes flags, and so a part of the Job's name. An image too old to know them refuses them. */
function expectations({ migrations, source }: MigrationJobProps["expected"]): string[] {
  return [
    ...["--expect-version", String(migrations.version), "--expect-digest", migrations.digest],
    ...(source === undefined ? [] : ["--expect-source", source]),
  ];
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

/** Fills the Job's deadline with tries, and never exceeds it. */
function limits({ deadlineSeconds }: MigrationStage): string[] {
  const seconds = deadlineSeconds - RESERVE_SECONDS;
  const tries = Math.floor(seconds / (LOCK_TIMEOUT_SECONDS + LONGEST_PAUSE_SECONDS)) + QUICK_TRIES;
  return [
    ...["--lock-timeout", String(LOCK_TIMEOUT_SECONDS), "--lock-tries", String(tries)],
    ...["--statement-timeout", String(seconds)],
  ];
}

const credential = (name: string, secret: string) => ({
  name,
  secret: { secretName: secret, defaultMode: GROUP_READABLE },
});
