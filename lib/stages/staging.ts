import { guaranteed } from "./resources";
import { shared } from "./shared";
import type { Stage } from "./stage";

/** Rehearses prod: its images, its secrets store, its rules, on less hardware. */
export const staging = {
  name: "staging",
  namespace: shared.namespace,
  limits: {
    quota: {
      requests: { cpu: "8", memory: "16Gi", ephemeralStorage: "16Gi" },
      limits: { cpu: "16", memory: "24Gi", ephemeralStorage: "32Gi" },
      pods: 50,
    },
    container: {
      min: { cpu: "10m", memory: "16Mi", ephemeralStorage: "8Mi" },
      max: { cpu: "4", memory: "8Gi", ephemeralStorage: "4Gi" },
    },
  },
  secrets: { kind: "external", store: "diabrisk", path: "diabrisk/staging", refreshInterval: "1h" },
  certificate: { kind: "cert-manager", issuer: "diabrisk", issuerKind: "ClusterIssuer" },
  config: {
    services: shared.services,
    session: { ...shared.session, cookie: { ...shared.cookie, secure: true } },
    logLevel: "info",
  },
  network: shared.network,
  engine: "statefulset",
  database: {
    ...shared.database,
    resources: guaranteed({ cpu: "1", memory: "1Gi", ephemeralStorage: "4Gi" }),
    storage: "20Gi",
    whenDeleted: "Retain",
  },
  clients: [{ ...shared.clients["auth-svc"], connections: 10 }],
  backup: {
    resources: shared.backup.resources,
    retries: shared.backup.retries,
    schedule: "7 3 * * *",
    deadlineSeconds: 7200,
    scratch: "20Gi",
    target: { ...shared.backup.bucket, bucket: "diabrisk-backups-staging", prefix: "postgres", keepDays: 35 },
    recipients: shared.backup.recipients,
    drill: { ...shared.backup.drill, schedule: "37 4 * * 0", deadlineSeconds: 14_400, storage: "40Gi" },
  },
  migration: { ...shared.migration, testUsers: false, deadlineSeconds: 1800 },
  service: {
    ...shared.service,
    resources: guaranteed({ cpu: "250m", memory: "384Mi", ephemeralStorage: "128Mi" }),
    replicas: 2,
    minAvailable: 1,
    poolSize: 10,
  },
  monitoring: { ...shared.monitoring, backupHours: 26 },
} satisfies Stage;
