import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseError, type Pool, type PoolClient, type QueryResultRow } from "pg";
import type { NameLookups } from "../common/name-lookups";
import { cancelStatement } from "./cancel";
import { DatabaseFailure, databaseFailure } from "./database-failure";
import { describeDatabaseUrl } from "./database-url";
import type { Logger } from "./logging";
import type { Logins } from "./logins";
import type { Metrics, PoolStats, QueryOutcome } from "./metrics";
import { ANSWER_MS, certificateExpiry, createPool } from "./pool";
import { refusedValue } from "./refused-value";
import type { DatabaseSettings } from "./settings";
import { WriteRefusals } from "./write-refusals";

/** One SQL statement. Each connection prepares it once under its name, which also names it in the metrics. */
export interface Statement {
  readonly name: string;
  readonly text: string;
  /** JSON pointers to the fields of the request that its values come from; undefined for a value of another origin. */
  readonly fields?: readonly (string | undefined)[];
  /** Whether it writes, and so commits outside a transaction. @default false */
  readonly writes?: boolean;
}

/** Runs a statement and returns its rows. @throws DatabaseFailure, RefusedValue, or pg's DatabaseError */
export type Run = <Row extends QueryResultRow>(statement: Statement, values?: readonly unknown[]) => Promise<Row[]>;

export interface Patience {
  /** Milliseconds within which a failing connection is retried; 0 tries once. @default as long as a request waits */
  readonly waitMs?: number;
  /** Milliseconds for everything. @default as long as a request's work may take */
  readonly timeoutMs?: number;
}

/** One request's work with the database. All of it has one deadline, and ends when its client hangs up. */
export interface RequestWork {
  /**
   * Runs one statement outside a transaction. It is done again where the connection is lost, even if one that writes has committed.
   * @throws DatabaseFailure, ClientGone, or pg's DatabaseError
   */
  readonly query: Run;
  /**
   * Commits `work`, or rolls it back if it throws. A client that hangs up stops it until the commit has begun. Where the connection
   * is lost, all of it is done again on another, even if the first commit may stand: `work` has to find what it has done.
   * @throws DatabaseFailure, ClientGone, or any error of `work`
   */
  transaction<Result>(work: (run: Run) => Promise<Result>): Promise<Result>;
}

/** Bounds of some work; times are those of `performance.now()`. */
interface Limits {
  /** End of waiting for a connection of the pool while others have it, over all tries. */
  readonly waitUntil: number;
  /** End of waiting for a server that takes no connection, over all tries; not before `waitUntil`. */
  readonly outageUntil: number;
  /** End of everything: waiting, statements, rollback. */
  readonly end: number;
  readonly hangUp?: AbortSignal | undefined;
}

/** Failures of a new connection that a later try may not meet. */
const PASSING = ["unreachable", "starting", "refused", "exhausted"];

/** Those of them that tell of no server: it restarts, or another takes over. */
const OUTAGES = ["unreachable", "starting"];

/** Requests that wait for a server at a time. Further ones wait no longer than for a busy pool, so that memory is bounded. */
const MOST_HELD = 500;

/** Marks a connection that took too long; the pool knows the reason. */
const TIME_IS_UP = Symbol("time is up");
const EXHAUSTED = new DatabaseFailure("exhausted", "Every connection of the pool is in use.", undefined);
const UNREPLICATED = new DatabaseFailure(
  "unreachable",
  "The database waits for a replica before it commits.",
  undefined,
);
const UNANSWERED = new DatabaseFailure("unreachable", "The database did not answer in time.", undefined);
const UNREPLICATED_ALONE = new DatabaseFailure("unreplicated", UNREPLICATED.message, undefined);
const OUT_OF_TIME = new DatabaseFailure("overloaded", "The database did not answer in time.", undefined);
const BEGIN = { name: "begin", text: "begin" };
const COMMIT = { name: "commit", text: "commit" };
const ROLLBACK = { name: "rollback", text: "rollback" };

/** Failures that leave the connection usable. Reconnecting after each refused write would starve the reads. */
const SOUND = ["storage-full", "read-only"];

/** Milliseconds that no commit on a sound server takes, its replica's included. */
const SLOW_COMMIT_MS = 1000;

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
  readonly #committing = new Set<{ since: number }>();
  /** Connections whose statement has no answer and gets none. */
  readonly #givenUp = new WeakSet<PoolClient>();
  #inUse = 0;
  /** The last answer, or since then the begin of work that nothing was under way beside. */
  #silentSince = performance.now();
  readonly #writeRefusals = new WriteRefusals();
  #storageFullAt: number | undefined;
  #refused: DatabaseFailure | undefined;
  /** The last outage that a request met. */
  #outage: { readonly at: number; readonly failure: DatabaseFailure } | undefined;
  #stopping = false;

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

  /** Milliseconds for which the server has answered nothing that is under way, not even with an error. */
  get silentFor(): number {
    return performance.now() - this.#silentSince;
  }

  stats(): PoolStats {
    const { totalCount: total, idleCount: idle } = this.#pool;
    const starts = [...this.#waiting].map(({ since }) => since);
    const oldestWaitMs = starts.length ? performance.now() - Math.min(...starts) : 0;
    return { total, idle, waiting: starts.length, max: this.settings.poolMax, oldestWaitMs };
  }

  /** Runs one read-only statement for no request. @throws DatabaseFailure, or pg's DatabaseError */
  async query<Row extends QueryResultRow>(statement: Statement, values?: readonly unknown[], patience: Patience = {}) {
    const limits = this.#limits(patience);
    return patience.waitMs === undefined
      ? this.#query<Row>(limits, statement, values)
      : this.#with(await this.#acquire(limits), limits, (client) => this.#run<Row>(client, limits, statement, values));
  }

  /** Begins a request's work, whose time runs from now on. `hangUp` is aborted with a ClientGone. */
  forRequest(hangUp: AbortSignal): RequestWork {
    const limits = { ...this.#limits({}), hangUp };
    return {
      query: (statement, values) => this.#query(limits, statement, values),
      transaction: (work) => this.#transaction(limits, work),
    };
  }

  async #query<Row extends QueryResultRow>(limits: Limits, statement: Statement, values?: readonly unknown[]) {
    const ask = () => this.#againIfLost(limits, (client) => this.#run<Row>(client, limits, statement, values));
    if (!statement.writes) return await ask();
    const rows = await this.#writeRefusals.watch(ask);
    this.#storageFullAt = undefined;
    return rows;
  }

  async #transaction<Result>(limits: Limits, work: (run: Run) => Promise<Result>): Promise<Result> {
    const result = await this.#againIfLost(limits, async (client) => {
      const run: Run = (statement, values) => this.#run(client, limits, statement, values);
      await run(BEGIN);
      const done = await work(run);
      limits.hangUp?.throwIfAborted();
      await this.#commit(client, limits);
      return done;
    });
    this.#storageFullAt = undefined;
    return result;
  }

  async #commit(client: PoolClient, limits: Limits): Promise<void> {
    const commit = { since: performance.now() };
    this.#committing.add(commit);
    try {
      // Nobody could tell whether a commit that was given up had come through.
      await this.#run(client, { ...limits, hangUp: undefined }, COMMIT);
    } finally {
      this.#committing.delete(commit);
    }
  }

  /** From now on no request waits for a server longer than for a busy pool, so that a stop in an outage is not forced. */
  holdNoLonger(): void {
    this.#stopping = true;
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
   * Repeats work on another connection, within the request's wait. A pooled connection may have died unnoticed, and
   * after a crash all of them have.
   */
  async #againIfLost<Result>(limits: Limits, work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    for (;;) {
      const client = await this.#acquire(limits);
      try {
        return await this.#with(client, limits, work);
      } catch (error) {
        const lost = error instanceof DatabaseFailure && error.kind === "unreachable";
        if (!lost || this.#pool.ending || performance.now() > this.#triesUntil(error, limits)) throw error;
        await sleep(PAUSE_MS);
      }
    }
  }

  #limits({ waitMs, timeoutMs }: Patience): Limits {
    const { poolWaitMs, outageWaitMs, statementTimeoutMs } = this.settings;
    const now = performance.now();
    // A statement has all its time, however late it gets a connection.
    const end = now + (timeoutMs ?? outageWaitMs + statementTimeoutMs + ANSWER_MS);
    const until = (milliseconds: number) => Math.min(now + (waitMs ?? milliseconds), end);
    return { waitUntil: until(poolWaitMs), outageUntil: until(outageWaitMs), end };
  }

  /** Time after which nothing is tried again that failed so; 0 for what no later try can mend. */
  #triesUntil(failure: unknown, { waitUntil, outageUntil }: Limits): number {
    if (!(failure instanceof DatabaseFailure) || !PASSING.includes(failure.kind)) return 0;
    const held = OUTAGES.includes(failure.kind) && !this.#stopping && this.#waiting.size <= MOST_HELD;
    return held ? outageUntil : waitUntil;
  }

  /** Does some work with a connection, and gives it back. */
  async #with<Result>(
    client: PoolClient,
    limits: Limits,
    work: (client: PoolClient) => Promise<Result>,
  ): Promise<Result> {
    this.#inUse += 1;
    // A lost connection fails its next statement, which is enough.
    const onError = (error: Error) => this.log.warn({ err: error }, "A database connection was lost while in use");
    client.on("error", onError);
    let broken = false;
    try {
      return await work(client);
    } catch (error) {
      broken = !(await this.#recover(client, limits, error));
      throw this.#named(error);
    } finally {
      this.#inUse -= 1;
      client.removeListener("error", onError);
      client.release(broken);
    }
  }

  /** Waits for a connection and retries passing failures as long as `limits` have it for them. */
  async #acquire(limits: Limits): Promise<PoolClient> {
    const { waitUntil, outageUntil, end, hangUp } = limits;
    const waiting = { since: performance.now() };
    if (this.#inUse === 0 && this.#waiting.size === 0) this.#silentSince = waiting.since;
    this.#waiting.add(waiting);
    const left = (until: number) => until - performance.now();
    // Work that does not wait tries once, as long as the pool allows. In an outage, so long does each try.
    const last = left(outageUntil) > 0 ? outageUntil : end;
    const limit = () => (left(waitUntil) > 0 ? left(waitUntil) : Math.min(this.settings.poolWaitMs, left(last)));
    let before: unknown;
    try {
      for (let pause = 50; ; pause = Math.min(pause * 2, 800)) {
        hangUp?.throwIfAborted();
        try {
          const client = await this.#connect(limit(), hangUp);
          this.#refused = undefined;
          return client;
        } catch (error) {
          const late = error === TIME_IS_UP;
          const busy = late && this.#inUse >= this.settings.poolMax;
          const failure = busy ? this.#whyBusy(waiting.since) : late ? this.#whyLate() : this.#named(error);
          // A full pool does not explain why it cannot connect.
          const refused = !busy && failure instanceof DatabaseFailure && failure.message !== EXHAUSTED.message;
          if (refused) this.#refused = failure;
          // An earlier failure says more than the end of the time.
          const known = late ? (before ?? failure) : failure;
          if (performance.now() + pause > this.#triesUntil(known, limits) || this.#pool.ending) throw known;
          before = known;
          await sleep(pause);
        }
      }
    } finally {
      this.#waiting.delete(waiting);
    }
  }

  /**
   * Blames the requests that hold every connection, unless there was an outage since the wait began, which held up more than those.
   * A commit that waits for a replica is one, too.
   */
  #whyBusy(since: number): DatabaseFailure {
    const now = performance.now();
    const commitStalls = [...this.#committing].some((commit) => now - commit.since > SLOW_COMMIT_MS);
    if (commitStalls) this.#outage = { at: now, failure: UNREPLICATED };
    return this.#outage && this.#outage.at >= since ? this.#outage.failure : EXHAUSTED;
  }

  /** Blames a lookup that took most of the wait, then the server's last refusal or silence. */
  #whyLate(): DatabaseFailure {
    return databaseFailure(this.#lookups.openFor(this.settings.poolWaitMs / 2)) ?? this.#refused ?? UNANSWERED;
  }

  /** The pool's own limit begins anew with each try, so this bounds all of them. A late connection goes back. */
  async #connect(milliseconds: number, hangUp?: AbortSignal): Promise<PoolClient> {
    const connecting = this.#pool.connect();
    try {
      return await firstOf(connecting, milliseconds, TIME_IS_UP, hangUp);
    } catch (error) {
      connecting.then((client) => client.release()).catch(() => undefined);
      throw error;
    }
  }

  async #run<Row extends QueryResultRow>(
    client: PoolClient,
    { end, hangUp }: Limits,
    { name, text, fields, writes }: Statement,
    values: readonly unknown[] = [],
  ): Promise<Row[]> {
    hangUp?.throwIfAborted();
    const started = performance.now();
    if (started >= end) throw OUT_OF_TIME;
    // The server's limit for statements does not hold for a commit that waits for a replica.
    const own = name === COMMIT.name ? Number.POSITIVE_INFINITY : this.settings.statementTimeoutMs + ANSWER_MS;
    const left = Math.min(end - started, own);
    let outcome: QueryOutcome = "error";
    const asked = client.query<Row>({ name, text, values: [...values] });
    try {
      const { rows } = await firstOf(asked, left, OUT_OF_TIME, hangUp);
      this.#silentSince = performance.now();
      outcome = "ok";
      return rows;
    } catch (error) {
      if (error instanceof DatabaseError) this.#silentSince = performance.now();
      const cancelled = hangUp?.aborted && error === hangUp.reason;
      if (cancelled) outcome = "cancelled";
      if (cancelled || error === OUT_OF_TIME) this.#giveUp(client, name);
      // The server's own limit for the statement has passed, so that it can only be committing.
      if (error === OUT_OF_TIME && writes && left === own) throw UNREPLICATED_ALONE;
      throw refusedValue(error, fields) ?? error;
    } finally {
      this.metrics.query(name, (performance.now() - started) / 1000, outcome);
    }
  }

  /** Has the server cancel what it does for nobody. Its connection is closed, since the cancellation may come late. */
  #giveUp(client: PoolClient, name: string): void {
    this.#givenUp.add(client);
    // A cancelled commit stands, without the replicas that it waited for.
    if (name === COMMIT.name) return;
    cancelStatement(client).catch((error: unknown) =>
      this.log.warn({ err: error }, "A statement could not be cancelled; the server ends it by its own limit"),
    );
  }

  /** Rolls back. True if the connection can be used again. */
  async #recover(client: PoolClient, { end }: Limits, error: unknown): Promise<boolean> {
    const failure = databaseFailure(error);
    if (this.#givenUp.has(client) || (failure && !SOUND.includes(failure.kind))) return false;
    try {
      await this.#run(client, { waitUntil: end, outageUntil: end, end }, ROLLBACK);
      return true;
    } catch (refused) {
      this.log.warn({ err: refused }, "A transaction could not be rolled back; its connection is closed");
      return false;
    }
  }

  #named(error: unknown): unknown {
    const failure = databaseFailure(error);
    if (failure?.kind === "storage-full") this.#storageFullAt = performance.now();
    if (failure && OUTAGES.includes(failure.kind)) this.#outage = { at: performance.now(), failure };
    return failure ?? error;
  }
}

/** Waits for `work`; rejects with `late` after so many milliseconds, or with the reason of `hangUp` when that is aborted. */
function firstOf<Result>(
  work: Promise<Result>,
  milliseconds: number,
  late: unknown,
  hangUp?: AbortSignal,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      clearTimeout(clock);
      hangUp?.removeEventListener("abort", onHangUp);
      settle();
    };
    const clock = setTimeout(() => end(() => reject(late)), Math.max(0, milliseconds));
    const onHangUp = () => end(() => reject(hangUp?.reason));
    hangUp?.addEventListener("abort", onHangUp);
    work.then(
      (result) => end(() => resolve(result)),
      (error: unknown) => end(() => reject(error)),
    );
  });
}
