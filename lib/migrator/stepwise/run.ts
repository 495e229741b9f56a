import { stopped } from "../base/errors";
import { assertServerWritable } from "../database/read-only";
import { attempt, type Failure, type RunnerOptions } from "../run/attempt";
import { checkRefusal } from "../run/checks";
import { pauseBeforeRetry, RETRIED } from "../run/runner";
import { buildMessage, partsOf } from "../sql/message";
import { PATIENT } from "../sql/nature";
import type { Step } from "../sql/steps";
import { checkFailure, completionFailure, editedAfterAll, interrupted, standing, stepFailure } from "./failure";
import type { StepwiseJob } from "./job";
import { giveUp, tellLeftovers, traceOf } from "./leftovers";
import type { Recorder } from "./progress";
import { observe, settle, type Trace } from "./traces";

/**
 * The server's codes for a statement that cannot run in a transaction (25001), and for COMMIT in a block or procedure
 * (2D000).
 */
const NOT_IN_TRANSACTION = new Set(["25001", "2D000"]);

/** One run of a file, until its end or first failure. */
export class StepwiseRun {
  /** Number of statements that are finished and recorded. */
  #finished: number;
  /** Trace of the statement under way, if it runs outside of a transaction. */
  #trace: Trace | undefined;

  constructor(
    private readonly job: StepwiseJob,
    private readonly options: RunnerOptions,
    private readonly recorder: Recorder,
  ) {
    this.#finished = job.unfinished?.finished ?? 0;
    this.#trace = traceOf(job.unfinished?.rows[this.#finished]);
  }

  async run(): Promise<void> {
    const { checks, unfinished } = this.job;
    if (checks && !unfinished) await this.#check(checks);
    try {
      await this.#begin();
      for (const step of this.job.steps) {
        if (step.number > this.#finished) await this.#step(step);
        else if (step.session) await this.options.client.query(step.text);
      }
      await this.#complete();
    } catch (error) {
      throw interrupted(error, this.job, this.#finished);
    }
  }

  async #begin(): Promise<void> {
    const { unfinished, steps, mark, before, migration } = this.job;
    const { client, log } = this.options;
    const [first] = steps;
    if (unfinished || !first) {
      log({
        level: "info",
        event: "resuming",
        message: `${migration.id} goes on with statement ${this.#finished + 1} of ${steps.length}.`,
        version: migration.version,
        statement: this.#finished + 1,
      });
      if (unfinished && !steps[this.#finished]) await giveUp(unfinished, this.options);
      return;
    }
    // Refuse before anything is written.
    if (first.nature.kind !== "transaction") await observe(client, first.nature, () => {});
    await client.query(this.recorder.begin(mark, first, before));
  }

  /** Before anything is written: nothing is begun if a check refuses the file. */
  async #check(checks: string): Promise<void> {
    for (let tries = 1; ; tries++) {
      const failure = await attempt([`begin read only;\n${checks}commit`], this.options);
      if (!failure) return;
      const { error } = failure;
      if (!RETRIED.has(error.code ?? "") || tries >= this.options.lockTries)
        throw (
          checkRefusal(this.job, error, this.options.withholdValues) ??
          checkFailure(this.job, failure, tries, this.options)
        );
      await pauseBeforeRetry(failure, tries, this.job, this.options);
    }
  }

  async #step(step: Step): Promise<void> {
    for (let tries = 1; ; tries++) {
      if (this.options.signal?.aborted) throw stopped();
      await assertServerWritable(this.options.client, this.options.connection, standing(this.job, this.#finished));
      if (this.#trace && (await this.#settle(step, this.#trace))) return;
      const { failure, start } = await this.#try(step);
      if (!failure) return;
      if (!this.#mayRetry(failure, tries)) {
        throw await stepFailure({ ...this.job, step, start, failure, tries, trace: this.#trace }, this.options);
      }
      await pauseBeforeRetry(failure, tries, this.job, this.options);
    }
  }

  /** Never retries a block or procedure that commits by itself: only its author knows what it has done so far. */
  #mayRetry({ error }: Failure, tries: number): boolean {
    const safe = this.#trace === undefined || this.#trace.kind !== "transaction";
    return safe && RETRIED.has(error.code ?? "") && tries < this.options.lockTries;
  }

  /** Settles a statement that an earlier run began. True if it had finished. */
  async #settle(step: Step, trace: Trace): Promise<boolean> {
    const settlement = await settle(this.options.client, trace);
    const { done, repair } = settlement;
    tellLeftovers(settlement, this.options);
    await this.#patiently(step, "");
    for (const sql of repair) {
      const failure = await attempt([sql], this.options);
      if (failure)
        throw await stepFailure({ ...this.job, step, failure, tries: 1, trace, start: undefined }, this.options);
    }
    this.#trace = undefined;
    if (!done) return false;
    const begun = this.job.unfinished?.rows[step.number - 1];
    if (begun && begun.checksum !== step.checksum) throw editedAfterAll(this.job, step);
    await this.#finish(step);
    return true;
  }

  /** Runs the statement and its record in one transaction, or by itself if the server refuses that. */
  async #try(step: Step): Promise<{ failure?: Failure | undefined; start: number }> {
    if (step.nature.kind === "transaction") {
      const { text, bodyStart } = this.recorder.together(step);
      const failure = await attempt([text], this.options);
      if (!failure) this.#finished = step.number;
      if (!failure || !NOT_IN_TRANSACTION.has(failure.error.code ?? "")) return { failure, start: bodyStart };
    }
    return { failure: await this.#alone(step), start: 0 };
  }

  async #alone(step: Step): Promise<Failure | undefined> {
    const { client, log } = this.options;
    const trace = await observe(client, step.nature, log);
    await this.#patiently(step, `${this.recorder.started(step, trace)};`);
    this.#trace = trace;
    const failure = await attempt([step.text], this.options);
    if (failure) return failure;
    this.#trace = undefined;
    await this.#finish(step);
    return undefined;
  }

  async #finish(step: Step): Promise<void> {
    await this.options.client.query(this.recorder.finished(step) + this.#lockTimeout(step, this.#limit));
    this.#finished = step.number;
  }

  async #patiently(step: Step, before: string): Promise<void> {
    const sql = before + (PATIENT.has(step.nature.kind) ? this.#lockTimeout(step, "0") : "");
    if (sql) await this.options.client.query(sql);
  }

  get #limit(): string {
    return `${this.options.limits.lockTimeoutSeconds}s`;
  }

  /** Keeps a lock_timeout that the file itself has set. */
  #lockTimeout(step: Step, value: string): string {
    const own = this.job.steps.some(({ setsLockTimeout, number }) => setsLockTimeout && number < step.number);
    return own || !PATIENT.has(step.nature.kind) ? "" : `;set lock_timeout = '${value}'`;
  }

  /** Commits the record, golang-migrate's row, privileges and the end of the file's settings together. */
  async #complete(): Promise<void> {
    const { limits } = this.options;
    const message = buildMessage({ body: "", statements: 0, before: "", after: this.job.after, limits });
    for (let tries = 1; ; tries++) {
      const failure = await attempt(partsOf(message), this.options);
      if (!failure) return;
      if (!RETRIED.has(failure.error.code ?? "") || tries >= this.options.lockTries) {
        throw completionFailure(this.job, failure, tries, this.options);
      }
      await pauseBeforeRetry(failure, tries, this.job, this.options);
    }
  }
}
