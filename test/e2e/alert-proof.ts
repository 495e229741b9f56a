import { strict as assert } from "node:assert";
import { diagnose } from "../../lib/deploy/diagnose";
import type { AlertFault } from "./alert-faults";
import type { E2e } from "./case";
import type { Prometheus } from "./prometheus";

/** Seconds for a scrape, an evaluation, and the five minutes for which an absent series is remembered. */
const ENDS_WITHIN = 420;

type Alerts = readonly string[];

/** Proves on one stage that each fault raises its alerts in time and no other, and that they end after it. */
export class AlertProof {
  /** Alerts that may outlive the faults before. */
  readonly #lingering: string[] = [];

  constructor(
    private readonly e2e: E2e,
    private readonly prometheus: Pick<Prometheus, "firing">,
  ) {}

  /**
   * Makes faults one after another. Goes on after one that does not keep the promise, once no alert is left of it.
   * Returns what was wrong, by fault.
   */
  async of(faults: readonly AlertFault[]): Promise<readonly string[]> {
    const problems: string[] = [];
    for (const [index, fault] of faults.entries()) {
      const { name } = fault;
      const problem = await this.#raise(fault).then(nothing, messageOf);
      if (problem === undefined) continue;
      this.e2e.signal.throwIfAborted();
      problems.push(`${name}: ${problem}`);
      this.e2e.evidence(`FAILED: ${name}: ${problem}\n${await diagnose(this.e2e.kubectl)}`);
      const trouble = await this.untilQuiet().then(nothing, messageOf);
      if (trouble !== undefined) {
        return [...problems, ...faults.slice(index + 1).map(({ name }) => `${name}: not tried, ${trouble}`)];
      }
    }
    return problems;
  }

  /** Waits until no alert fires but those that linger, whatever does now. @throws WaitError */
  async untilQuiet(): Promise<void> {
    await this.#untilEnded(await this.prometheus.firing(), ENDS_WITHIN);
  }

  async #raise({ name, begin, alerts, also = [], lingers = [], seconds, fades = 0 }: AlertFault): Promise<void> {
    const began = performance.now();
    this.e2e.say(name);
    const end = this.e2e.cleanUp(name, await begin(this.e2e));
    const allowed = [...alerts, ...also, ...lingers];
    try {
      const fires = (firing: Alerts) => alerts.every((alert) => firing.includes(alert));
      await this.#watch({ what: `${alerts.join(", ")} to fire`, seconds, allowed, until: fires });
      this.e2e.figure(`seconds until ${alerts.join(", ")} (${name})`, Math.round((performance.now() - began) / 1000));
    } finally {
      this.#lingering.push(...lingers);
      await end();
    }
    await this.#untilEnded(allowed, ENDS_WITHIN + fades);
  }

  async #untilEnded(allowed: Alerts, seconds: number): Promise<void> {
    const ended = (firing: Alerts) => firing.every((alert) => this.#lingering.includes(alert));
    await this.#watch({ what: "the alerts to end", seconds, allowed, until: ended });
  }

  /** @throws AssertionError as soon as an alert fires that is not allowed */
  async #watch({ what, seconds, allowed, until }: Watch): Promise<void> {
    const poll = async () => {
      const firing = await this.prometheus.firing();
      const others = firing.filter((alert) => ![...allowed, ...this.#lingering].includes(alert));
      assert.ok(others.length === 0, `other alerts fire: ${others.join(", ")}`);
      const state = until(firing) ? ("ready" as const) : ("waiting" as const);
      return { state, detail: firing.join(", ") || "none fires" };
    };
    await this.e2e.wait({ what, seconds, poll }, 5000);
  }
}

interface Watch {
  readonly what: string;
  readonly seconds: number;
  readonly allowed: Alerts;
  until(firing: Alerts): boolean;
}

const nothing = () => undefined;
const messageOf = (error: Error) => error.message;
