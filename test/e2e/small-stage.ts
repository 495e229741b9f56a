import { mkdir } from "node:fs/promises";
import * as path from "node:path";
import { assemble, manifests } from "../../lib/app";
import { deploy } from "../../lib/deploy/deploy";
import { readManifests } from "../../lib/deploy/manifests";
import { dev } from "../../lib/stages/dev";
import type { DatabaseStage, Resources, Stage } from "../../lib/stages/stage";
import { sqlDigest } from "../../lib/synth/sql-digest";
import type { E2e } from "./case";
import { claimNamespace } from "./namespaces";
import { deployedCredentials } from "./rotation";

/** Deploys dev once more into a namespace of its own, with another database volume, one pod of data-svc, and room for both on a small node. */
export async function deploySmall(
  e2e: E2e,
  name: string,
  volume: Pick<DatabaseStage, "storage" | "storageClass">,
): Promise<E2e> {
  const namespace = `${e2e.namespace}-${name}`;
  await claimNamespace(namespace, e2e);
  const credentials = await deployedCredentials(e2e);
  const app = assemble({
    stage: small(volume),
    sqlDigest: sqlDigest(path.join(e2e.root, "migrations")),
    credentials,
    namespace,
  });
  const folder = path.join(e2e.folder, name, dev.name);
  await mkdir(folder, { recursive: true });
  for (const { path: file, text } of manifests(app)) await e2e.write(path.join(name, file), text);
  const other = e2e.in(namespace, await readManifests(folder));
  await deploy({ kubectl: other.kubectl, files: other.files, say: (line) => e2e.say(line), signal: e2e.signal });
  return other;
}

function small(volume: Pick<DatabaseStage, "storage" | "storageClass">): Stage {
  const { minAvailable, ...service } = dev.service;
  return {
    ...dev,
    database: { ...dev.database, ...volume, resources: light(dev.database.resources) },
    migration: { ...dev.migration, resources: light(dev.migration.resources) },
    service: { ...service, replicas: 1, resources: light(dev.service.resources) },
  };
}

const light = ({ requests, limits }: Resources): Resources => ({ requests: { ...requests, cpu: "50m" }, limits });
