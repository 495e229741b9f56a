import { strict as assert } from "node:assert";
import type { Case, E2e } from "../case";
import { follow, runbook } from "../runbook";

export const prune: Case = {
  name: "prune",
  title: "A pruning apply, as the runbook has it, removes what this installation no longer has, and nothing of another",
  async run(e2e) {
    await applyLabelled(e2e, "e2e-former", e2e.namespace);
    await applyLabelled(e2e, "e2e-neighbour", `${e2e.namespace}-neighbour`);
    for (const block of await runbook(e2e, "Removing what a release no longer has")) {
      const { stdout } = await follow(e2e, block);
      const pruned = stdout.split("\n").filter((line) => / pruned$/.test(line));
      assert.deepEqual(pruned, ["configmap/e2e-former pruned"]);
    }
    assert.ok(await e2e.kubectl.get("configmap/e2e-neighbour"), "another installation's object was removed");
    await e2e.type("kubectl get statefulset/postgres deployment/data-svc");
  },
};

async function applyLabelled(e2e: E2e, name: string, installation: string): Promise<void> {
  e2e.cleanUp(`configmap ${name}`, () => e2e.kubectl.run(["delete", "configmap", name, "--ignore-not-found"]));
  const metadata = { name, labels: { "diabrisk.io/installation": installation } };
  await e2e.apply({ apiVersion: "v1", kind: "ConfigMap", metadata });
}
