import { strict as assert } from "node:assert";
import { DATA_SVC } from "../../lib/contract";
import { startCaller } from "./callers";
import type { E2e } from "./case";
import { startLoad } from "./load";
import type { LoadReport } from "./load-program";
import type { TestPod } from "./pods";

/** Everything that callers do: reads and writes, over connections that are kept and over new ones. */
export interface Traffic {
  /** Waits until so many were answered with success since the start. @throws WaitError */
  untilAnswered(count: number): Promise<void>;
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
 * @param plain whether pods of a release without TLS answer at first; those that have TLS are verified
 */
export async function startTraffic(e2e: E2e, perSecond = 20, plain = false): Promise<Traffic> {
  const begin = (name: string) =>
    plain
      ? startCaller(e2e, name, undefined, `http://${DATA_SVC.name}:${DATA_SVC.port}/healthz`)
      : startCaller(e2e, name);
  const [kept, fresh] = [await begin("e2e-kept"), await begin("e2e-fresh")];
  const start = async (caller: TestPod, keepAlive: boolean, kind: "read" | "write") => {
    const share = SHARES[keepAlive ? "kept" : "fresh"][kind];
    const load = await startLoad(e2e, caller, {
      kind,
      perSecond: perSecond * share,
      keepAlive,
      mostOpen: MOST_OPEN,
      alsoPlain: plain,
    });
    return { load, share };
  };
  const loads = await Promise.all([
    ...[start(kept, true, "read"), start(kept, true, "write")],
    ...[start(fresh, false, "read"), start(fresh, false, "write")],
  ]);
  const stop = async () => {
    const reports = await Promise.all(loads.map(({ load }) => load.stop()));
    await Promise.all([kept.remove(), fresh.remove()]);
    e2e.figure("requests", total(reports));
    e2e.figure("requests that failed", failed(reports));
    return reports;
  };
  const untilAnswered = async (count: number) => {
    await Promise.all(loads.map(({ load, share }) => load.until("ok", Math.ceil(count * share))));
  };
  return { untilAnswered, stop };
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, number) => all + number, 0);
const total = (reports: readonly LoadReport[]) => sum(reports.map(({ sent }) => sent));
const failed = (reports: readonly LoadReport[]) => sum(reports.map(({ sent, ok }) => sent - ok));

/**
 * Stops the traffic after at least so many requests, each of which has to be answered with success.
 * @throws AssertionError
 */
export async function assertAllAnswered(traffic: Traffic, atLeast: number): Promise<void> {
  await traffic.untilAnswered(atLeast);
  const reports = await traffic.stop();
  assert.ok(total(reports) >= atLeast, `there were ${total(reports)} requests; ${atLeast} should show it`);
  assert.equal(failed(reports), 0, `${failed(reports)} of ${total(reports)} requests failed`);
}
