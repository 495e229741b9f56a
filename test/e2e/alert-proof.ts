import { strict as assert } from "node:assert";
import type { AlertFault } from "./alert-faults";
import type { E2e } from "./case";
import type { Prometheus } from "./prometheus";

/** A fault raises its alerts in time and no other, and they end after it. */
export async function raises(e2e: E2e, prometheus: Prometheus, fault: AlertFault): Promise<void> {
  const { name, alerts: expected, also = [], seconds } = fault;
  const began = performance.now();
  e2e.say(name);
  const end = await fault.begin(e2e);
  const ended = e2e.cleanUp(name, end);
  await untilFiring(e2e, prometheus, expected, [...expected, ...also], seconds);
  e2e.figure(`seconds until ${expected.join(", ")} (${name})`, Math.round((performance.now() - began) / 1000));
  await ended();
  // A scrape, an evaluation, and the five minutes for which an absent series is remembered.
  await untilFiring(e2e, prometheus, [], [...expected, ...also], 420);
}

async function untilFiring(
  e2e: E2e,
  prometheus: Prometheus,
  expected: readonly string[],
  allowed: readonly string[],
  seconds: number,
): Promise<void> {
  const wanted = [...expected].sort();
  await e2e.wait(
    {
      what: wanted.length > 0 ? `${wanted.join(", ")} to fire` : "the alerts to end",
      seconds,
      poll: async () => {
        const firing = await prometheus.firing();
        const others = firing.filter((alert) => !allowed.includes(alert));
        assert.deepEqual(others, [], `other alerts fire: ${others.join(", ")}`);
        const stands = wanted.length > 0 ? wanted.every((alert) => firing.includes(alert)) : firing.length === 0;
        return { state: stands ? "ready" : "waiting", detail: firing.join(", ") || "none fires" };
      },
    },
    5000,
  );
}
