import { strict as assert } from "node:assert";
import { startCaller } from "./callers";
import type { E2e } from "./case";
import { startLoad } from "./load";
import type { LoadReport } from "./load-program";

/** Everything that callers do: reads and writes, over connections that are kept and over new ones. */
export interface Traffic {
  /** Requests sent so far. */
  sent(): Promise<number>;
  /** Sends no more, shows what became of all, and returns a report for each kind of request. */
  stop(): Promise<readonly LoadReport[]>;
}

/** Of the requests a second, how many are which. */
const SHARES = { kept: { read: 0.4, write: 0.25 }, fresh: { read: 0.2, write: 0.15 } };

/** Requests of each kind at a time: together as many as one pod has connections to the database, and a few more. */
const MOST_OPEN = 2;

/**
 * Starts the traffic of two callers, one that keeps its connections and one that does not.
 * @param perSecond requests in all, where they are answered as fast
 */
export async function startTraffic(e2e: E2e, perSecond = 20): Promise<Traffic> {
  const [kept, fresh] = [await startCaller(e2e, "e2e-kept"), await startCaller(e2e, "e2e-fresh")];
  const load = (caller: "kept" | "fresh", kind: "read" | "write") =>
    startLoad(e2e, caller === "kept" ? kept : fresh, {
      ...{ kind, perSecond: perSecond * SHARES[caller][kind], keepAlive: caller === "kept", mostOpen: MOST_OPEN },
    });
  const loads = await Promise.all([
    ...[load("kept", "read"), load("kept", "write")],
    ...[load("fresh", "read"), load("fresh", "write")],
  ]);
  const stop = async () => {
    const reports = await Promise.all(loads.map((load) => load.stop()));
    await Promise.all([kept.remove(), fresh.remove()]);
    e2e.evidence(`${total(reports)} requests in all, ${failed(reports)} of them failed`);
    return reports;
  };
  return { sent: async () => total(await Promise.all(loads.map((load) => load.report()))), stop };
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, number) => all + number, 0);
const total = (reports: readonly LoadReport[]) => sum(reports.map(({ sent }) => sent));
const failed = (reports: readonly LoadReport[]) => sum(reports.map(({ sent, ok }) => sent - ok));

/** @throws AssertionError unless there were that many requests, each answered with success */
export function assertAllAnswered(reports: readonly LoadReport[], atLeast: number): void {
  assert.ok(total(reports) >= atLeast, `there were ${total(reports)} requests; ${atLeast} should show it`);
  assert.equal(failed(reports), 0, `${failed(reports)} of ${total(reports)} requests failed`);
}

/** Waits until so many requests were sent. */
export async function untilSent(e2e: E2e, traffic: Traffic, count: number): Promise<void> {
  await e2e.wait({
    what: `${count} requests`,
    seconds: 600,
    async poll() {
      const sent = await traffic.sent();
      return { state: sent >= count ? "ready" : "waiting", detail: "being sent" };
    },
  });
}
