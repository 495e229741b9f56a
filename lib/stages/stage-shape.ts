import type { AppConfig } from "../contract";
import { byKind, flag, listOf, number, object, oneOf, optional, type Shape, text } from "./shape";
import type { Amounts, DatabaseStage, Image, NameServer, Resources, ServiceStage, Stage, StageName } from "./stage";

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
const nameServer = byKind<NameServer>({
  pods: object({ kind: oneOf("pods"), namespace: text, label }),
  addresses: object({ kind: oneOf("addresses"), cidr: text }),
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
  network: object({ dns: listOf(nameServer), monitoringNamespace: text, callers: listOf(text) }),
  database: object<DatabaseStage>({
    image,
    resources,
    reloader: resources,
    storage: text,
    storageClass: optional(text),
    whenDeleted: oneOf("Retain", "Delete"),
    stopGraceSeconds: number,
  }),
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
    drainSeconds: number,
    stopGraceSeconds: number,
  }),
});
