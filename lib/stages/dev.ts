import { DEV_IMAGE } from "../contract";
import { guaranteed } from "./resources";
import { shared } from "./shared";
import type { Stage } from "./stage";

/** One person's cluster, for instance k3d: images loaded by hand, generated credentials, test users. */
export const dev = {
  name: "dev",
  namespace: shared.namespace,
  limits: {
    quota: {
      requests: { cpu: "4", memory: "4Gi", ephemeralStorage: "8Gi" },
      limits: { cpu: "8", memory: "8Gi", ephemeralStorage: "8Gi" },
      pods: 30,
    },
    container: {
      min: { cpu: "10m", memory: "16Mi", ephemeralStorage: "8Mi" },
      max: { cpu: "2", memory: "2Gi", ephemeralStorage: "2Gi" },
    },
  },
  secrets: { kind: "generated" },
  certificate: { kind: "generated" },
  config: {
    services: shared.services,
    session: { ...shared.session, cookie: { ...shared.cookie, secure: false } },
    logLevel: "debug",
  },
  network: shared.network,
  engine: "statefulset",
  database: {
    ...shared.database,
    image: { reference: "postgres:16-alpine", pullPolicy: "IfNotPresent" },
    resources: guaranteed({ cpu: "500m", memory: "256Mi", ephemeralStorage: "2Gi" }),
    storage: "10Gi",
    whenDeleted: "Delete",
  },
  clients: [{ ...shared.clients["auth-svc"], connections: 2 }],
  backup: {
    resources: shared.backup.resources,
    retries: shared.backup.retries,
    // Daily, so that an idle cluster stays idle.
    schedule: "7 3 * * *",
    deadlineSeconds: 1800,
    scratch: "10Gi",
    target: { kind: "volume", storage: "10Gi", keep: { daily: 7, weekly: 5, monthly: 12 } },
    recipients: { kind: "generated" },
    drill: { ...shared.backup.drill, schedule: "37 3 * * 0", deadlineSeconds: 1800, storage: "20Gi" },
  },
  migration: { ...shared.migration, testUsers: true, deadlineSeconds: 600 },
  service: {
    ...shared.service,
    image: { reference: DEV_IMAGE, pullPolicy: "IfNotPresent" },
    resources: guaranteed({ cpu: "250m", memory: "256Mi", ephemeralStorage: "64Mi" }),
    // Two, so that dev has prod's disruption budget, spread and handover.
    replicas: 2,
    minAvailable: 1,
    poolSize: 3,
  },
  // A bare cluster serves no monitors.
  monitoring: { kind: "none" },
} satisfies Stage;
