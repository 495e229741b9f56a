import type { Case } from "../case";
import { deployStage, timeDeployment } from "../deploy-stage";
import { LIGHT } from "../light-stage";
import { claimNamespace } from "../namespaces";

export const deployDev: Case = {
  name: "deploy",
  title: "Dev is applied in order, and every step becomes ready",
  setsUp: true,
  async run(e2e) {
    await claimNamespace(e2e.namespace, e2e);
    await timeDeployment(e2e);
  },
};

/** Deploys for a group of cases beside others. */
export const deployFor = (group: string): Case => ({
  name: `deploy-${group}`,
  title: `Dev with small CPU requests becomes ready in the namespace of the group ${group}`,
  setsUp: true,
  run: (e2e) => deployStage(e2e, LIGHT),
});
