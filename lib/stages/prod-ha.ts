import { prod } from "./prod";
import { guaranteed } from "./resources";
import { shared } from "./shared";
import type { Stage } from "./stage";

/** prod with an engine that survives the loss of a node. */
export const prodHa = {
  ...prod,
  name: "prod-ha",
  limits: {
    ...prod.limits,
    quota: {
      ...prod.limits.quota,
      // Room for three instances, and for one that is being made.
      requests: { ...prod.limits.quota.requests, ephemeralStorage: "64Gi" },
      limits: { ...prod.limits.quota.limits, ephemeralStorage: "96Gi" },
    },
  },
  secrets: { ...prod.secrets, path: "diabrisk/prod-ha" },
  engine: "cloudnative-pg",
  cluster: {
    ...shared.cluster,
    instances: 3,
    synchronous: { number: 1, dataDurability: "required", failoverQuorum: true },
    disruptionBudgets: true,
    walStorage: "20Gi",
    archive: {
      target: { ...shared.cluster.archive.target, bucket: "diabrisk-archive-prod-ha", prefix: "postgres" },
      lineage: "postgres-1",
      schedule: "0 37 1 * * *",
      keepDays: 30,
      resources: guaranteed({ cpu: "500m", memory: "512Mi", ephemeralStorage: "64Mi" }),
      drill: {
        // After Sunday's drill of the dump, whose deadline is at noon.
        schedule: "37 13 * * 0",
        deadlineSeconds: 28_800,
        resources: guaranteed({ cpu: "250m", memory: "256Mi", ephemeralStorage: "64Mi" }),
      },
    },
  },
  backup: { ...prod.backup, target: { ...prod.backup.target, bucket: "diabrisk-backups-prod-ha" } },
} satisfies Stage;
