import { strict as assert } from "node:assert";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { asked } from "../../../lib/deploy/apply";
import type { Kubectl, KubeObject } from "../../../lib/deploy/kubectl";
import type { Case } from "../case";
import { restartsOf } from "../pods";

const SETTLE_MILLISECONDS = 5000;

/**
 * kubectl says "configured" of these whatever happens: it always sends a budget's selector whole, and the API server finds
 * that it has it already.
 */
const SENT_ANYWAY = /^poddisruptionbudget\.policy\/\S+ configured$/;

export const applyAgain: Case = {
  name: "apply-again",
  title: "Applying the same release again changes nothing: no object, no pod, no Job",
  async run(e2e) {
    const folder = path.dirname(e2e.files[0]?.path ?? "");
    const [objects, made] = [await applied(e2e.kubectl, folder), await makings(e2e.kubectl)];

    const { stdout } = await e2e.type(`kubectl apply -f ${folder}`);
    const changed = stdout
      .trim()
      .split("\n")
      .filter((line) => !/ unchanged$/.test(line) && !SENT_ANYWAY.test(line));
    assert.deepEqual(changed, [], "kubectl apply changed objects");
    await e2e.type(`kubectl diff -f ${folder}`);

    await sleep(SETTLE_MILLISECONDS);
    assert.deepEqual(await applied(e2e.kubectl, folder), objects);
    e2e.evidence(`${objects.length} objects are what they were: specification, data, labels, annotations, generation`);
    e2e.evidence((await makings(e2e.kubectl)).join("\n"));
    assert.deepEqual(await makings(e2e.kubectl), made);
  },
};

/** The objects of the manifests as the cluster has them, without what its controllers write. */
async function applied(kubectl: Kubectl, folder: string): Promise<unknown[]> {
  const { items } = JSON.parse(await kubectl.run(["get", `--filename=${folder}`, "--output=json"])) as {
    items: KubeObject[];
  };
  return items.map(asked);
}

/** What controllers made of them: every pod with its restarts, every Job, every revision. */
async function makings(kubectl: Kubectl): Promise<string[]> {
  const kinds = ["pods", "jobs", "replicasets", "controllerrevisions"];
  const objects = (await Promise.all(kinds.map((kind) => kubectl.list(kind)))).flat();
  return objects.map((one) => `${one.kind} ${one.metadata.name} ${one.metadata.uid}${restarts(one)}`).sort();
}

const restarts = (one: KubeObject) => (one.kind === "Pod" ? `, restarts ${restartsOf(one)}` : "");
