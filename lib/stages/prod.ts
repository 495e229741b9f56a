import { guaranteed } from "./resources";
import { shared } from "./shared";
import type { Stage } from "./stage";

/** The stage that patients use. */
export const prod = {
  name: "prod",
  namespace: shared.namespace,
  limits: {
    quota: {
      requests: { cpu: "24", memory: "64Gi", ephemeralStorage: "32Gi" },
      limits: { cpu: "48", memory: "96Gi", ephemeralStorage: "64Gi" },
      pods: 100,
    },
    container: {
      min: { cpu: "10m", memory: "16Mi", ephemeralStorage: "8Mi" },
      max: { cpu: "8", memory: "32Gi", ephemeralStorage: "8Gi" },
    },
  },
  secrets: { kind: "external", store: "diabrisk", path: "diabrisk/prod", refreshInterval: "1h" },
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
    resources: guaranteed({ cpu: "2", memory: "4Gi", ephemeralStorage: "8Gi" }),
    storage: "100Gi",
    whenDeleted: "Retain",
  },
  clients: [{ ...shared.clients["auth-svc"], connections: 10 }],
  backup: {
    retries: shared.backup.retries,
    schedule: "7 * * * *",
    // Less than an hour, so that one backup has ended before the next.
    deadlineSeconds: 3300,
    resources: guaranteed({ cpu: "2", memory: "512Mi", ephemeralStorage: "64Mi" }),
    scratch: "100Gi",
    target: { ...shared.backup.bucket, bucket: "diabrisk-backups-prod", prefix: "postgres", keepDays: 400 },
    recipients: shared.backup.recipients,
    drill: {
      schedule: "37 4 * * 0",
      deadlineSeconds: 28_800,
      resources: guaranteed({ cpu: "2", memory: "2Gi", ephemeralStorage: "64Mi" }),
      storage: "200Gi",
    },
  },
  migration: { ...shared.migration, testUsers: false, deadlineSeconds: 3600 },
  service: {
    ...shared.service,
    resources: guaranteed({ cpu: "500m", memory: "512Mi", ephemeralStorage: "256Mi" }),
    replicas: 3,
    minAvailable: 2,
    poolSize: 10,
  },
  monitoring: { ...shared.monitoring, backupHours: 2 },
} satisfies Stage;
