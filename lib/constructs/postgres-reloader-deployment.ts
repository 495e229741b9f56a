import { Size } from "cdk8s";
import { ConfigMap } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { type DeploymentSpec, KubeDeployment, type Probe } from "../../imports/k8s";
import { digest } from "../common/digest";
import { CREDENTIAL_KEYS, PATHS } from "../contract";
import type { DatabaseUser } from "../secrets/credentials";
import type { DatabaseStage } from "../stages/stage";
import { AUTHORITY_MOUNT, AUTHORITY_VOLUME } from "./authority";
import { labelsOf, PARTS, selectorOf } from "./labels";
import { checkMounts } from "./mounts";
import { GROUP_READABLE, imageExceptions, scratch, secureContainer, securePod } from "./pod-defaults";
import { PodIdentity } from "./pod-identity";
import { heartbeatProbe } from "./postgres-reloader";
import { HEARTBEAT, networkReloaderScript, REACHED } from "./postgres-reloader-script";
import { rolesVolume } from "./roles-volume";

const PART = PARTS.reloader;
const UID = 10_070;
const FILE = "reloader.sh";
const FOLDER = "/etc/reloader";

export interface PostgresReloaderProps {
  readonly database: Pick<DatabaseStage, "image" | "reloader">;
  /** Users whose passwords it brings in line. */
  readonly users: readonly DatabaseUser[];
}

/**
 * Brings the roles' passwords in line with their Secrets, over the network. For a server whose pods are an operator's, and
 * so cannot have the reloader in them.
 */
export class PostgresReloader extends Construct {
  constructor(scope: Construct, props: PostgresReloaderProps) {
    super(scope, PART.app);
    const script = networkReloaderScript(props.users);
    const name = `${PART.app}-${digest([script], 10)}`;
    const spec = deployment(props, name);
    this.node.addValidation({ validate: () => checkMounts(spec.template.spec ?? { containers: [] }) });
    new PodIdentity(this, PART);
    new ConfigMap(this, "script", {
      metadata: { name, labels: labelsOf(PART) },
      immutable: true,
      data: { [FILE]: script },
    });
    new KubeDeployment(this, "deployment", {
      metadata: { name: PART.app, labels: labelsOf(PART), annotations: imageExceptions(props.database.image) },
      spec,
    });
  }
}

const deployment = (
  { database: { image, reloader }, users }: PostgresReloaderProps,
  script: string,
): DeploymentSpec => ({
  replicas: 1,
  selector: { matchLabels: selectorOf(PART) },
  // Two at a time would only do the same twice.
  strategy: { type: "Recreate" },
  progressDeadlineSeconds: 600,
  revisionHistoryLimit: 5,
  template: {
    metadata: { labels: labelsOf(PART) },
    spec: securePod({
      serviceAccountName: PART.app,
      uid: UID,
      terminationGracePeriodSeconds: 10,
      containers: [
        secureContainer({
          name: "reloader",
          image,
          resources: reloader,
          uid: UID,
          command: ["/bin/sh", `${FOLDER}/${FILE}`],
          startupProbe: { ...ask(`[ -e ${HEARTBEAT} ]`), periodSeconds: 1, failureThreshold: 60 },
          readinessProbe: { ...ask(`[ -n "$(find ${REACHED} -mmin -1)" ]`), periodSeconds: 5, failureThreshold: 6 },
          livenessProbe: heartbeatProbe(),
          volumeMounts: [
            { name: "script", mountPath: FOLDER, readOnly: true },
            { name: "roles", mountPath: PATHS.roles, readOnly: true },
            AUTHORITY_MOUNT,
            { name: "heartbeat", mountPath: HEARTBEAT.slice(0, HEARTBEAT.lastIndexOf("/")) },
          ],
        }),
      ],
      volumes: [
        { name: "script", configMap: { name: script, defaultMode: GROUP_READABLE } },
        rolesVolume(users, [CREDENTIAL_KEYS.password], { optional: true }),
        AUTHORITY_VOLUME,
        scratch("heartbeat", Size.mebibytes(1)),
      ],
    }),
  },
});

const ask = (command: string): Probe => ({ exec: { command: ["/bin/sh", "-c", command] }, timeoutSeconds: 10 });
