import { ConfigMap } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { KubeCronJob, KubeRole, KubeRoleBinding, type PodSpec, type Volume } from "../../imports/k8s";
import { digest } from "../common/digest";
import { ARCHIVE_DRILL, CREDENTIAL_KEYS, DATABASE, PATHS, TLS_KEYS } from "../contract";
import { secretName } from "../secrets/credentials";
import type { ArchiveDrillStage, Image } from "../stages/stage";
import { API_MOUNT, API_VOLUME, TOKEN_EXCEPTION } from "./api-access";
import { AUTHORITY_MOUNT, AUTHORITY_VOLUME } from "./authority";
import { cronJob } from "./cron-job";
import { labelsOf, PARTS } from "./labels";
import { checkMounts } from "./mounts";
import { GROUP_READABLE, imageExceptions, secureContainer, securePod, temporary } from "./pod-defaults";
import { PodIdentity } from "./pod-identity";
import { type RecoveredClusterProps, recoveredCluster } from "./postgres-recovered-cluster";

const PART = PARTS.archiveDrill;
const UID = 10_001;
const CLUSTERS = { apiGroups: ["postgresql.cnpg.io"], resources: ["clusters"] };

export interface ArchiveDrillProps extends RecoveredClusterProps {
  readonly drill: ArchiveDrillStage;
  /** The image of data-svc, which also holds `backup`. */
  readonly program: Image;
}

/**
 * A CronJob that recovers the archive into a Cluster of its own, compares it with a replica to the row, and removes it. Its
 * Job fails unless everything is equal.
 */
export class PostgresArchiveDrill extends Construct {
  constructor(scope: Construct, props: ArchiveDrillProps) {
    super(scope, ARCHIVE_DRILL.name);
    const { drill, program } = props;
    const manifest = `${JSON.stringify(recoveredCluster(props), undefined, 2)}\n`;
    const config = `${PART.app}-${digest([manifest], 10)}`;
    const pod = podSpec(props, config);
    this.node.addValidation({ validate: () => checkMounts(pod) });
    new PodIdentity(this, PART);
    this.#permissions();
    new ConfigMap(this, "config", {
      metadata: { name: config, labels: labelsOf(PART) },
      immutable: true,
      data: { [ARCHIVE_DRILL.file]: manifest },
    });
    new KubeCronJob(this, "cron-job", {
      metadata: {
        name: PART.app,
        labels: labelsOf(PART),
        annotations: { ...imageExceptions(program), [TOKEN_EXCEPTION]: "it makes a Cluster and removes it" },
      },
      spec: cronJob(PART, drill, pod),
    });
  }

  /**
   * Its own Cluster and no other, but for one thing: Kubernetes cannot restrict `create` to a name, since it does not know
   * it yet when it decides. With that right come all Secrets of the namespace, which a Cluster may name.
   */
  #permissions(): void {
    const metadata = { name: PART.app, labels: labelsOf(PART) };
    new KubeRole(this, "role", {
      metadata,
      rules: [
        { ...CLUSTERS, verbs: ["create"] },
        { ...CLUSTERS, resourceNames: [ARCHIVE_DRILL.cluster], verbs: ["get", "delete"] },
      ],
    });
    new KubeRoleBinding(this, "role-binding", {
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: PART.app },
      subjects: [{ kind: "ServiceAccount", name: PART.app }],
    });
  }
}

const podSpec = ({ drill, program }: ArchiveDrillProps, config: string): PodSpec =>
  securePod({
    serviceAccountName: PART.app,
    uid: UID,
    restartPolicy: "Never",
    terminationGracePeriodSeconds: 30,
    containers: [
      secureContainer({
        name: "drill",
        image: program,
        resources: drill.resources,
        uid: UID,
        command: [
          "backup",
          "drill-archive",
          "--deadline",
          String(drill.deadlineSeconds - ARCHIVE_DRILL.removalSeconds),
        ],
        env: [
          // Node.js reads it before the program starts.
          { name: "NODE_EXTRA_CA_CERTS", value: `${PATHS.api}/${TLS_KEYS.authority}` },
          fromPod("POD_NAME", "metadata.name"),
          fromPod("POD_UID", "metadata.uid"),
          fromPod("POD_NAMESPACE", "metadata.namespace"),
        ],
        volumeMounts: [
          { name: "config", mountPath: ARCHIVE_DRILL.folder, readOnly: true },
          API_MOUNT,
          { name: "credential", mountPath: PATHS.database, readOnly: true },
          AUTHORITY_MOUNT,
          { name: "tmp", mountPath: "/tmp" },
        ],
      }),
    ],
    volumes: [
      { name: "config", configMap: { name: config, defaultMode: GROUP_READABLE } },
      API_VOLUME,
      credential(),
      AUTHORITY_VOLUME,
      temporary(),
    ],
  });

const fromPod = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });

/** The superuser's: no other role may hold a replica's replay, end a segment of the log, or check indexes. */
const credential = (): Volume => ({
  name: "credential",
  secret: {
    secretName: secretName(DATABASE.superuser),
    defaultMode: GROUP_READABLE,
    items: [CREDENTIAL_KEYS.username, CREDENTIAL_KEYS.password].map((key) => ({ key, path: key })),
  },
});
