import type { Credentials } from "../../lib/secrets/credentials";
import { drillNamespace } from "../../lib/stages/drill-namespace";
import type { Stage } from "../../lib/stages/stage";
import type { E2e } from "./case";
import { deployFiles } from "./deployments";
import { claimNamespace, removeAtEnd } from "./namespaces";
import { monitoredIfPossible, requireOperators } from "./operators";
import { REPLACED } from "./runnable";
import { fillStore } from "./secret-store";
import { isPinned, stageFiles } from "./stage-manifests";

/**
 * Deploys a stage that nobody has a file for into the group's namespace.
 * @param own generated credentials instead of dev's. @default none
 * @throws Skip if its operators cannot be had
 */
export async function deployStage(e2e: E2e, stage: Stage, own?: Partial<Credentials>): Promise<void> {
  await prepareStage(e2e, stage, own);
  await timeDeployment(e2e);
}

/** Makes the namespace and writes the manifests, and has the cluster ready for them. */
export async function prepareStage(e2e: E2e, given: Stage, own?: Partial<Credentials>): Promise<void> {
  await requireOperators(e2e, given);
  const stage = await monitoredIfPossible(e2e, given);
  await claimNamespace(e2e.namespace, e2e);
  const drills = drillNamespace(stage, e2e.namespace);
  if (drills !== e2e.namespace) removeAtEnd(drills, e2e);
  e2e.stage = stage;
  e2e.files = await stageFiles(e2e, stage, own);
  if (isPinned(stage)) e2e.evidence(REPLACED);
  await fillStore(e2e);
}

/** Deploys the group's manifests, and says how long it took. */
export async function timeDeployment(e2e: E2e): Promise<void> {
  const began = performance.now();
  await deployFiles(e2e, e2e.files);
  e2e.figure("seconds until deployed", Number(((performance.now() - began) / 1000).toFixed(1)));
}
