import { median } from "../statistics";

/** Measurements of several things, in several rounds. */
export class Samples<Sample> {
  readonly #lists = new Map<string, Sample[]>();

  get names(): readonly string[] {
    return [...this.#lists.keys()];
  }

  add(name: string, sample: Sample): void {
    this.#lists.set(name, [...(this.#lists.get(name) ?? []), sample]);
  }

  /** The median of one figure of all samples of that name. */
  median(name: string, figure: (sample: Sample) => number): number {
    return median((this.#lists.get(name) ?? []).map(figure));
  }
}
