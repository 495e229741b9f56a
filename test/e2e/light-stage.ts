import { mkdtemp } from "node:fs/promises";
import * as path from "node:path";
import { assemble, manifests } from "../../lib/app";
import { type ManifestFile, readManifests } from "../../lib/deploy/manifests";
import { dev } from "../../lib/stages/dev";
import type { DatabaseStage, Resources, Stage } from "../../lib/stages/stage";
import { readMigrations } from "../../lib/synth/inputs";
import type { E2e } from "./case";
import { deployFiles } from "./deployments";
import { claimNamespace } from "./namespaces";
import { deployedCredentials } from "./rotation";

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

/** The same with another database volume, and one pod of data-svc. */
export function alone(volume: Pick<DatabaseStage, "storage" | "storageClass">): Stage {
  const { minAvailable, ...service } = LIGHT.service;
  return { ...LIGHT, database: { ...LIGHT.database, ...volume }, service: { ...service, replicas: 1 } };
}

/** Deploys a stage that nobody has a file for into the group's namespace, with dev's own credentials. */
export async function deployStage(e2e: E2e, stage: Stage): Promise<void> {
  await claimNamespace(e2e.namespace, e2e);
  e2e.stage = stage;
  e2e.files = await stageFiles(e2e, stage);
  const began = performance.now();
  await deployFiles(e2e, e2e.files);
  e2e.evidence(`the stage was up after ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

/** Writes the manifests of such a stage, into a folder of its own. */
export async function stageFiles(e2e: E2e, stage: Stage): Promise<readonly ManifestFile[]> {
  const { namespace } = e2e;
  const migrations = readMigrations(path.join(e2e.root, "migrations"));
  const app = assemble({ stage, migrations, credentials: await deployedCredentials(e2e), namespace });
  const folder = await mkdtemp(path.join(e2e.folder, `${namespace}-`));
  for (const { path: file, text } of manifests(app)) await e2e.write(path.join(path.basename(folder), file), text);
  return await readManifests(path.join(folder, stage.name));
}
