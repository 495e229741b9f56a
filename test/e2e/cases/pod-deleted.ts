import { strict as assert } from "node:assert";
import { look } from "../../../lib/deploy/deploy";
import type { KubeObject } from "../../../lib/deploy/kubectl";
import { storeAssessment } from "../assessment";
import { call, startCaller } from "../callers";
import type { Case, E2e } from "../case";
import { query } from "../database";

export const podDeleted: Case = {
  name: "pod-deleted",
  title: "After postgres-0 is deleted the data is there, and data-svc is ready again by itself, without a restart",
  async run(e2e) {
    const caller = await startCaller(e2e);
    const { id } = await storeAssessment(e2e, caller);
    const [before, services] = [await e2e.kubectl.get("pod/postgres-0"), await servicePods(e2e)];

    const began = performance.now();
    await e2e.kubectl.run(["delete", "pod", "postgres-0", "--wait=false"]);
    await untilReplaced(e2e, before);
    await e2e.wait({
      what: "statefulset/postgres",
      seconds: 180,
      poll: () => look("statefulset/postgres", e2e.kubectl),
    });
    await e2e.wait({ what: "deployment/data-svc", seconds: 60, poll: () => look("deployment/data-svc", e2e.kubectl) });
    e2e.evidence(`everything was ready again after ${((performance.now() - began) / 1000).toFixed(1)} s`);

    const rows = await query(e2e, `select id, risk_level from assessments where id = '${id}'`);
    e2e.evidence(`the row that was written before: ${rows.join(" ")}`);
    assert.equal(rows.length, 1, "the row that was written before is gone");
    await call(e2e, caller, "/readyz");
    await storeAssessment(e2e, caller);
    e2e.evidence((await servicePods(e2e)).join("\n"));
    assert.deepEqual(await servicePods(e2e), services, "data-svc's pods were restarted or replaced");
    await caller.remove();
  },
};

async function untilReplaced(e2e: E2e, before: KubeObject | undefined): Promise<void> {
  await e2e.wait({
    what: "a new pod/postgres-0",
    seconds: 150,
    async poll() {
      const now = await e2e.kubectl.get("pod/postgres-0");
      const replaced = now !== undefined && now.metadata.uid !== before?.metadata.uid;
      return { state: replaced ? "ready" : "waiting", detail: "the old one is still stopping" };
    },
  });
}

/** data-svc's pods with how often they restarted. */
async function servicePods({ kubectl }: E2e): Promise<string[]> {
  const pods = await kubectl.list("pods", "app=data-svc");
  return pods.map(({ metadata, status }) => {
    const [container] = (status?.containerStatuses ?? []) as readonly { restartCount: number }[];
    return `${metadata.name} ${metadata.uid}, restarts ${container?.restartCount}`;
  });
}
