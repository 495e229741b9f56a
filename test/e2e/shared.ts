import { Removals } from "./removals";

/** Things of the cluster that several groups need and that it can have only once. They outlive the groups. */
export class Shared {
  readonly #made = new Map<string, Promise<unknown>>();
  readonly #removals = new Removals();

  /** Makes a thing for the group that asks first, and gives the others the same, or the same error. */
  once<Thing>(name: string, make: () => Promise<Thing>): Promise<Thing> {
    const thing = this.#made.get(name) ?? make();
    this.#made.set(name, thing);
    return thing as Promise<Thing>;
  }

  /** Lists what was asked for so far. */
  names(): readonly string[] {
    return [...this.#made.keys()];
  }

  /** Has `remove` called when every group is gone, unless everything is to be kept. */
  cleanUp: Removals["add"] = (...removal) => this.#removals.add(...removal);

  /** Returns what could not be removed, and why. */
  async removeAll(): Promise<readonly string[]> {
    return await this.#removals.run();
  }
}
