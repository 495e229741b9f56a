import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Pool, PoolClient, QueryConfig, QueryResultRow } from "pg";
import type { NameLookups } from "../common/name-lookups";
import { DatabaseFailure, databaseFailure } from "./database-failure";
import { describeDatabaseUrl } from "./database-url";
import type { Logger } from "./logging";
import type { Logins } from "./logins";
import type { Metrics, PoolStats } from "./metrics";
import { ANSWER_MS, certificateExpiry, createPool } from "./pool";
import type { DatabaseSettings } from "./settings";

/** One SQL statement. Each connection prepares it once under its name, which also names it in the metrics. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Runs a statement and returns its rows. @throws DatabaseFailure, or pg's DatabaseError */
export type Run = <Row extends QueryResultRow>(statement: Statement, values?: readonly unknown[]) => Promise<Row[]>;

export interface Patience {
  /** Milliseconds within which a failing connection is retried; 0 tries once. @default settings.poolWaitMs */
  readonly waitMs?: number;
  /** Milliseconds that the statement may take. @default a little more than the server's own limit */
  readonly timeoutMs?: number;
}

/** Failures of a new connection that a later try may not meet. */
const PASSING = ["unreachable", "starting", "refused", "exhausted"];

/** Marks a connection that took too long; the pool knows the reason. */
const TIME_IS_UP = Symbol("time is up");
const EXHAUSTED = new DatabaseFailure("exhausted", "Every connection of the pool is in use.", undefined);
const UNANSWERED = new DatabaseFailure("unreachable", "The database did not answer in time.", undefined);

/** Failures that leave the connection usable. Reconnecting after each refused write would starve the reads. */
const SOUND = ["storage-full", "read-only"];

/** Milliseconds before a request tries another connection after a lost one. */
const PAUSE_MS = 20;

/** Milliseconds that the server may take to end idle connections. */
const CLOSE_TIMEOUT_MS = 3000;

/** The pool with bounded waits and named failures. */
export class Database {
  readonly #pool: Pool;
  readonly #logins: Logins;
  readonly #lookups: NameLookups;
  readonly #waiting = new Set<{ since: number }>();
  #inUse = 0;
  #storageFullAt: number | undefined;
  #refused: DatabaseFailure | undefined;

  constructor(
    private readonly settings: DatabaseSettings,
    private readonly log: Logger,
    private readonly metrics: Metrics,
  ) {
    const { pool, logins, lookups } = createPool(settings, log);
    this.#pool = pool;
    this.#logins = logins;
    this.#lookups = lookups;
    metrics.watchPool(() => this.stats());
    pool.on("connect", (client) => {
      const expiry = certificateExpiry(client);
      if (expiry) metrics.certificateExpiry(expiry);
    });
  }

  /** `role@host:port/database`. */
  get target(): string {
    return describeDatabaseUrl(this.#logins.url);
  }

  /** Milliseconds since the server last refused a write for lack of space; undefined after a successful write. */
  get storageFullFor(): number | undefined {
    return this.#storageFullAt === undefined ? undefined : performance.now() - this.#storageFullAt;
  }

  /** The reason why the last connection failed; undefined if it succeeded. */
  get refusal(): string | undefined {
    return this.#refused?.message;
  }

  stats(): PoolStats {
    const { totalCount: total, idleCount: idle } = this.#pool;
    const starts = [...this.#waiting].map(({ since }) => since);
    const oldestWaitMs = starts.length ? performance.now() - Math.min(...starts) : 0;
    return { total, idle, waiting: starts.length, max: this.settings.poolMax, oldestWaitMs };
  }

  /** Runs one read-only statement outside a transaction. @throws DatabaseFailure, or pg's DatabaseError */
  async query<Row extends QueryResultRow>(statement: Statement, values?: readonly unknown[], patience: Patience = {}) {
    const deadline = this.#deadline(patience.waitMs);
    const ask = () =>
      this.#withClient(deadline, (client) => this.#run<Row>(client, statement, values, patience.timeoutMs));
    return patience.waitMs === undefined ? this.#againIfLost(deadline, ask, () => true) : ask();
  }

  /**
   * Commits `work`, or rolls it back if it throws. Its statements together take no longer than one alone may, so that a caller's
   * wait has a bound.
   * @throws DatabaseFailure, or any error of `work`
   */
  async transaction<Result>(work: (run: Run) => Promise<Result>): Promise<Result> {
    let begun = false;
    const deadline = this.#deadline();
    const attempt = () =>
      this.#withClient(deadline, async (client) => {
        const end = performance.now() + this.settings.statementTimeoutMs + ANSWER_MS;
        const run: Run = (statement, values) =>
          this.#run(client, statement, values, Math.max(1, end - performance.now()));
        await run({ name: "begin", text: "begin" });
        begun = true;
        const done = await work(run);
        await run({ name: "commit", text: "commit" });
        return done;
      });
    const result = await this.#againIfLost(deadline, attempt, () => !begun);
    this.#storageFullAt = undefined;
    return result;
  }

  /** Waits for running work and closes every connection, but does not wait for a silent server. */
  async close(): Promise<void> {
    const clock = new AbortController();
    const timeout = sleep(CLOSE_TIMEOUT_MS, "timeout", { signal: clock.signal }).catch(() => undefined);
    const first = await Promise.race([this.#pool.end(), timeout]);
    clock.abort();
    if (first === "timeout") this.log.warn("The database did not close its connections; leaving them");
  }

  /**
   * Repeats a read on another connection, within the request's wait. A pooled connection may have died unnoticed, and
   * after a crash all of them have.
   */
  async #againIfLost<Result>(deadline: number, attempt: () => Promise<Result>, isSafe: () => boolean): Promise<Result> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        const lost = error instanceof DatabaseFailure && error.kind === "unreachable";
        if (!lost || !isSafe() || this.#pool.ending || performance.now() > deadline) throw error;
        await sleep(PAUSE_MS);
      }
    }
  }

  /** End of a request's waiting for connections, over all its tries. */
  #deadline(waitMs = this.settings.poolWaitMs): number {
    return performance.now() + waitMs;
  }

  async #withClient<Result>(deadline: number, work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    const client = await this.#acquire(deadline);
    this.#inUse += 1;
    // A lost connection fails its next statement, which is enough.
    const onError = (error: Error) => this.log.warn({ err: error }, "A database connection was lost while in use");
    client.on("error", onError);
    let broken = false;
    try {
      return await work(client);
    } catch (error) {
      broken = !(await this.#recover(client, error));
      throw this.#named(error);
    } finally {
      this.#inUse -= 1;
      client.removeListener("error", onError);
      client.release(broken);
    }
  }

  /** Waits for a connection and retries passing failures until `deadline`. */
  async #acquire(deadline: number): Promise<PoolClient> {
    const waiting = { since: performance.now() };
    this.#waiting.add(waiting);
    const left = () => deadline - performance.now();
    // A request that does not wait tries once, as long as the pool allows.
    const limit = left() > 0 ? left : () => this.settings.poolWaitMs;
    let before: unknown;
    try {
      for (let pause = 50; ; pause = Math.min(pause * 2, 800)) {
        try {
          const client = await this.#connect(limit());
          this.#refused = undefined;
          return client;
        } catch (error) {
          const failure = error === TIME_IS_UP ? this.#late() : this.#named(error);
          // A full pool does not explain why it cannot connect.
          const refused = failure instanceof DatabaseFailure && failure.message !== EXHAUSTED.message;
          if (refused) this.#refused = failure;
          const passing = failure instanceof DatabaseFailure && PASSING.includes(failure.kind);
          // An earlier failure says more than the end of the time.
          const last = error === TIME_IS_UP ? (before ?? failure) : failure;
          if (!passing || performance.now() + pause > deadline || this.#pool.ending) throw last;
          before = last;
          await sleep(pause);
        }
      }
    } finally {
      this.#waiting.delete(waiting);
    }
  }

  /**
   * Blames the requests if they hold every connection, then a lookup that took most of the wait, then the server's last
   * refusal or silence.
   */
  #late(): DatabaseFailure {
    if (this.#inUse >= this.settings.poolMax) return EXHAUSTED;
    return databaseFailure(this.#lookups.openFor(this.settings.poolWaitMs / 2)) ?? this.#refused ?? UNANSWERED;
  }

  /** The pool's own limit begins anew with each try, so this bounds all of them. A late connection goes back. */
  async #connect(milliseconds: number): Promise<PoolClient> {
    const connecting = this.#pool.connect();
    const clock = new AbortController();
    const timeout = sleep(Math.max(0, milliseconds), undefined, { signal: clock.signal }).then(
      () => Promise.reject(TIME_IS_UP),
      () => connecting,
    );
    try {
      return await Promise.race([connecting, timeout]);
    } catch (error) {
      if (error === TIME_IS_UP) connecting.then((client) => client.release()).catch(() => undefined);
      throw error;
    } finally {
      clock.abort();
    }
  }

  async #run<Row extends QueryResultRow>(
    client: PoolClient,
    statement: Statement,
    values: readonly unknown[] = [],
    timeoutMs?: number,
  ): Promise<Row[]> {
    const started = performance.now();
    let outcome: "ok" | "error" = "error";
    try {
      const { name, text } = statement;
      const config: QueryConfig & { query_timeout?: number } = { name, text, values: [...values] };
      if (timeoutMs !== undefined) config.query_timeout = timeoutMs;
      const { rows } = await client.query<Row>(config);
      outcome = "ok";
      return rows;
    } finally {
      this.metrics.query(statement.name, (performance.now() - started) / 1000, outcome);
    }
  }

  /** Rolls back. True if the connection can be used again. */
  async #recover(client: PoolClient, error: unknown): Promise<boolean> {
    const failure = databaseFailure(error);
    if (failure && !SOUND.includes(failure.kind)) return false;
    try {
      await client.query("rollback");
      return true;
    } catch (refused) {
      this.log.warn({ err: refused }, "A transaction could not be rolled back; its connection is closed");
      return false;
    }
  }

  #named(error: unknown): unknown {
    const failure = databaseFailure(error);
    if (failure?.kind === "storage-full") this.#storageFullAt = performance.now();
    return failure ?? error;
  }
}
