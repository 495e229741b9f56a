import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import type { ManifestFile } from "../../../lib/deploy/manifests";
import { synthesize } from "../../../lib/deploy/synthesize";
import type { Case, E2e } from "../case";

export const synth: Case = {
  name: "synth",
  title: "Synthesizing dev twice gives the same bytes",
  setsUp: true,
  async run(e2e) {
    e2e.files = await synthesizeInto("first", e2e);
    assert.deepEqual(await contents(await synthesizeInto("second", e2e)), await contents(e2e.files));
    for (const { path: file, objects } of e2e.files) {
      const names = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
      e2e.evidence(`${path.basename(file)}: ${names.join(" ")}`);
    }
  },
};

/** Dev's manifests, written into a folder of their own. */
async function synthesizeInto(
  name: string,
  { root, folder, kubectl, namespace }: E2e,
): Promise<readonly ManifestFile[]> {
  const env = { ...kubectl.env, NAMESPACE: namespace, CDK8S_OUTDIR: path.join(folder, name) };
  return await synthesize({ root, stage: "dev", env });
}

const contents = (files: readonly ManifestFile[]) =>
  Promise.all(files.map(async (file) => [path.basename(file.path), await readFile(file.path, "utf8")]));
