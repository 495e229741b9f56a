import { strict as assert } from "node:assert";
import { access, mkdir } from "node:fs/promises";
import * as path from "node:path";
import { synthesize } from "../../../lib/app";
import { ALL_STAGES } from "../../../lib/stages";
import type { Stage } from "../../../lib/stages/stage";
import { readMigrations } from "../../../lib/synth/inputs";
import type { Case, E2e } from "../case";
import { claimNamespace, waitUntilGone } from "../namespaces";

export const otherStages: Case = {
  name: "other-stages",
  title: "The API server admits every object of staging and prod, custom resources too, without a warning",
  async run(e2e) {
    await applyDefinitions(e2e);
    for (const stage of ALL_STAGES.filter(({ name }) => name !== "dev")) await admit(stage, e2e);
  },
};

/** Custom resource definitions of the operators that the stages use, where they lie beside the project. */
async function applyDefinitions(e2e: E2e): Promise<void> {
  const folder = path.resolve(e2e.root, "..", "shared", "crds");
  const there = await access(folder).then(
    () => true,
    () => false,
  );
  if (!there) {
    e2e.say(
      `${path.relative(e2e.root, folder)} is not there; the cluster must have the operators' definitions already`,
    );
    return;
  }
  const before = new Set(await definitionNames(e2e));
  const answer = await e2e.kubectl.run(["apply", "--server-side", `--filename=${folder}`]);
  e2e.evidence(answer);
  const added = (await definitionNames(e2e)).filter((name) => !before.has(name));
  if (added.length === 0) return;
  const what = `${added.length} custom resource definitions`;
  e2e.cleanUp(
    what,
    // kubectl's own waiting ended with 1 and no message where 25 of them took their time.
    () => e2e.kubectl.run(["delete", "customresourcedefinitions", ...added, "--ignore-not-found", "--wait=false"]),
    () => waitUntilGone(what, async () => (await definitionNames(e2e)).filter((name) => added.includes(name)), e2e),
  );
}

const definitionNames = async ({ kubectl }: E2e) =>
  (await kubectl.list("customresourcedefinitions")).map(({ metadata }) => metadata.name);

/** A dry run into an empty namespace of the stage's own kind: dev's objects must not stand in for its own. */
async function admit(stage: Stage, e2e: E2e): Promise<void> {
  const namespace = `${e2e.namespace}-${stage.name}`;
  await claimNamespace(namespace, e2e);
  const folder = path.join(e2e.folder, stage.name);
  await mkdir(folder, { recursive: true });
  const files = synthesize([{ stage, namespace, migrations: readMigrations(path.join(e2e.root, "migrations")) }]);
  for (const file of files) await e2e.write(file.path, file.text);

  const kubectl = e2e.kubectl.in(namespace);
  // The namespace's own labels decide what is admitted, so this one object is made.
  await kubectl.run(["apply", `--filename=${path.join(e2e.folder, files[0]?.path ?? "")}`]);
  const { code, stdout, stderr } = await kubectl.try(["apply", "--dry-run=server", `--filename=${folder}`]);
  e2e.evidence(`${stage.name}:\n${stdout}${stderr}`);
  assert.equal(code, 0, `the API server refuses ${stage.name}: ${stderr}`);
  assert.equal(stderr.trim(), "", `the API server warns of ${stage.name}: ${stderr}`);
}
