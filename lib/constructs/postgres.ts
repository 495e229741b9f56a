import { Size } from "cdk8s";
import { Construct } from "constructs";
import {
  type Container,
  IntOrString,
  type KubePersistentVolumeClaimProps,
  KubePodDisruptionBudget,
  type PodSpec,
  type Volume,
} from "../../imports/k8s";
import { digest } from "../common/digest";
import { DATABASE, PATHS, TLS_SECRET } from "../contract";
import { POSTGRES_IDENTITY, POSTGRES_POD } from "../postgres/identity";
import { postgresSettings } from "../postgres/settings";
import { type DatabaseUser, secretName } from "../secrets/credentials";
import { parseMebibytes, parseQuantity } from "../stages/quantity";
import type { DatabaseStage } from "../stages/stage";
import { labelsOf, PARTS, selectorOf } from "./labels";
import { checkMounts } from "./mounts";
import {
  GROUP_READABLE,
  imageExceptions,
  quantity,
  scratch,
  secureContainer,
  securePod,
  temporary,
} from "./pod-defaults";
import { PodIdentity } from "./pod-identity";
import { PodService } from "./pod-service";
import { PostgresConfig, postgresConfigName, postgresFiles, RELOADER_FILE } from "./postgres-config";
import { probes } from "./postgres-probes";
import { reloader, reloaderVolumes } from "./postgres-reloader";
import { supervise } from "./postgres-supervisor";
import { StatefulSet } from "./stateful-set";

const { name, app, serviceName, claim, uid, mountPath, dataDirectory } = POSTGRES_IDENTITY;
const CONFIG_PATH = "/etc/postgresql";
const PART = PARTS.database;
const PORT = { name: "postgres", number: DATABASE.port };

export interface PostgresProps extends DatabaseStage {
  /** Users that its access rules let in, and whose passwords follow their Secrets. */
  readonly users: readonly DatabaseUser[];
}

/** One PostgreSQL server with a volume of its own. Not replicated: a lost node is downtime, not lost data. */
export class Postgres extends Construct {
  constructor(scope: Construct, stage: PostgresProps) {
    super(scope, name);
    const files = configuration(stage);
    new PodIdentity(this, PART);
    new PostgresConfig(this, PART, files);
    this.#services();
    this.#server(stage, digest(Object.values(files)));
    this.#disruptionBudget();
  }

  /**
   * Makes two Services: a headless one for the StatefulSet, and one with an address for clients, which leads to
   * one pod only, whatever somebody scales the StatefulSet to.
   */
  #services(): void {
    new PodService(this, "headless", { part: PART, name: serviceName, ports: [PORT], headless: true });
    new PodService(this, "service", { part: PART, name, ports: [PORT], only: POSTGRES_POD });
  }

  #server(stage: PostgresProps, configuration: string): void {
    const { whenDeleted } = stage;
    const spec = pod(stage);
    this.node.addValidation({ validate: () => checkMounts(spec, [claim]) });
    new StatefulSet(this, "server", {
      metadata: { name, labels: labelsOf(PART), annotations: imageExceptions(stage.image) },
      spec: {
        serviceName,
        replicas: 1,
        selector: { matchLabels: selectorOf(PART) },
        // Replaces a pod that never gets ready. OrderedReady would wait for it, and so block the repairing update.
        podManagementPolicy: "Parallel",
        updateStrategy: { type: "RollingUpdate" },
        revisionHistoryLimit: 5,
        persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled: "Retain" },
        template: {
          metadata: {
            labels: labelsOf(PART),
            annotations: {
              "checksum/config": configuration,
              // Makes this container the default of a person's `kubectl exec`.
              "kubectl.kubernetes.io/default-container": name,
            },
          },
          spec,
        },
        volumeClaimTemplates: [dataClaim(stage)],
      },
    });
  }

  /** Lets a drain stop the only pod. A node that cannot be drained is worse than a minute of planned downtime. */
  #disruptionBudget(): void {
    new KubePodDisruptionBudget(this, "disruption-budget", {
      metadata: { name, labels: labelsOf(PART) },
      spec: {
        maxUnavailable: IntOrString.fromNumber(1),
        selector: { matchLabels: selectorOf(PART) },
        unhealthyPodEvictionPolicy: "AlwaysAllow",
      },
    });
  }
}

const configuration = (stage: PostgresProps) => postgresFiles(postgresSettings(budget(stage)), stage.users);

/** Computes PostgreSQL's share of the stage's limits. `check` has made sure that they parse and are large enough. */
function budget({ resources, storage }: DatabaseStage) {
  return {
    memory: parseMebibytes(resources.limits.memory) ?? 0,
    cpu: parseQuantity(resources.limits.cpu) ?? 0,
    volume: parseMebibytes(storage) ?? 0,
  };
}

function pod(stage: PostgresProps): PodSpec {
  return securePod({
    serviceAccountName: app,
    uid,
    terminationGracePeriodSeconds: stage.stopGraceSeconds,
    initContainers: [reloader(stage, `${CONFIG_PATH}/${RELOADER_FILE}`)],
    containers: [server(stage)],
    volumes: [...volumes(stage), ...reloaderVolumes(stage.users)],
  });
}

function server(stage: DatabaseStage): Container {
  const { image, resources } = stage;
  return secureContainer({
    name,
    image,
    resources,
    uid,
    command: ["/bin/sh", "-c", supervise(CONFIG_PATH, budget(stage).volume)],
    env: [
      { name: "PGDATA", value: dataDirectory },
      { name: "POD_NAME", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "metadata.name" } } },
    ],
    ports: [{ name: "postgres", containerPort: DATABASE.port, protocol: "TCP" }],
    ...probes(),
    volumeMounts: [
      { name: claim, mountPath },
      { name: "config", mountPath: CONFIG_PATH, readOnly: true },
      { name: "credential", mountPath: PATHS.database, readOnly: true },
      // Mounts the folder, not its files: mounted files would never change while the pod lives.
      { name: "tls", mountPath: PATHS.tls, readOnly: true },
      { name: "run", mountPath: "/var/run/postgresql" },
      { name: "shared-memory", mountPath: "/dev/shm" },
      { name: "tmp", mountPath: "/tmp" },
    ],
  });
}

function volumes(stage: PostgresProps): Volume[] {
  const quarter = Math.floor((parseMebibytes(stage.resources.limits.memory) ?? 0) / 4);
  const secret = { secretName: secretName(DATABASE.superuser), defaultMode: GROUP_READABLE };
  return [
    { name: "config", configMap: { name: postgresConfigName(configuration(stage)), defaultMode: GROUP_READABLE } },
    { name: "credential", secret },
    // Lets only the group read the key, since the server refuses one that others may read.
    { name: "tls", secret: { secretName: TLS_SECRET, defaultMode: GROUP_READABLE } },
    scratch("run", Size.mebibytes(1)),
    scratch("shared-memory", Size.mebibytes(quarter)),
    temporary(),
  ];
}

/** Claim of the data volume. Nothing in it can change once the StatefulSet exists, not even a label. */
function dataClaim({ storage, storageClass }: DatabaseStage): KubePersistentVolumeClaimProps {
  return {
    metadata: { name: claim, labels: selectorOf(PART) },
    spec: {
      accessModes: ["ReadWriteOnce"],
      storageClassName: storageClass,
      resources: { requests: { storage: quantity(storage) } },
    },
  };
}
