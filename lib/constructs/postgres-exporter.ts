import { Size } from "cdk8s";
import { ConfigMap } from "cdk8s-plus-28";
import { Construct } from "constructs";
import { type Container, IntOrString, KubeDeployment, type PodSpec, type Volume } from "../../imports/k8s";
import { digest } from "../common/digest";
import { CREDENTIAL_KEYS, DATABASE, EXPORTER, PATHS } from "../contract";
import { secretName } from "../secrets/credentials";
import type { Image, PrometheusStage } from "../stages/stage";
import { AUTHORITY_MOUNT, AUTHORITY_VOLUME } from "./authority";
import { labelsOf, PARTS, selectorOf } from "./labels";
import { leaveOut } from "./leave-out";
import { checkMounts } from "./mounts";
import { GROUP_READABLE, imageExceptions, scratch, secureContainer, securePod } from "./pod-defaults";
import { PodIdentity } from "./pod-identity";
import { exporterFiles, LOGIN_SCRIPT, PASSFILE, QUERIES_FILE } from "./postgres-exporter-files";

export interface PostgresExporterProps {
  readonly stage: PrometheusStage["exporter"];
  /** An image with a shell, which keeps the exporter's password file: data-svc's. */
  readonly program: Image;
}

const PART = PARTS.exporter;
const UID = 10_004;
const FILES = "/etc/diabrisk/exporter";

/** Metrics of the database, whatever engine runs it: a client of the Service `postgres` with the role `monitor`. */
export class PostgresExporter extends Construct {
  constructor(scope: Construct, props: PostgresExporterProps) {
    super(scope, EXPORTER.name);
    const metadata = { name: EXPORTER.name, labels: labelsOf(PART) };
    const files = exporterFiles();
    const spec = pod(props);
    this.node.addValidation({ validate: () => checkMounts(spec) });
    new PodIdentity(this, PART);
    leaveOut(new ConfigMap(this, "files", { metadata, data: { ...files } }), "/immutable");
    new KubeDeployment(this, "deployment", {
      metadata: { ...metadata, annotations: imageExceptions(props.stage.image) },
      spec: {
        // Two would count every session twice, and need more connections than the role may have.
        replicas: 1,
        strategy: { type: "Recreate" },
        selector: { matchLabels: selectorOf(PART) },
        revisionHistoryLimit: 5,
        template: {
          metadata: { labels: labelsOf(PART), annotations: { "checksum/config": digest(Object.values(files)) } },
          spec,
        },
      },
    });
  }
}

const pod = (props: PostgresExporterProps): PodSpec =>
  securePod({
    serviceAccountName: EXPORTER.name,
    uid: UID,
    terminationGracePeriodSeconds: 10,
    initContainers: [login(props)],
    containers: [exporter(props)],
    volumes: volumes(),
  });

/** Runs beside the exporter, from before its start. */
const login = ({ stage, program }: PostgresExporterProps): Container =>
  secureContainer({
    name: "login",
    image: program,
    resources: stage.resources,
    uid: UID,
    restartPolicy: "Always",
    command: ["/bin/sh", `${FILES}/${LOGIN_SCRIPT}`],
    // The exporter starts once there is a password.
    startupProbe: { exec: { command: ["test", "-s", PASSFILE] }, periodSeconds: 1, failureThreshold: 120 },
    volumeMounts: [
      { name: "files", mountPath: FILES, readOnly: true },
      { name: "credential", mountPath: PATHS.database, readOnly: true },
      { name: "login", mountPath: folderOf(PASSFILE) },
    ],
  });

const exporter = ({ stage: { image, resources } }: PostgresExporterProps): Container =>
  secureContainer({
    name: EXPORTER.name,
    image,
    resources,
    uid: UID,
    args: [
      `--extend.query-path=${FILES}/${QUERIES_FILE}`,
      // Before Prometheus gives the scrape up, so that the other metrics arrive.
      "--collection-timeout=8s",
      "--log.level=warn",
    ],
    env: [
      { name: "DATA_SOURCE_NAME", value: DATA_SOURCE },
      { name: "PGPASSFILE", value: PASSFILE },
    ],
    ports: [{ name: "metrics", containerPort: EXPORTER.port, protocol: "TCP" }],
    // None asks the database: the exporter tells of it when it is down.
    startupProbe: { tcpSocket: { port: PORT }, periodSeconds: 1, failureThreshold: 120 },
    readinessProbe: { httpGet: { path: "/", port: PORT, scheme: "HTTP" }, periodSeconds: 10, timeoutSeconds: 3 },
    livenessProbe: { tcpSocket: { port: PORT }, periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 6 },
    volumeMounts: [
      { name: "files", mountPath: FILES, readOnly: true },
      AUTHORITY_MOUNT,
      { name: "login", mountPath: folderOf(PASSFILE), readOnly: true },
    ],
  });

const PORT = IntOrString.fromString("metrics");

/** Without a password, so that the driver looks into PGPASSFILE for each connection. */
const DATA_SOURCE =
  `postgres://monitor@${DATABASE.host}:${DATABASE.port}/${DATABASE.name}` +
  `?sslmode=verify-full&sslrootcert=${PATHS.authority}&application_name=${EXPORTER.name}&connect_timeout=5`;

const volumes = (): Volume[] => [
  { name: "files", configMap: { name: EXPORTER.name, defaultMode: GROUP_READABLE } },
  {
    name: "credential",
    secret: {
      secretName: secretName("monitor"),
      defaultMode: GROUP_READABLE,
      items: [{ key: CREDENTIAL_KEYS.password, path: CREDENTIAL_KEYS.password }],
    },
  },
  AUTHORITY_VOLUME,
  scratch("login", Size.mebibytes(1)),
];

const folderOf = (file: string) => file.slice(0, file.lastIndexOf("/"));
