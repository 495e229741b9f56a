import { strict as assert } from "node:assert";
import * as path from "node:path";
import { byNamespace } from "../../lib/deploy/by-namespace";
import type { Kubectl } from "../../lib/deploy/kubectl";
import { readManifests } from "../../lib/deploy/manifests";
import type { E2e } from "./case";

/**
 * Has the API server check every object of a synthesized folder, in a namespace that has none of them yet.
 * @throws AssertionError if it refuses one, or warns
 */
export async function assertAdmitted(e2e: E2e, kubectl: Kubectl, folder: string): Promise<void> {
  const files = await readManifests(folder);
  const [first] = files;
  // The namespace's own labels decide what is admitted, so this one object is made.
  await kubectl.run(["apply", `--filename=${first?.path}`]);
  const stage = path.basename(folder);
  for (const { there, own } of byNamespace(files, kubectl, ({ objects }) => objects)) {
    const names = own.map((file) => `--filename=${file.path}`);
    const { code, stdout, stderr } = await there.try(["apply", "--dry-run=server", ...names]);
    e2e.evidence(`${stage}:\n${stdout}${stderr}`);
    assert.equal(code, 0, `the API server refuses ${stage}: ${stderr}`);
    assert.equal(stderr.trim(), "", `the API server warns of ${stage}: ${stderr}`);
  }
}
