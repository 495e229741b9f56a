import { strict as assert } from "node:assert";
import { mkdir, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { execute, type Kubectl, type Outcome } from "../../lib/deploy/kubectl";
import type { ManifestFile } from "../../lib/deploy/manifests";
import { type Wait, waitFor } from "../../lib/deploy/waiting";
import { dev } from "../../lib/stages/dev";
import type { Stage } from "../../lib/stages/stage";
import type { E2eArguments } from "./arguments";
import { Removals, type Step } from "./removals";
import type { Figures } from "./results";
import type { Shared } from "./shared";

/** One promise, proven on the cluster. Everything it makes there it hands to `e2e.cleanUp`. */
export interface Case {
  /** What `--case` calls it. */
  readonly name: string;
  /** The promise, in a sentence. */
  readonly title: string;
  /** Whether those after it build on it: it always runs, and none of them does after it has failed. */
  readonly setsUp?: boolean;
  /** Takes minutes that not every run has: it runs only with `--all`, or when `--case` names it. */
  readonly long?: boolean;
  /** Returns if the promise holds; throws what is wrong, or `Skip`. */
  run(e2e: E2e): Promise<void>;
}

/** Thrown by a case that proves nothing on this cluster. The message says why. */
export class Skip extends Error {
  override readonly name = "Skip";
}

/** A namespace with what is deployed there, as the cases of one group share it. */
export class E2e {
  /** Deployed here. */
  stage: Stage = dev;
  /** Manifests of the stage; a case that sets up writes them. */
  files: readonly ManifestFile[] = [];
  readonly #removals = new Removals();
  readonly #figures = new Map<string, Figures[string]>();

  constructor(
    readonly options: E2eArguments,
    /** The project's folder. */
    readonly root: string,
    /** A temporary folder, which all groups share. */
    readonly folder: string,
    /** Its default namespace is this one, as in a person's terminal. */
    readonly kubectl: Kubectl,
    readonly namespace: string,
    readonly print: (line: string) => void,
    readonly signal: AbortSignal,
    /** Things of the cluster that the groups of a run have in common. */
    readonly shared: Shared,
  ) {}

  /** A line of progress. */
  say(line: string): void {
    this.print(`    ${line}`);
  }

  /** What shows that a promise holds: kept in the log, so that nobody has to believe. */
  evidence(text: string): void {
    for (const line of text.trimEnd().split("\n")) this.print(`  | ${line}`);
  }

  /** A number that a promise is measured by: shown, and recorded with the outcome. Say the unit in its name. */
  figure(name: string, value: Figures[string]): void {
    this.#figures.set(name, value);
    this.evidence(`${name}: ${value}`);
  }

  /** Hands over the figures since the last call. */
  takeFigures(): Figures {
    const figures = Object.fromEntries(this.#figures);
    this.#figures.clear();
    return figures;
  }

  /** Waits with a deadline, saying for what. @throws WaitError */
  async wait(wait: Wait, pollMilliseconds = 1000): Promise<number> {
    return await waitFor(wait, { say: (line) => this.say(line), signal: this.signal, pollMilliseconds });
  }

  /** Runs a command as a person would type it, and shows it with what it prints. @throws AssertionError if it fails */
  async type(command: string): Promise<Outcome> {
    const outcome = await execute("sh", ["-c", command], { env: this.kubectl.env });
    this.evidence(`$ ${command}\n${outcome.stdout}${outcome.stderr}`);
    assert.equal(outcome.code, 0, `\`${command}\` ended with exit code ${outcome.code}: ${outcome.stderr}`);
    return outcome;
  }

  /** Applies an object that only the test needs; it is removed with the rest. */
  async apply(manifest: object, kubectl = this.kubectl): Promise<void> {
    await kubectl.run(["apply", "--filename=-"], { input: JSON.stringify(manifest) });
  }

  /** Writes a file into the temporary folder, and returns its path. */
  async write(name: string, text: string): Promise<string> {
    const file = path.join(this.folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text, { mode: 0o600 });
    return file;
  }

  /**
   * Has `remove` called at the end, the last one first, unless everything is to be kept. Returns what does it before that.
   * Removing what is gone already must do nothing.
   * @param untilGone waits for what `remove` only begins. @default nothing is left to wait for
   */
  cleanUp(what: string, remove: Step, untilGone?: Step): () => Promise<void> {
    return this.#removals.add(what, remove, untilGone);
  }

  /** Removes everything that was made. Returns what could not be removed, and why. */
  async removeAll(): Promise<readonly string[]> {
    return await this.#removals.run();
  }
}
