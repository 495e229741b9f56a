import { Construct } from "constructs";
import type { PodSpec } from "../../imports/k8s";
import { AUTHORITY_VOLUME } from "./authority";
import { PARTS } from "./labels";
import {
  credentialVolume,
  expectations,
  MIGRATE_UID,
  migrateJob,
  migratorContainer,
  type ReleaseJobProps,
  runFlags,
} from "./migrate-job";
import { securePod, temporary } from "./pod-defaults";

/** Seconds for a rollout to end, data-svc's own deadline and the end of its old pods included. */
const ROLLOUT_SECONDS = 1800;
/** Longer than an old pod of data-svc is ever without a session: its readiness probe asks every five seconds. */
const QUIET_SECONDS = 30;

/**
 * Runs the migrations that the release before could not live with. It waits by itself for the end of the rollout, so
 * that applying all files at once is safe.
 */
export class ContractJob extends Construct {
  constructor(scope: Construct, props: ReleaseJobProps) {
    super(scope, "migrate-contract");
    const { image, stage } = props;
    const prefix = `${PARTS.migration.app}-contract`;
    migrateJob(this, { prefix, image, stage, pod: podSpec(props), waitSeconds: ROLLOUT_SECONDS });
  }
}

function podSpec(props: ReleaseJobProps): PodSpec {
  const { stage, expected } = props;
  const wait = [
    ...["await-rollout", "--timeout", String(ROLLOUT_SECONDS - 60), "--quiet", String(QUIET_SECONDS)],
    ...expectations(expected),
  ];
  return securePod({
    serviceAccountName: PARTS.migration.app,
    uid: MIGRATE_UID,
    restartPolicy: "Never",
    terminationGracePeriodSeconds: 30,
    initContainers: [migratorContainer("await-rollout", wait, props)],
    containers: [migratorContainer("up", ["up", ...runFlags(stage)], props)],
    volumes: [credentialVolume("migrator", "migrator"), AUTHORITY_VOLUME, temporary()],
  });
}
