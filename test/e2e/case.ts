import { strict as assert } from "node:assert";
import { writeFile } from "node:fs/promises";
import * as path from "node:path";
import { execute, type Kubectl, type Outcome } from "../../lib/deploy/kubectl";
import type { ManifestFile } from "../../lib/deploy/manifests";
import { type Wait, waitFor } from "../../lib/deploy/waiting";
import type { E2eArguments } from "./arguments";

/** One promise, proven on the cluster. Everything it makes there it hands to `e2e.cleanUp`. */
export interface Case {
  /** What `--case` calls it. */
  readonly name: string;
  /** The promise, in a sentence. */
  readonly title: string;
  /** Whether the others build on it: it always runs, and nothing runs after it has failed. */
  readonly setsUp?: boolean;
  /** Returns if the promise holds; throws what is wrong. */
  run(e2e: E2e): Promise<void>;
}

/** What the cases share. */
export class E2e {
  /** Dev's manifests; the first case writes them. */
  files: readonly ManifestFile[] = [];

  constructor(
    readonly options: E2eArguments,
    /** The project's folder. */
    readonly root: string,
    /** A temporary folder. */
    readonly folder: string,
    /** Its default namespace is dev's, as in a person's terminal. */
    readonly kubectl: Kubectl,
    readonly namespace: string,
    readonly print: (line: string) => void,
    readonly signal: AbortSignal,
    readonly removals = new Map<string, () => Promise<unknown>>(),
  ) {}

  /** The same in another namespace, where `files` are deployed. What it makes is removed with the rest. */
  in(namespace: string, files: readonly ManifestFile[]): E2e {
    const { options, root, folder, kubectl, print, signal, removals } = this;
    const other = new E2e(options, root, folder, kubectl.in(namespace), namespace, print, signal, removals);
    other.files = files;
    return other;
  }

  /** A line of progress. */
  say(line: string): void {
    this.print(`    ${line}`);
  }

  /** What shows that a promise holds: kept in the log, so that nobody has to believe. */
  evidence(text: string): void {
    for (const line of text.trimEnd().split("\n")) this.print(`  | ${line}`);
  }

  /** Waits with a deadline, saying for what. @throws WaitError */
  async wait(wait: Wait): Promise<number> {
    return await waitFor(wait, { say: (line) => this.say(line), signal: this.signal });
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
    await writeFile(file, text, { mode: 0o600 });
    return file;
  }

  /**
   * Has `remove` called at the end, the last one first, unless everything is to be kept. Returns what does it before that.
   * Removing what is gone already must do nothing.
   */
  cleanUp(what: string, remove: () => Promise<unknown>): () => Promise<void> {
    this.removals.set(what, remove);
    return async () => {
      this.removals.delete(what);
      await remove();
    };
  }

  /** Removes everything that was made. Returns what could not be removed, and why. */
  async removeAll(): Promise<readonly string[]> {
    const problems: string[] = [];
    for (const [what, remove] of [...this.removals].reverse()) {
      this.say(`removing ${what}`);
      await remove().catch((error: unknown) => problems.push(`${what}: ${(error as Error).message}`));
    }
    return problems;
  }
}
