import { deploy } from "../../../lib/deploy/deploy";
import type { Case } from "../case";
import { claimNamespace } from "../namespaces";

export const deployDev: Case = {
  name: "deploy",
  title: "Dev is applied in order, and every step becomes ready",
  setsUp: true,
  async run(e2e) {
    await claimNamespace(e2e.namespace, e2e);
    const began = performance.now();
    const kubectl = e2e.kubectl.in(e2e.namespace);
    await deploy({ kubectl, files: e2e.files, say: (line) => e2e.say(line), signal: e2e.signal });
    e2e.evidence(`dev was up after ${((performance.now() - began) / 1000).toFixed(1)} s`);
  },
};
