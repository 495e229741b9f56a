import { Construct } from "constructs";
import type { Container, PodSpec } from "../../imports/k8s";
import { CREDENTIAL_KEYS, DATABASE, LOGIN_ROLES, PATHS } from "../contract";
import { AUTHORITY_MOUNT, AUTHORITY_VOLUME } from "./authority";
import { clientsVariable } from "./clients-variable";
import { keepsFlags } from "./keeps-flags";
import { PARTS } from "./labels";
import {
  credentialVolume,
  expectations,
  MIGRATE_UID,
  migrateJob,
  migratorContainer,
  PATIENT,
  type ReleaseJobProps,
  runFlags,
} from "./migrate-job";
import { secureContainer, securePod, temporary } from "./pod-defaults";
import { PodIdentity } from "./pod-identity";
import { rolesVolume } from "./roles-volume";

/**
 * Brings roles, passwords and schema to this release, as far as the release before can live with it. The rest is
 * `ContractJob`'s.
 */
export class MigrationJob extends Construct {
  constructor(scope: Construct, props: ReleaseJobProps) {
    super(scope, "migrate");
    new PodIdentity(this, PARTS.migration);
    migrateJob(this, { prefix: PARTS.migration.app, image: props.image, stage: props.stage, pod: podSpec(props) });
  }
}

function podSpec(props: ReleaseJobProps): PodSpec {
  const { stage, clients } = props;
  const roles = [...LOGIN_ROLES, ...clients.map(({ role }) => role)];
  return securePod({
    serviceAccountName: PARTS.migration.app,
    uid: MIGRATE_UID,
    restartPolicy: "Never",
    terminationGracePeriodSeconds: 30,
    initContainers: [bootstrap(props)],
    containers: [migratorContainer("up", ["up", "--before-contract", ...runFlags(stage)], props)],
    volumes: [
      credentialVolume("superuser", DATABASE.superuser),
      credentialVolume("migrator", "migrator"),
      rolesVolume(roles, Object.values(CREDENTIAL_KEYS)),
      AUTHORITY_VOLUME,
      temporary(),
    ],
  });
}

function bootstrap({ image, stage, expected, clients, keeps }: ReleaseJobProps): Container {
  return secureContainer({
    image,
    resources: stage.resources,
    uid: MIGRATE_UID,
    name: "bootstrap",
    command: [
      ...["migrate", "bootstrap", ...PATIENT, ...(stage.testUsers ? [] : ["--no-test-users"])],
      ...keepsFlags(keeps),
      // Runs first, so it is the one to refuse an image of another release.
      ...expectations(expected),
    ],
    env: [clientsVariable(clients)],
    volumeMounts: [
      { name: "superuser", mountPath: PATHS.database, readOnly: true },
      { name: "roles", mountPath: PATHS.roles, readOnly: true },
      AUTHORITY_MOUNT,
      { name: "tmp", mountPath: "/tmp" },
    ],
  });
}
