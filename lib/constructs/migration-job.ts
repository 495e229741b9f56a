import { Construct } from "constructs";
import type { Container, PodSpec } from "../../imports/k8s";
import { CREDENTIAL_KEYS, DATABASE, LOGIN_ROLES, PATHS } from "../contract";
import type { Image, MigrationStage } from "../stages/stage";
import { AUTHORITY_MOUNT, AUTHORITY_VOLUME } from "./authority";
import { PARTS } from "./labels";
import {
  credentialVolume,
  type ExpectedContents,
  expectations,
  limits,
  MIGRATE_UID,
  migrateJob,
  migratorContainer,
  PATIENT,
} from "./migrate-job";
import { secureContainer, securePod, temporary } from "./pod-defaults";
import { PodIdentity } from "./pod-identity";
import { rolesVolume } from "./roles-volume";

export interface MigrationJobProps {
  /** The image of data-svc: it holds the migrator and the SQL. */
  readonly image: Image;
  readonly stage: MigrationStage;
  /** Contents that the image has to have. Other SQL, or another source, makes another Job. */
  readonly expected: ExpectedContents;
}

/**
 * Brings roles, passwords and schema to this release, as far as the release before can live with it. The rest is
 * `ContractJob`'s.
 */
export class MigrationJob extends Construct {
  constructor(scope: Construct, props: MigrationJobProps) {
    super(scope, "migrate");
    new PodIdentity(this, PARTS.migration);
    migrateJob(this, { prefix: PARTS.migration.app, image: props.image, stage: props.stage, pod: podSpec(props) });
  }
}

function podSpec(props: MigrationJobProps): PodSpec {
  const { stage } = props;
  return securePod({
    serviceAccountName: PARTS.migration.app,
    uid: MIGRATE_UID,
    restartPolicy: "Never",
    terminationGracePeriodSeconds: 30,
    initContainers: [bootstrap(props)],
    containers: [migratorContainer("up", ["up", "--before-contract", ...limits(stage)], props)],
    volumes: [
      credentialVolume("superuser", DATABASE.superuser),
      credentialVolume("migrator", "migrator"),
      rolesVolume(LOGIN_ROLES, Object.values(CREDENTIAL_KEYS)),
      AUTHORITY_VOLUME,
      temporary(),
    ],
  });
}

function bootstrap({ image, stage, expected }: MigrationJobProps): Container {
  return secureContainer({
    image,
    resources: stage.resources,
    uid: MIGRATE_UID,
    name: "bootstrap",
    command: [
      ...["migrate", "bootstrap", ...PATIENT, ...(stage.testUsers ? [] : ["--no-test-users"])],
      // Runs first, so it is the one to refuse an image of another release.
      ...expectations(expected),
    ],
    volumeMounts: [
      { name: "superuser", mountPath: PATHS.database, readOnly: true },
      { name: "roles", mountPath: PATHS.roles, readOnly: true },
      AUTHORITY_MOUNT,
      { name: "tmp", mountPath: "/tmp" },
    ],
  });
}
