import { strict as assert } from "node:assert";
import { startCaller } from "../callers";
import type { Case, E2e } from "../case";
import { instances, primaryName, replicaName, untilHealthy, untilPrimary } from "../cluster";
import { assertOnly, startLoad, untilServed } from "../load";
import { assertStored } from "../server";

export const prodHaSwitchover: Case = {
  name: "prod-ha-switchover",
  title: "A planned switchover to a replica, and back, under writes: no request fails, and no acknowledged row is lost",
  long: true,
  async run(e2e) {
    await untilHealthy(e2e);
    const caller = await startCaller(e2e);
    const load = await startLoad(e2e, caller, { kind: "write", perSecond: 10 });
    const before = await primaryName(e2e);
    for (const to of [await replicaName(e2e), before]) {
      await untilServed(load, 20);
      await promote(e2e, to);
      await untilPrimary(e2e, (name) => name === to);
      await untilServed(load, 20);
      e2e.evidence(`${to} is the primary`);
      await untilHealthy(e2e);
    }
    const report = await load.stop();
    await caller.remove();
    assertOnly(report, ["201"]);
    e2e.figure("requests", report.sent);
    e2e.figure("seconds that a request took, longest", Math.round(report.latency.max / 100) / 10);
    await assertStored(e2e, report.acknowledgedIds);
  },
};

/** As `kubectl cnpg promote` does it. */
async function promote(e2e: E2e, name: string): Promise<void> {
  const status = {
    targetPrimary: name,
    targetPrimaryTimestamp: new Date().toISOString(),
    phase: "Switchover in progress",
    phaseReason: `Switching over to ${name}`,
  };
  const patch = ["--subresource=status", "--type=merge", `--patch=${JSON.stringify({ status })}`];
  await e2e.kubectl.run(["patch", "cluster.postgresql.cnpg.io", "postgres", ...patch]);
}

export const prodHaVolume: Case = {
  name: "prod-ha-volume",
  title: "A replica's volume is lost, and then the primary's: each is made anew, and no acknowledged row is lost",
  long: true,
  async run(e2e) {
    await untilHealthy(e2e);
    const caller = await startCaller(e2e);
    const load = await startLoad(e2e, caller, { kind: "write", perSecond: 10 });
    for (const name of [await replicaName(e2e), await primaryName(e2e)]) {
      await untilServed(load, 20);
      const began = performance.now();
      const lost = await volumeOf(e2e, name);
      await destroy(e2e, name);
      // Until then the operator's word is of before.
      await e2e.wait({
        what: `the volume of ${name} to be gone`,
        seconds: 120,
        async poll() {
          const now = await volumeOf(e2e, name);
          return { state: now === lost ? "waiting" : "ready", detail: "it is there still" };
        },
      });
      await untilPrimary(e2e, (primary) => primary !== name);
      await untilServed(load, 20);
      await untilHealthy(e2e);
      const names = (await instances(e2e)).map(({ metadata }) => metadata.name);
      e2e.evidence(
        `${name} lost; healthy after ${Math.round((performance.now() - began) / 1000)} s: ${names.join(", ")}`,
      );
      assert.equal(names.length, 3, "there are not three instances again");
    }
    const { acknowledgedIds } = await load.stop();
    await caller.remove();
    await assertStored(e2e, acknowledgedIds);
  },
};

async function volumeOf({ kubectl }: E2e, name: string): Promise<string | undefined> {
  return (await kubectl.get(`persistentvolumeclaim/${name}`))?.metadata.uid;
}

/** Loses an instance with its data and its log, as with its node's disk. */
async function destroy({ kubectl }: E2e, name: string): Promise<void> {
  const claims = [`persistentvolumeclaim/${name}`, `persistentvolumeclaim/${name}-wal`];
  await kubectl.run(["delete", ...claims, "--wait=false"]);
  await kubectl.run(["delete", "pod", name, "--grace-period=0", "--force"]);
}

export const prodHaEviction: Case = {
  name: "prod-ha-eviction",
  title: "A drain evicts a replica, which comes back; the primary it may not evict, as the budget has it",
  long: true,
  async run(e2e) {
    await untilHealthy(e2e);
    const [primary, replica] = [await primaryName(e2e), await replicaName(e2e)];
    const refused = await evict(e2e, primary);
    e2e.evidence(`eviction of ${primary}, the primary: ${refused}`);
    assert.match(refused, /disruption budget/);
    e2e.evidence(`eviction of ${replica}: ${await evict(e2e, replica)}`);
    await e2e.wait({
      what: `${replica} to be replaced`,
      seconds: 120,
      async poll() {
        const pod = await e2e.kubectl.get(`pod/${replica}`);
        const begun = Date.parse(pod?.metadata.creationTimestamp ?? "");
        return { state: Date.now() - begun < 60_000 ? "ready" : "waiting", detail: "it is the old one still" };
      },
    });
    await untilHealthy(e2e);
    assert.equal(await primaryName(e2e), primary, "the primary moved");
  },
};

/** Asks for a pod's eviction, as `kubectl drain` does. Returns the API server's answer. */
async function evict({ kubectl, namespace }: E2e, name: string): Promise<string> {
  const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } };
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`;
  const { stdout, stderr } = await kubectl.try(["create", "--raw", path, "--filename=-"], {
    input: JSON.stringify(eviction),
  });
  return `${stdout}${stderr}`.trim();
}
