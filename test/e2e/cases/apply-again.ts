import { strict as assert } from "node:assert";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Kubectl, KubeObject } from "../../../lib/deploy/kubectl";
import type { Case } from "../case";

const SETTLE_MILLISECONDS = 5000;

export const applyAgain: Case = {
  name: "apply-again",
  title: "Applying the same release again changes nothing: no object, no pod, no Job",
  async run(e2e) {
    const folder = path.dirname(e2e.files[0]?.path ?? "");
    const before = await snapshot(e2e.kubectl);
    const applied = await e2e.kubectl.run(["apply", `--filename=${folder}`]);
    e2e.evidence(`$ kubectl apply -f dist/dev/\n${applied}`);
    for (const line of applied.trim().split("\n")) assert.match(line, / unchanged$/);

    const diff = await e2e.kubectl.try(["diff", `--filename=${folder}`]);
    e2e.evidence(`$ kubectl diff -f dist/dev/ (exit code ${diff.code})\n${diff.stdout}${diff.stderr}`);
    assert.equal(diff.code, 0, "kubectl diff finds differences");

    await sleep(SETTLE_MILLISECONDS);
    const after = await snapshot(e2e.kubectl);
    e2e.evidence(after.join("\n"));
    assert.deepEqual(after, before);
  },
};

/** Every pod with its restarts, every Job, and the revisions that controllers have made. */
async function snapshot(kubectl: Kubectl): Promise<string[]> {
  const kinds = ["pods", "jobs", "replicasets", "controllerrevisions"];
  const objects = (await Promise.all(kinds.map((kind) => kubectl.list(kind)))).flat();
  return objects
    .map((object) => `${object.kind} ${object.metadata.name} ${object.metadata.uid}${restarts(object)}`)
    .sort();
}

function restarts({ status }: KubeObject): string {
  const containers = status?.containerStatuses as readonly { restartCount: number }[] | undefined;
  return containers ? `, restarts ${containers.map(({ restartCount }) => restartCount).join("+")}` : "";
}
