import { strict as assert } from "node:assert";
import type { KubeObject } from "../../../lib/deploy/kubectl";
import { startCaller } from "../callers";
import type { Case, E2e } from "../case";
import { primaryName, untilHealthy } from "../cluster";
import { type Load, startLoad, untilServed } from "../load";
import { killContainer } from "../node";
import { restartsOf } from "../pods";
import { assertStored } from "../server";

const FAILOVERS = 10;
const LEAST_ROWS = 10_000;
const PER_SECOND = 25;

export const prodHaFailover: Case = {
  name: "prod-ha-failover",
  title: `The primary is lost ${FAILOVERS} times under writes: a replica takes over, and no acknowledged row is lost`,
  long: true,
  async run(e2e) {
    await untilHealthy(e2e);
    const caller = await startCaller(e2e);
    const load = await startLoad(e2e, caller, { kind: "write", perSecond: PER_SECOND });
    const losses: Loss[] = [];
    for (let number = 1; number <= FAILOVERS; number += 1) losses.push(await lose(e2e, load, number));
    while ((await load.report()).ok < LEAST_ROWS) await untilServed(load, 10 * PER_SECOND);
    const report = await load.stop();
    await caller.remove();
    const sorted = losses.map(({ seconds }) => seconds).sort((one, other) => one - other);
    e2e.figure("primaries lost", FAILOVERS);
    e2e.figure("taken over by a replica", losses.filter(({ moved }) => moved).length);
    e2e.figure("seconds until writes went on, shortest", sorted[0] ?? 0);
    e2e.figure("seconds until writes went on, median", sorted[Math.floor(sorted.length / 2)] ?? 0);
    e2e.figure("seconds until writes went on, longest", sorted.at(-1) ?? 0);
    e2e.figure("rows acknowledged", report.ok);
    await assertStored(e2e, report.acknowledgedIds);
  },
};

interface Loss {
  /** Until a write was acknowledged again. */
  readonly seconds: number;
  /** Whether another instance took over; the same one may be back sooner than the operator decides. */
  readonly moved: boolean;
}

/** Deletes the primary's pod without a grace period, or kills its processes, in turn. */
async function lose(e2e: E2e, load: Load, number: number): Promise<Loss> {
  await untilServed(load, 20);
  const before = await primaryName(e2e);
  const pod = await e2e.kubectl.get(`pod/${before}`);
  assert.ok(pod, `${before} has no pod`);
  const began = performance.now();
  if (number % 2 === 1) await e2e.kubectl.run(["delete", "pod", before, "--grace-period=0", "--force"]);
  else await killContainer(e2e, pod, "postgres");
  await untilLost(e2e, pod);
  await untilServed(load, 1);
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  const after = await primaryName(e2e);
  const how = number % 2 === 1 ? "deleted" : "killed";
  e2e.evidence(`${number}: ${before} ${how}, ${after} takes writes after ${seconds} s`);
  await untilHealthy(e2e);
  return { seconds, moved: after !== before };
}

/** Waits until the operator has chosen another primary, or the same one has begun anew. */
async function untilLost(e2e: E2e, pod: KubeObject): Promise<void> {
  const { name, uid } = pod.metadata;
  await e2e.wait(
    {
      what: `${name} to be lost`,
      seconds: 300,
      async poll() {
        const [primary, now] = [await primaryName(e2e), await e2e.kubectl.get(`pod/${name}`)];
        const anew = now?.metadata.uid === uid && restartsOf(now) > restartsOf(pod);
        return { state: primary !== name || anew ? "ready" : "waiting", detail: `${primary} is the primary still` };
      },
    },
    200,
  );
}
