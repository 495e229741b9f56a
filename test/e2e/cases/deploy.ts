import type { Case } from "../case";
import { deployFiles } from "../deployments";
import { deployStage, LIGHT } from "../light-stage";
import { claimNamespace } from "../namespaces";

export const deployDev: Case = {
  name: "deploy",
  title: "Dev is applied in order, and every step becomes ready",
  setsUp: true,
  async run(e2e) {
    await claimNamespace(e2e.namespace, e2e);
    const began = performance.now();
    await deployFiles(e2e, e2e.files);
    e2e.evidence(`dev was up after ${((performance.now() - began) / 1000).toFixed(1)} s`);
  },
};

/** Deploys for a group of cases beside others. */
export const deployFor = (group: string): Case => ({
  name: `deploy-${group}`,
  title: `Dev with small CPU requests becomes ready in the namespace of the group ${group}`,
  setsUp: true,
  run: (e2e) => deployStage(e2e, LIGHT),
});
