import { median } from "../statistics";
import { LimitedServer, type Settings } from "./limited-server";
import { type Load, type Outcome, Pgbench } from "./pgbench";
import type { Setup } from "./setup";

/** Seconds that fill a server's memory before a load is measured. */
const WARM_UP_SECONDS = 1;

/** Two servers under the same load at the same time. Each list has an entry a round. */
export interface Compared {
  readonly one: readonly Outcome[];
  readonly other: readonly Outcome[];
}

/** How many times the other's figure one has: the median of the rounds' ratios. Rounds in which the other did nothing do not count. */
export const ratioOf = ({ one, other }: Compared, figure: (outcome: Outcome) => number): number =>
  median(one.map((outcome, round) => figure(outcome) / figure(other[round] ?? outcome)).filter(Number.isFinite));

/**
 * Two servers with the same data and limits, each in a group of its own. They work at the same time, so that a busy disk
 * or processor meets both; one after the other, they would differ by more than any setting does.
 */
export class Twins {
  private constructor(
    private readonly servers: readonly [LimitedServer, LimitedServer],
    private readonly program: string,
  ) {}

  /** Copies the setup's server. */
  static async of({ server, work, budget, pgbench }: Setup): Promise<Twins> {
    await server.postgres.stop();
    return new Twins([server, await LimitedServer.copy(work, server.postgres, budget)], pgbench.program);
  }

  /** Runs a load with two sets of settings. In each round the two change places. */
  async compare(one: Settings, other: Settings, load: Load, rounds: number): Promise<Compared> {
    const compared = { one: [] as Outcome[], other: [] as Outcome[] };
    const [left, right] = this.servers;
    for (let round = 0; round < rounds; round++) {
      const [first, second] = round % 2 ? [right, left] : [left, right];
      await Promise.all([first.configure(one), second.configure(other)]);
      await this.#both(first, second, { ...load, seconds: WARM_UP_SECONDS });
      const [mine, others] = await this.#both(first, second, load);
      compared.one.push(mine);
      compared.other.push(others);
    }
    return compared;
  }

  /** Removes the copy. */
  remove(): Promise<void> {
    return this.servers[1].remove();
  }

  #both(first: LimitedServer, second: LimitedServer, load: Load) {
    const measure = (server: LimitedServer) => new Pgbench(this.program, server).measure(load);
    return Promise.all([measure(first), measure(second)]);
  }
}
