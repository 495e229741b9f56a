import type { Mapping, Tree } from "./objects";

/** The values files of a chart. Each object has one mapping with the values of its template. */
export class ChartValues {
  readonly #stages: Record<string, Record<string, Tree>>[];
  #object = "";

  constructor(stages: number) {
    this.#stages = Array.from({ length: stages }, () => ({}));
  }

  /** Makes later references belong to this object. */
  enter(object: string): void {
    this.#object = object
      .replace(/^\w/, (letter) => letter.toLowerCase())
      .replace(/\W(\w)/g, (_, letter) => letter.toUpperCase());
    for (const stage of this.#stages) stage[this.#object] = {};
  }

  /** Adds a value, undefined for the stages that have none. Returns the template's text for it. */
  reference(key: string, variants: readonly (Tree | undefined)[]): string {
    const base = key.replace(/\W/g, "_") || "item";
    const taken = (name: string) => this.#stages.some((stage) => name in (stage[this.#object] ?? {}));
    let name = base;
    for (let number = 2; taken(name); number += 1) name = `${base}${number}`;
    for (const [index, variant] of variants.entries()) {
      const values = this.#stages[index]?.[this.#object];
      if (values && variant !== undefined) values[name] = variant;
    }
    return `.Values.${this.#object}.${name}`;
  }

  /** The values of one stage. */
  of(stage: number): Mapping {
    return this.#stages[stage] ?? {};
  }
}
