export type Step = () => Promise<unknown>;

interface Removal {
  readonly remove: Step;
  readonly untilGone: Step;
}

/** Removals of things that were made, by what people call them. */
export class Removals {
  readonly #removals = new Map<string, Removal>();

  /**
   * Has `remove` called by `run`. Returns what does it before that. Removing what is gone already must do nothing.
   * @param untilGone waits for what `remove` only begins. @default nothing is left to wait for
   */
  add(what: string, remove: Step, untilGone: Step = async () => undefined): () => Promise<void> {
    this.#removals.set(what, { remove, untilGone });
    return async () => {
      this.#removals.delete(what);
      await remove();
      await untilGone();
    };
  }

  /** Removes the last one first. Returns what could not be removed, and why. */
  async run(): Promise<readonly string[]> {
    const removals = [...this.#removals].reverse();
    this.#removals.clear();
    const problems = new Map<string, string>();
    const attempt = (what: string, step: Step) =>
      step().catch((error: unknown) => problems.set(what, `${what}: ${(error as Error).message}`));
    for (const [what, { remove }] of removals) await attempt(what, remove);
    await Promise.all(removals.map(([what, { untilGone }]) => attempt(what, untilGone)));
    return [...problems.values()];
  }
}
