import { type AppConfig, type ClientTable, OPERATIONS } from "../contract";
import { byKind, flag, listOf, number, object, oneOf, optional, recordOf, type Shape, text } from "./shape";
import type {
  Amounts,
  ArchiveDrillStage,
  ArchiveStage,
  BackupStage,
  CallerStage,
  ClientStage,
  ClusterStage,
  DatabaseStage,
  Image,
  Peer,
  PrometheusStage,
  Resources,
  ServiceStage,
  Stage,
  StageName,
  SynchronousStage,
  VolumeTarget,
} from "./stage";

const amounts = object<Amounts>({ cpu: text, memory: text, ephemeralStorage: text });
const resources = object<Resources>({ requests: amounts, limits: amounts });
const image = object<Image>({ reference: text, pullPolicy: oneOf("Always", "IfNotPresent") });

const appConfig = object<AppConfig>({
  services: object({ "auth-svc": text, "ml-api": text, "api-gateway": text, frontend: text, "data-svc": text }),
  session: object({
    lifetimeSeconds: number,
    idleTimeoutSeconds: number,
    cookie: object({ name: text, secure: flag, httpOnly: flag, sameSite: oneOf("strict", "lax", "none") }),
  }),
  logLevel: oneOf("trace", "debug", "info", "warn", "error", "fatal"),
});

const label: Shape<readonly [string, string]> = (field, value) =>
  Array.isArray(value) && value.length === 2
    ? value.flatMap((part, index) => text(`${field}[${index}]`, part))
    : [`${field} is ${JSON.stringify(value)}. Set it to a list of a label's name and value.`];
const peer = byKind<Peer>({
  pods: object({ kind: oneOf("pods"), namespace: text, label }),
  addresses: object({ kind: oneOf("addresses"), cidr: text }),
});

const cluster = object<ClusterStage>({
  image,
  instances: number,
  synchronous: optional(
    object<SynchronousStage>({
      number,
      dataDurability: oneOf("required", "preferred"),
      failoverQuorum: flag,
    }),
  ),
  nodeEach: flag,
  disruptionBudgets: flag,
  walStorage: text,
  archive: optional(
    object<ArchiveStage>({
      target: object({ endpoint: text, region: text, bucket: text, prefix: text, network: listOf(peer) }),
      lineage: text,
      schedule: text,
      keepDays: number,
      resources,
      drill: optional(object<ArchiveDrillStage>({ schedule: text, deadlineSeconds: number, resources })),
    }),
  ),
  operatorNamespace: text,
});

/** Only their shape: which tables and columns there are is told by `check`, whose messages say what to do. */
const tables: Shape<ClientStage["tables"]> = recordOf(
  object<ClientTable>({
    select: optional(listOf(text)),
    insert: optional(listOf(text)),
    update: optional(listOf(text)),
    delete: optional(flag),
  }),
);
const client = object<ClientStage>({ app: text, role: text, tables, connections: number });

const backup = object<BackupStage>({
  schedule: text,
  deadlineSeconds: number,
  retries: number,
  resources,
  scratch: text,
  scratchClass: optional(text),
  target: byKind<BackupStage["target"]>({
    volume: object<VolumeTarget>({
      kind: oneOf("volume"),
      storage: text,
      storageClass: optional(text),
      keep: object({ daily: number, weekly: number, monthly: number }),
    }),
    s3: object({
      kind: oneOf("s3"),
      endpoint: text,
      region: text,
      bucket: text,
      prefix: text,
      network: listOf(peer),
      keepDays: number,
    }),
  }),
  recipients: byKind<BackupStage["recipients"]>({
    generated: object({ kind: oneOf("generated") }),
    keys: object({ kind: oneOf("keys"), people: listOf(text), drill: text }),
  }),
  drill: object({ schedule: text, deadlineSeconds: number, resources, storage: text }),
});

/** Any text: which names there are is told by lib/stages/released.ts, whose message says what to do. */
const stageName: Shape<StageName> = (field, value) => text(field, value);

/** `Stage`, for what no compiler has seen: synth runs without one. */
export const stageShape = object<Stage>({
  name: stageName,
  namespace: text,
  contexts: optional(listOf(text)),
  limits: object({
    quota: object({ requests: amounts, limits: amounts, pods: number }),
    container: object({ min: amounts, max: amounts }),
  }),
  secrets: byKind<Stage["secrets"]>({
    generated: object({ kind: oneOf("generated") }),
    external: object({ kind: oneOf("external"), store: text, path: text, refreshInterval: text }),
  }),
  certificate: byKind<Stage["certificate"]>({
    generated: object({ kind: oneOf("generated") }),
    "cert-manager": object({
      kind: oneOf("cert-manager"),
      issuer: text,
      issuerKind: oneOf("ClusterIssuer", "Issuer"),
    }),
  }),
  config: appConfig,
  network: object({
    dns: listOf(peer),
    monitoringNamespace: text,
    apiServer: object({ network: listOf(peer), port: number }),
    callers: listOf(
      object<CallerStage>({
        app: text,
        serviceAccount: optional(text),
        namespace: optional(text),
        may: listOf(oneOf(...OPERATIONS)),
      }),
    ),
  }),
  engine: oneOf("statefulset", "cloudnative-pg"),
  database: object<DatabaseStage>({
    image,
    resources,
    reloader: resources,
    storage: text,
    storageClass: optional(text),
    whenDeleted: oneOf("Retain", "Delete"),
    stopGraceSeconds: number,
  }),
  cluster: optional(cluster),
  clients: listOf(client),
  backup,
  migration: object({
    resources,
    testUsers: flag,
    deadlineSeconds: number,
    retries: number,
    keepFinishedSeconds: number,
  }),
  service: object<ServiceStage>({
    image,
    resources,
    replicas: number,
    minAvailable: optional(number),
    poolSize: number,
    outageWaitSeconds: number,
    drainSeconds: number,
    stopGraceSeconds: number,
  }),
  monitoring: byKind<Stage["monitoring"]>({
    none: object({ kind: oneOf("none") }),
    "prometheus-operator": object<PrometheusStage>({
      kind: oneOf("prometheus-operator"),
      labels: listOf(label),
      exporter: object({ image, resources }),
      backupHours: number,
      drillDays: number,
      runbooks: optional(text),
    }),
  }),
});
