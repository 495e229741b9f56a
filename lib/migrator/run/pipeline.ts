import type { Client, DatabaseError } from "pg";
import { EXIT } from "../../contract";
import { MigrateError, stopped } from "../base/errors";
import type { BlockerWatch } from "../database/blockers";
import { connect, isLostConnection } from "../database/connection";
import { HELD_BACK, holdBack } from "../database/guard";
import { partsOf } from "../sql/message";
import {
  backend,
  cancelAfterSignal,
  type Failure,
  type RunnerOptions,
  rollBack,
  tellNotice,
  watchBlockers,
} from "./attempt";
import { type Job, messageOf, run } from "./runner";
import { lengthOf, MessageQuery, type Parts } from "./send";

/**
 * Messages sent ahead of their answers. Sixteen hide 20 ms of distance for migrations of a millisecond. More would go
 * on running after a signal, and fill the server's log when one fails, because every later one fails too.
 */
const MOST_JOBS = 16;
const MOST_CHARACTERS = 256 * 1024;

interface Sent {
  readonly job: Job;
  readonly parts: Parts;
}

/**
 * Sends migrations without waiting for the last one's answer. Each is still its own message and transaction. A guard at
 * its start fails unless its predecessor is recorded, so the first failure stops all later ones. A failure worth
 * retrying runs by itself until it succeeds; the rest is sent again.
 */
export class Pipeline {
  /** Sent and not yet known to have succeeded, in order. */
  readonly #jobs: Sent[] = [];
  readonly #closing: Promise<void>[] = [];
  readonly #notice: ReturnType<typeof tellNotice>;
  /** Watches for sessions that block the message at the server. */
  #watch: BlockerWatch | undefined;
  #stopWaiting = () => {};
  #unanswered = 0;
  #completed = 0;
  #failure: Failure | undefined;
  /** A contradiction that must never happen: a success after a failure, or an error after a success. */
  #defect: unknown;
  #wake: (() => void)[] = [];

  /** `done` is called for each committed migration, with its milliseconds. */
  constructor(
    private readonly options: RunnerOptions,
    private readonly done: (job: Job, milliseconds: number) => void,
  ) {
    this.#notice = tellNotice(options.log);
  }

  /** Waits for room, then sends the job. @throws MigrateError of any job sent before, see `run` */
  async send(job: Job): Promise<void> {
    const parts = partsOf(messageOf(job, this.options));
    await this.#until(() => !this.#failure && this.#hasRoomFor(parts));
    if (this.options.signal?.aborted) {
      await this.finish();
      throw stopped(`${job.migration.id} was not started.`);
    }
    const sent = { job, parts };
    this.#jobs.push(sent);
    this.#transmit(sent);
  }

  /** Resolves when everything that was sent is committed. @throws MigrateError, see `run` */
  async finish(): Promise<void> {
    await this.#until(() => this.#jobs.length === 0);
  }

  /** Waits for all outstanding answers, successes and failures alike. */
  async close(): Promise<void> {
    while (this.#unanswered > 0) await this.#change();
    await Promise.all(this.#closing);
  }

  #hasRoomFor(parts: Parts): boolean {
    const characters = this.#jobs.reduce((sum, sent) => sum + lengthOf(sent.parts), lengthOf(parts));
    return this.#jobs.length === 0 || (this.#jobs.length < MOST_JOBS && characters <= MOST_CHARACTERS);
  }

  #transmit(sent: Sent): void {
    if (this.#unanswered++ === 0) this.#listen();
    this.#watch ??= watchBlockers(this.options);
    // The callback runs while the answer is read, so the next message's statements are not counted here.
    this.options.client.query(
      new MessageQuery(sent.parts, (error, milliseconds) => this.#answered(sent, error, milliseconds)),
    );
  }

  #answered(sent: Sent, error: Error | undefined, milliseconds: number): void {
    if (--this.#unanswered === 0) this.#ignore();
    if (this.#failure) {
      // Its guard or an earlier failure has stopped it, so a success here is a contradiction.
      if (!error) this.#defect ??= new MigrateError(EXIT.failure, `${sent.job.migration.id} ran after a failure.`);
    } else if (error) {
      const blockers = this.#watch?.blockers ?? [];
      this.#failure = { error: error as DatabaseError, completed: this.#completed, blockers };
      this.#stopWatch();
    } else {
      this.#succeeded(milliseconds);
    }
    for (const wake of this.#wake.splice(0)) wake();
  }

  #succeeded(milliseconds: number): void {
    const job = this.#jobs.shift()?.job;
    this.#stopWatch();
    if (this.#jobs.length > 0) this.#watch = watchBlockers(this.options);
    try {
      if (job) this.done(job, milliseconds);
    } catch (error) {
      this.#defect ??= error;
    }
  }

  #stopWatch(): void {
    if (this.#watch) this.#closing.push(this.#watch.stop());
    this.#watch = undefined;
  }

  async #until(enough: () => boolean): Promise<void> {
    for (;;) {
      if (this.#defect) throw this.#defect;
      if (this.#failure && this.#unanswered === 0) await this.#recover(this.#failure);
      else if (enough()) return;
      else await this.#change();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake.push(resolve);
    });
  }

  /**
   * Runs the failed migration by itself until it succeeds, then sends the rest again.
   * @throws MigrateError if it never does
   */
  async #recover(failure: Failure): Promise<void> {
    const [failed, ...rest] = this.#jobs;
    if (!failed) return;
    const { signal } = this.options;
    const stoppedBefore = ({ migration }: Job) => stopped(`${migration.id} was not started.`);
    if (signal?.aborted && failure.error.message.includes(HELD_BACK)) throw stoppedBefore(failed.job);
    // Earlier messages must not run between the tries.
    await this.close();
    if (!isLostConnection(failure.error)) await rollBack(this.options.client);
    const milliseconds = await run(failed.job, this.options, failure);
    this.#failure = undefined;
    this.#jobs.shift();
    this.done(failed.job, milliseconds);
    if (signal?.aborted && rest[0]) throw stoppedBefore(rest[0].job);
    for (const sent of rest) this.#transmit(sent);
  }

  #listen(): void {
    this.#completed = 0;
    const { client } = this.options;
    client.on("notice", this.#notice);
    client.connection.on("commandComplete", this.#countStatement);
    client.connection.on("readyForQuery", this.#countNothing);
    this.#stopWaiting = cancelAfterSignal(this.options);
    this.options.signal?.addEventListener("abort", this.#onAbort);
  }

  #ignore(): void {
    const { client } = this.options;
    client.off("notice", this.#notice);
    client.connection.off("commandComplete", this.#countStatement);
    client.connection.off("readyForQuery", this.#countNothing);
    this.#stopWaiting();
    this.options.signal?.removeEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = () => {
    this.#closing.push(this.#holdBack());
  };

  /** Stops messages that were sent and have not begun. */
  async #holdBack(): Promise<void> {
    const { connection, client, log } = this.options;
    let other: Client | undefined;
    try {
      other = await connect({ connection, purpose: "migrate stop", tries: () => 1 });
      await other.query(holdBack(backend(client)));
      while (this.#unanswered > 0) await this.#change();
    } catch (error) {
      const message = `What was sent already cannot be held back, and may run: ${String(error)}`;
      log({ level: "warn", event: "hold-back-failed", message });
    } finally {
      await other?.end();
    }
  }

  readonly #countStatement = () => {
    this.#completed++;
  };

  readonly #countNothing = () => {
    this.#completed = 0;
  };
}
