import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { execute } from "../../../lib/deploy/kubectl";
import { startCaller } from "../callers";
import type { Case, E2e } from "../case";
import { startLoad } from "../load";
import { sharedCluster } from "../shared-cluster";

export const kubelet: Case = {
  name: "kubelet",
  title: "The node's kubelet is killed and started again: no container restarts, and no request fails",
  async run(e2e) {
    const cluster = await sharedCluster(e2e);
    if (!cluster) return e2e.say("skipped: this is not the cluster whose kubelet can be restarted from here");
    const caller = await startCaller(e2e);
    const before = await containers(e2e);
    const loads = [
      await startLoad(e2e, caller, { kind: "read", perSecond: 20 }),
      await startLoad(e2e, caller, { kind: "write", perSecond: 10 }),
    ];
    await sleep(3000);
    const { code, stderr } = await execute(cluster, ["restart", "kubelet"], { env: e2e.kubectl.env });
    assert.equal(code, 0, stderr);
    await sleep(SETTLE_MILLISECONDS);
    const reports = [];
    for (const load of loads) reports.push(await load.stop());
    e2e.evidence((await containers(e2e)).join("\n"));
    assert.deepEqual(await containers(e2e), before, "containers were restarted or replaced");
    assert.deepEqual(
      reports.flatMap(({ failures }) => failures),
      [],
      "requests failed",
    );
    await caller.remove();
  },
};

/** By then every probe has run twice. */
const SETTLE_MILLISECONDS = 30_000;

/** Every container of the namespace by its id. */
async function containers({ kubectl }: E2e): Promise<string[]> {
  const pods = await kubectl.list("pods");
  return pods.flatMap(({ metadata, status }) =>
    ((status?.containerStatuses ?? []) as readonly { name: string; containerID: string; restartCount: number }[]).map(
      ({ name, containerID, restartCount }) => `${metadata.name} ${name} ${containerID}, restarts ${restartCount}`,
    ),
  );
}
