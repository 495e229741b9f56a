import type { Facts, Say } from "./say";

/** Listens to a deployment's progress, so that it can say what stands when it is stopped. */
export class Standing {
  readonly #applied: string[] = [];
  #files: readonly string[] = [];
  #doing: { readonly facts: Facts; readonly since: number } | undefined;

  constructor(
    /** e.g. `"dev"` */
    private readonly stage: string,
    /** The command that goes on, e.g. `"npm run deploy -- dev"`. */
    private readonly resume: string,
  ) {}

  /** All files' names, in their order. */
  begin(files: readonly string[]): void {
    this.#files = files;
  }

  readonly note: Say = (_line, facts) => {
    if (!facts || facts.type === "log") return;
    const { type, object, seconds = 0 } = facts;
    if (type === "applied" && object !== undefined) this.#applied.push(object);
    this.#doing = DOING.includes(type) ? { facts, since: performance.now() - seconds * 1000 } : undefined;
  };

  /** Tells what was done, what is under way and how to go on. `reason` is like `"was left where it is by SIGINT."`. */
  text(reason: string): string {
    const doing = this.#doing;
    const left = this.#files.filter((file) => !this.#applied.includes(file) && file !== doing?.facts.object);
    const none = this.#applied.length === 0 && doing === undefined;
    return [
      `The deployment of ${this.stage} ${reason}`,
      none ? "Nothing was applied." : `Applied: ${this.#applied.join(", ") || "nothing yet"}.`,
      doing && under(doing.facts, (performance.now() - doing.since) / 1000),
      !none && left.length > 0 && `Not applied, and so as before: ${left.join(", ")}.`,
      `To go on: ${this.resume}`,
    ]
      .filter(Boolean)
      .join("\n");
  }
}

const DOING: readonly string[] = ["applying", "waiting", "growing"];

function under({ type, object, state }: Facts, seconds: number): string {
  if (type === "applying") return `Was being applied, maybe in part: ${object}.`;
  if (type === "growing") return `Was being changed: ${object}; it may be missing, and deploying again creates it.`;
  return `It had waited ${Math.round(seconds)} s for ${object} (${state}), which goes on in the cluster by itself.`;
}
