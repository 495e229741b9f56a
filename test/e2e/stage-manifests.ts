import { mkdtemp } from "node:fs/promises";
import * as path from "node:path";
import { assemble, manifests } from "../../lib/app";
import type { Release } from "../../lib/charts/stage-chart";
import { type ManifestFile, readManifests } from "../../lib/deploy/manifests";
import type { Credentials } from "../../lib/secrets/credentials";
import type { Stage } from "../../lib/stages/stage";
import { readMigrations } from "../../lib/synth/inputs";
import type { E2e } from "./case";
import { deployedCredentials } from "./rotation";
import { runnable } from "./runnable";

/** Tells whether a stage pulls its images by digest, as all but dev do. */
export const isPinned = ({ service }: Stage) => service.image.reference.includes("@sha256:");

/**
 * Writes the manifests of a stage that nobody has a file for, in the group's namespace; each call into a folder of its own.
 * Generated credentials are dev's, but for those given as `own`. A stage with pinned images is made `runnable`.
 */
export async function writeManifests(
  e2e: E2e,
  release: Omit<Release, "namespace" | "credentials">,
  own: Partial<Credentials> = {},
): Promise<readonly ManifestFile[]> {
  const { stage } = release;
  const folder = await mkdtemp(path.join(e2e.folder, `${e2e.namespace}-`));
  const generated = stage.secrets.kind === "generated" && {
    credentials: { ...(await deployedCredentials(e2e)), ...own },
  };
  const app = assemble({ ...release, namespace: e2e.namespace, ...generated });
  for (const { path: file, text } of manifests(app)) {
    await e2e.write(path.join(path.basename(folder), file), isPinned(stage) ? runnable(text) : text);
  }
  return await readManifests(path.join(folder, stage.name));
}

/** The manifests of such a stage with this release's migrations. */
export const stageFiles = (e2e: E2e, stage: Stage, own?: Partial<Credentials>) =>
  writeManifests(e2e, { stage, migrations: readMigrations(path.join(e2e.root, "migrations")) }, own);
