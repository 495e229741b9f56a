import { strict as assert } from "node:assert";
import { startCaller } from "../callers";
import type { Case, E2e } from "../case";
import { primaryName, untilHealthy, untilPromoted } from "../cluster";
import { type Load, startLoad, untilServed } from "../load";
import { assertStored } from "../server";

const FAILOVERS = 10;

export const prodHaFailover: Case = {
  name: "prod-ha-failover",
  title: `The primary's pod is killed ${FAILOVERS} times under writes: a replica takes over each time, and no acknowledged row is lost`,
  long: true,
  async run(e2e) {
    await untilHealthy(e2e);
    const caller = await startCaller(e2e);
    const load = await startLoad(e2e, caller, { kind: "write", perSecond: 10 });
    const seconds: number[] = [];
    for (let number = 1; number <= FAILOVERS; number += 1) seconds.push(await failOver(e2e, load, number));
    const report = await load.stop();
    await caller.remove();
    const sorted = seconds.toSorted((one, other) => one - other);
    e2e.figure("failovers", FAILOVERS);
    e2e.figure("seconds until writes went on, shortest", sorted[0] ?? 0);
    e2e.figure("seconds until writes went on, median", sorted[Math.floor(sorted.length / 2)] ?? 0);
    e2e.figure("seconds until writes went on, longest", sorted.at(-1) ?? 0);
    assert.ok(report.ok > FAILOVERS, "nothing was written");
    await assertStored(e2e, report.acknowledgedIds);
  },
};

/** Kills the primary's pod, and returns the seconds until a write is acknowledged by another one. */
async function failOver(e2e: E2e, load: Load, number: number): Promise<number> {
  await untilServed(load, 20);
  const before = await primaryName(e2e);
  const began = performance.now();
  await e2e.kubectl.run(["delete", "pod", before, "--grace-period=0", "--force"]);
  await untilPromoted(e2e, before);
  await untilServed(load, 1);
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  e2e.evidence(`failover ${number}: ${before} killed, ${await primaryName(e2e)} takes writes after ${seconds} s`);
  await untilHealthy(e2e);
  return seconds;
}
