import { strict as assert } from "node:assert";
import { diagnose } from "../../lib/deploy/diagnose";
import type { AlertFault } from "./alert-faults";
import type { E2e } from "./case";
import type { Prometheus } from "./prometheus";

/** Seconds for a scrape, an evaluation, and the five minutes for which an absent series is remembered. */
const ENDS_WITHIN = 420;

/**
 * Makes faults one after another: each raises its alerts in time and no other, and they end after it. Goes on after one that
 * does not, once no alert is left of it. Returns what was wrong, by fault.
 */
export async function proveFaults(
  e2e: E2e,
  prometheus: Prometheus,
  faults: readonly AlertFault[],
): Promise<readonly string[]> {
  const problems: string[] = [];
  const lingering: string[] = [];
  for (const [index, fault] of faults.entries()) {
    const problem = await raises(e2e, prometheus, fault, lingering).then(
      () => undefined,
      (error: Error) => error,
    );
    lingering.push(...(fault.lingers ?? []));
    if (!problem) continue;
    e2e.signal.throwIfAborted();
    problems.push(`${fault.name}: ${problem.message}`);
    e2e.evidence(`FAILED: ${fault.name}: ${problem.message}`);
    e2e.print(await diagnose(e2e.kubectl));
    if (await isStillWrong(e2e, prometheus, lingering)) {
      return [...problems, ...faults.slice(index + 1).map(({ name }) => `${name}: not tried, since alerts still fire`)];
    }
  }
  return problems;
}

async function raises(
  e2e: E2e,
  prometheus: Prometheus,
  fault: AlertFault,
  lingering: readonly string[],
): Promise<void> {
  const { name, alerts, also = [], lingers = [], seconds, fades = 0 } = fault;
  const allowed = [...alerts, ...also, ...lingers, ...lingering];
  const began = performance.now();
  e2e.say(name);
  const end = e2e.cleanUp(name, await fault.begin(e2e));
  try {
    await untilFiring(e2e, prometheus, alerts, allowed, seconds);
    e2e.figure(`seconds until ${alerts.join(", ")} (${name})`, Math.round((performance.now() - began) / 1000));
  } finally {
    await end();
  }
  await untilEnded(e2e, prometheus, allowed, [...lingers, ...lingering], ENDS_WITHIN + fades);
}

const isStillWrong = (e2e: E2e, prometheus: Prometheus, lingering: readonly string[]) =>
  prometheus
    .firing()
    .then((firing) => untilEnded(e2e, prometheus, [...firing, ...lingering], lingering, ENDS_WITHIN))
    .then(
      () => false,
      () => true,
    );

/** Waits until all of these fire. @throws AssertionError as soon as another one does that is not allowed */
const untilFiring = (
  e2e: E2e,
  prometheus: Prometheus,
  wanted: readonly string[],
  allowed: readonly string[],
  seconds: number,
) => watch(e2e, prometheus, `${wanted.join(", ")} to fire`, allowed, seconds, (firing) => includesAll(firing, wanted));

/** Waits until none fires but those that linger. */
export const untilEnded = (
  e2e: E2e,
  prometheus: Prometheus,
  allowed: readonly string[],
  lingering: readonly string[],
  seconds: number,
) => watch(e2e, prometheus, "the alerts to end", allowed, seconds, (firing) => includesAll(lingering, firing));

const includesAll = (all: readonly string[], some: readonly string[]) => some.every((one) => all.includes(one));

async function watch(
  e2e: E2e,
  prometheus: Prometheus,
  what: string,
  allowed: readonly string[],
  seconds: number,
  stands: (firing: readonly string[]) => boolean,
): Promise<void> {
  const poll = async () => {
    const firing = await prometheus.firing();
    const others = firing.filter((alert) => !allowed.includes(alert));
    assert.deepEqual(others, [], `other alerts fire: ${others.join(", ")}`);
    return {
      state: stands(firing) ? ("ready" as const) : ("waiting" as const),
      detail: firing.join(", ") || "none fires",
    };
  };
  await e2e.wait({ what, seconds, poll }, 5000);
}
