import { Construct } from "constructs";
import {
  type Container,
  type DeploymentSpec,
  IntOrString,
  KubeDeployment,
  KubePodDisruptionBudget,
  type PodSpec,
  type Probe,
  type TopologySpreadConstraint,
} from "../../imports/k8s";
import { type Caller, DATA_SVC, PATHS, SERVICE_TLS_SECRET } from "../contract";
import { secretName } from "../secrets/credentials";
import type { ServiceStage } from "../stages/stage";
import { API_MOUNT, API_VOLUME, TOKEN_EXCEPTION } from "./api-access";
import { APP_CONFIG } from "./app-config";
import { AUTHORITY_MOUNT, AUTHORITY_VOLUME } from "./authority";
import { labelsOf, PARTS, selectorOf } from "./labels";
import { checkMounts } from "./mounts";
import { GROUP_READABLE, imageExceptions, secureContainer, securePod, temporary } from "./pod-defaults";
import { PodIdentity } from "./pod-identity";
import { PodService } from "./pod-service";

export interface DataServiceProps {
  readonly stage: ServiceStage;
  /**
   * Digest of the mounted configuration. A change restarts the pods, which read it only once. Credentials and
   * the certificate need no restart: they are read again.
   */
  readonly configDigest: string;
  /** Services that may call it, each with what it may do. A change restarts the pods. */
  readonly callers: readonly Caller[];
  /** Digest of the source that the image has to be built from. A change restarts the pods. @default not compared */
  readonly source?: string;
}

const PART = PARTS.service;
const UID = 10_001;
const READINESS_SECONDS = 5;

/** Ports of the pods and of their Service, by the names that probes, monitors and the Service use. A name stays, as clients may use it. */
const PORTS = [
  { name: "http", number: DATA_SVC.port, protocol: "https" },
  { name: "metrics", number: DATA_SVC.metricsPort },
];

/** data-svc: stateless pods behind a Service. A pod is ready once the database has the schema that it was built for. */
export class DataService extends Construct {
  constructor(scope: Construct, props: DataServiceProps) {
    super(scope, DATA_SVC.name);
    const metadata = { name: DATA_SVC.name, labels: labelsOf(PART) };
    const spec = deployment(props);
    this.node.addValidation({ validate: () => checkMounts(spec.template.spec ?? { containers: [] }) });
    new PodIdentity(this, PART);
    new PodService(this, "service", { part: PART, ports: PORTS });
    new KubeDeployment(this, "deployment", {
      metadata: {
        ...metadata,
        annotations: {
          ...imageExceptions(props.stage.image),
          [TOKEN_EXCEPTION]:
            "it reads the public keys of its callers' tokens, and its ServiceAccount has no other right",
        },
      },
      spec,
    });
    this.#disruptionBudget(props.stage);
  }

  #disruptionBudget({ minAvailable }: ServiceStage): void {
    if (minAvailable === undefined) return;
    new KubePodDisruptionBudget(this, "disruption-budget", {
      metadata: { name: DATA_SVC.name, labels: labelsOf(PART) },
      spec: {
        minAvailable: IntOrString.fromNumber(minAvailable),
        selector: { matchLabels: selectorOf(PART) },
        unhealthyPodEvictionPolicy: "AlwaysAllow",
      },
    });
  }
}

function deployment({ configDigest, ...props }: DataServiceProps): DeploymentSpec {
  return {
    replicas: props.stage.replicas,
    selector: { matchLabels: selectorOf(PART) },
    strategy: {
      type: "RollingUpdate",
      rollingUpdate: { maxSurge: IntOrString.fromNumber(1), maxUnavailable: IntOrString.fromNumber(0) },
    },
    // Keeps each new pod ready for five seconds before the next old pod stops: a broken pool shows in that time.
    minReadySeconds: 5,
    progressDeadlineSeconds: 600,
    revisionHistoryLimit: 5,
    template: {
      metadata: {
        labels: labelsOf(PART),
        annotations: { "checksum/config": configDigest },
      },
      spec: pod(props),
    },
  };
}

function pod({ stage, ...props }: Omit<DataServiceProps, "configDigest">): PodSpec {
  return securePod({
    serviceAccountName: DATA_SVC.name,
    uid: UID,
    terminationGracePeriodSeconds: stage.stopGraceSeconds,
    ...(stage.replicas > 1 && spread()),
    containers: [container(stage, props)],
    volumes: [
      { name: "credential", secret: { secretName: secretName("data_svc"), defaultMode: GROUP_READABLE } },
      AUTHORITY_VOLUME,
      { name: "certificate", secret: { secretName: SERVICE_TLS_SECRET, defaultMode: GROUP_READABLE } },
      API_VOLUME,
      { name: "config", configMap: { name: APP_CONFIG, defaultMode: GROUP_READABLE } },
      temporary(),
    ],
  });
}

function container(stage: ServiceStage, { callers, source }: Pick<DataServiceProps, "callers" | "source">): Container {
  const { image, resources, outageWaitSeconds, drainSeconds, poolSize } = stage;
  return secureContainer({
    name: DATA_SVC.name,
    image,
    resources,
    uid: UID,
    command: ["data-svc"],
    env: [
      { name: "NODE_OPTIONS", value: DATA_SVC.nodeOptions },
      { name: "POOL_MAX", value: String(poolSize) },
      { name: "OUTAGE_WAIT_MS", value: String(outageWaitSeconds * 1000) },
      { name: "CALLERS", value: JSON.stringify(callers) },
      ...(source === undefined ? [] : [{ name: "EXPECTED_SOURCE", value: source }]),
    ],
    ports: PORTS.map(({ name, number }) => ({ name, containerPort: number, protocol: "TCP" })),
    // Asks every second: it runs again after each kubelet restart, and until it succeeds the pod gets no connection.
    startupProbe: { ...probe(DATA_SVC.livenessPath), periodSeconds: 1, failureThreshold: 120 },
    // Tolerates slow answers: removing a slow pod slows the others down, and a restart makes nothing faster. While requests wait
    // for a database that comes back, no pod is removed: without any, callers would get no connection instead.
    readinessProbe: {
      ...probe(DATA_SVC.readinessPath),
      periodSeconds: READINESS_SECONDS,
      failureThreshold: 1 + Math.ceil(outageWaitSeconds / READINESS_SECONDS),
    },
    livenessProbe: { ...probe(DATA_SVC.livenessPath), periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
    lifecycle: { preStop: { sleep: { seconds: drainSeconds } } },
    volumeMounts: [
      { name: "credential", mountPath: PATHS.database, readOnly: true },
      AUTHORITY_MOUNT,
      { name: "certificate", mountPath: PATHS.serviceTls, readOnly: true },
      API_MOUNT,
      { name: "config", mountPath: PATHS.config.slice(0, PATHS.config.lastIndexOf("/")), readOnly: true },
      { name: "tmp", mountPath: "/tmp" },
    ],
  });
}

/** A kubelet verifies no certificate, so that one that has expired restarts no pod. */
const probe = (path: string): Probe => ({
  httpGet: { path, port: IntOrString.fromString("http"), scheme: "HTTPS" },
  timeoutSeconds: 3,
});

/** Spreads the pods over zones and nodes if there are several. A cluster of one node still runs them all. */
function spread(): Pick<PodSpec, "affinity" | "topologySpreadConstraints"> {
  const labelSelector = { matchLabels: selectorOf(PART) };
  const evenly = (topologyKey: string): TopologySpreadConstraint => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector,
    // Counts pods of the new revision only. Otherwise old pods count as well, and the finished update may be lopsided.
    matchLabelKeys: ["pod-template-hash"],
  });
  return {
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 100, podAffinityTerm: { labelSelector, topologyKey: "kubernetes.io/hostname" } },
        ],
      },
    },
    topologySpreadConstraints: [evenly("topology.kubernetes.io/zone"), evenly("kubernetes.io/hostname")],
  };
}
