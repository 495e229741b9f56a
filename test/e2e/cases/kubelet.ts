import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { execute } from "../../../lib/deploy/kubectl";
import { startCaller } from "../callers";
import { type Case, type E2e, Skip } from "../case";
import { type ServicePod, servicePods } from "../deployments";
import { assertOnly, startLoad, untilServed } from "../load";
import type { LoadReport } from "../load-program";
import { sharedCluster } from "../shared-cluster";

export const kubelet: Case = {
  name: "kubelet",
  title:
    "The node's kubelet is killed and started again: no container restarts, and data-svc answers every request that reaches it",
  async run(e2e) {
    const cluster = await sharedCluster(e2e);
    if (!cluster) throw new Skip("this is not the cluster whose kubelet can be restarted from here");
    const caller = await startCaller(e2e);
    const before = await containers(e2e);
    const loads = [
      await startLoad(e2e, caller, { kind: "read", perSecond: 20 }),
      await startLoad(e2e, caller, { kind: "write", perSecond: 10 }),
    ];
    for (const load of loads) await untilServed(load, 30);
    // Conditions tell whole seconds.
    const restarted = Math.floor(Date.now() / 1000) * 1000;
    const { code, stderr } = await execute(cluster, ["restart", "kubelet"], { env: e2e.kubectl.env });
    assert.equal(code, 0, stderr);
    await sleep(SETTLE_MILLISECONDS);
    const reports = [];
    for (const load of loads) reports.push(await load.stop());
    e2e.evidence((await containers(e2e)).join("\n"));
    assert.deepEqual(await containers(e2e), before, "containers were restarted or replaced");
    await assertRefusedOnlyWhereUnready(e2e, reports, restarted);
    await caller.remove();
  },
};

/**
 * A kubelet calls every pod unready when it starts, until their startup and readiness probes have succeeded again
 * (kubernetes/kubernetes#100277). On a cluster of one node, that may be all pods of a Service at a time, which then refuses
 * connections. No manifest keeps a kubelet from it; that it is this, and no longer than this, is shown here.
 */
async function assertRefusedOnlyWhereUnready(e2e: E2e, reports: readonly LoadReport[], restarted: number) {
  const changes = (await servicePods(e2e)).map((pod) => readySince(pod) - restarted);
  e2e.evidence(
    `data-svc's pods are ready since ${changes.map((ms) => `${ms / 1000} s`).join(" and ")} after the restart`,
  );
  for (const report of reports) {
    assertOnly(report, ["200", "201", "ECONNREFUSED"]);
    if (report.failures.length === 0) continue;
    assert.ok(Math.min(...changes) >= 0, "connections were refused while a pod was ready all along");
    const refusedSeconds = report.failures.length / (report.sent / report.seconds);
    assert.ok(refusedSeconds <= UNREADY_SECONDS, `connections were refused for ${refusedSeconds.toFixed(1)} s`);
  }
}

function readySince({ status }: ServicePod): number {
  const conditions = (status?.conditions ?? []) as readonly { type: string; lastTransitionTime: string }[];
  return Date.parse(conditions.find(({ type }) => type === "Ready")?.lastTransitionTime ?? "");
}

/** A period of data-svc's startup probe, and a second in which kube-proxy hears of either change. */
const UNREADY_SECONDS = 3;

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
