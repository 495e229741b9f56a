import { dev } from "../../lib/stages/dev";
import type { DatabaseStage, Resources, Stage } from "../../lib/stages/stage";

const light = ({ requests, limits }: Resources): Resources => ({ requests: { ...requests, cpu: "25m" }, limits });

/**
 * Dev with small CPU requests, so that a node of two cores has room for several. The limits stay dev's, and with them the
 * server's settings and what its containers may use.
 */
export const LIGHT: Stage = {
  ...dev,
  database: { ...dev.database, resources: light(dev.database.resources), reloader: light(dev.database.reloader) },
  backup: {
    ...dev.backup,
    resources: light(dev.backup.resources),
    drill: { ...dev.backup.drill, resources: light(dev.backup.drill.resources) },
  },
  migration: { ...dev.migration, resources: light(dev.migration.resources) },
  service: { ...dev.service, resources: light(dev.service.resources) },
};

/** A stage with another database volume, and one pod of data-svc. */
export function alone(stage: Stage, volume: Pick<DatabaseStage, "storage" | "storageClass">): Stage {
  const { minAvailable, ...service } = stage.service;
  return { ...stage, database: { ...stage.database, ...volume }, service: { ...service, replicas: 1 } };
}
