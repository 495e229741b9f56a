import { access } from "node:fs/promises";
import * as path from "node:path";
import { synthesize } from "../../../lib/app";
import { ALL_STAGES } from "../../../lib/stages";
import { drillNamespace } from "../../../lib/stages/drill-namespace";
import type { Stage } from "../../../lib/stages/stage";
import { readMigrations } from "../../../lib/synth/inputs";
import { assertAdmitted } from "../admission";
import type { Case, E2e } from "../case";
import { claimNamespace, removeAtEnd, waitUntilGone } from "../namespaces";
import { needsDefinitions } from "../operators";

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
  const unneeded = () => (needsDefinitions(e2e) ? [] : added);
  e2e.shared.cleanUp(
    what,
    // kubectl's own waiting ended with 1 and no message where 25 of them took their time.
    async () => {
      const names = unneeded();
      if (names.length === 0) return;
      await e2e.kubectl.run(["delete", "customresourcedefinitions", ...names, "--ignore-not-found", "--wait=false"]);
    },
    () =>
      waitUntilGone(what, async () => (await definitionNames(e2e)).filter((name) => unneeded().includes(name)), e2e),
  );
}

const definitionNames = async ({ kubectl }: E2e) =>
  (await kubectl.list("customresourcedefinitions")).map(({ metadata }) => metadata.name);

/** Into a namespace of the stage's own kind: dev's objects must not stand in for its own. */
async function admit(stage: Stage, e2e: E2e): Promise<void> {
  const namespace = `${e2e.namespace}-${stage.name}`;
  await claimNamespace(namespace, e2e);
  removeAtEnd(drillNamespace(stage, namespace), e2e);
  const files = synthesize([{ stage, namespace, migrations: readMigrations(path.join(e2e.root, "migrations")) }]);
  for (const file of files) await e2e.write(file.path, file.text);
  await assertAdmitted(e2e, e2e.kubectl.in(namespace), path.join(e2e.folder, stage.name));
}
