import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "./database";
import { DatabaseFailure } from "./database-failure";
import type { Logger } from "./logging";
import { judgeSchema, type Schema } from "./schema";
import type { Startup } from "./startup";

export interface Check {
  /** A warning leaves the service ready. */
  readonly status: "ok" | "warning" | "failed";
  readonly message: string;
}

export interface ReadinessReport {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, Check>>;
}

/** Milliseconds for which a database answer is reused, so that probes cannot load it. */
const CACHE_MS = 1000;
/** Milliseconds that the database may take; a probe's timeout must be longer. */
const TIMEOUT_MS = 2000;
/** A request that waits this long for a connection shows an exhausted pool, not merely a busy one. */
const EXHAUSTED_AFTER_MS = 500;
/** Milliseconds for which a refused write is reported, unless a write succeeds. */
const STORAGE_MEMORY_MS = 60_000;

const READ_ONLY =
  "The database takes no writes, as its pod has it while its volume is nearly full: they are answered with 503 until space is freed.";

const ok = (message: string): Check => ({ status: "ok", message });
const failed = (message: string): Check => ({ status: "failed", message });

/** Tells whether requests should be sent here, and if not, why. */
export class Readiness {
  /** Set when the service begins to stop; it never becomes ready again. */
  stopping = false;
  #cached: { at: number; checks: Promise<Record<string, Check>> } | undefined;
  #last: boolean | undefined;
  /** The database's last answer. A busy pool does not ask it, and must not forget. */
  #readOnly = false;

  constructor(
    private readonly database: Database,
    private readonly startup: Startup,
    private readonly log: Logger,
    private readonly schema: Schema,
  ) {}

  async report(): Promise<ReadinessReport> {
    const checks = await this.#checks();
    const ready = Object.values(checks).every(({ status }) => status !== "failed");
    if (ready !== this.#last) {
      this.#last = ready;
      const reasons = Object.values(checks).flatMap(({ status, message }) => (status === "failed" ? [message] : []));
      if (ready) this.log.info({ checks }, "Readiness is now true");
      else this.log.warn({ checks }, `Readiness is now false: ${reasons.join(" ")}`);
    }
    return { ready, checks };
  }

  async #checks(): Promise<Record<string, Check>> {
    if (this.stopping) return { lifecycle: failed("The service is stopping.") };
    if (this.startup.waitingFor) return { lifecycle: failed(this.startup.waitingFor) };
    const pool = this.#checkPool();
    // On an exhausted pool, asking the database would only lengthen the queue.
    const { idle, total, max } = this.database.stats();
    const asked = idle === 0 && total >= max ? {} : await this.#askDatabase();
    return { lifecycle: ok("The service has started."), pool, storage: this.#checkStorage(), ...asked };
  }

  /** One query at a time and at most one a second, for any number of probes. */
  #askDatabase(): Promise<Record<string, Check>> {
    const now = performance.now();
    if (!this.#cached || now - this.#cached.at > CACHE_MS) this.#cached = { at: now, checks: this.#checkDatabase() };
    return this.#cached.checks;
  }

  async #checkDatabase(): Promise<Record<string, Check>> {
    try {
      const state = await withinTimeout(this.schema.read({ waitMs: TIMEOUT_MS / 2, timeoutMs: TIMEOUT_MS }));
      this.#readOnly = state.readOnly;
      return { database: ok(`${this.database.target} answers.`), schema: judgeSchema(state) };
    } catch (error) {
      if (error instanceof DatabaseFailure) return { database: failed(error.message) };
      this.log.error({ err: error }, "The readiness check failed unexpectedly");
      return { database: failed("The check failed unexpectedly; see the log.") };
    }
  }

  #checkPool(): Check {
    const { total, idle, max, waiting, oldestWaitMs } = this.database.stats();
    const { refusal } = this.database;
    const text = `${total - idle} of ${max} connections in use, ${waiting} requests waiting.${refusal ? ` No new one can be made: ${refusal}` : ""}`;
    return idle === 0 && total >= max && oldestWaitMs >= EXHAUSTED_AFTER_MS ? failed(text) : ok(text);
  }

  /** Reads still work on a full volume, and no other pod could write either. */
  #checkStorage(): Check {
    if (this.#readOnly) return { status: "warning", message: READ_ONLY };
    const { storageFullFor } = this.database;
    if (storageFullFor === undefined || storageFullFor > STORAGE_MEMORY_MS) return ok("Writes are accepted.");
    const seconds = Math.round(storageFullFor / 1000);
    const message = `The database's volume was full ${seconds} s ago: writes are answered with 503 until space is freed.`;
    return { status: "warning", message };
  }
}

/** Bounds the wait for a connection too. Later results are dropped. */
async function withinTimeout<Result>(work: Promise<Result>): Promise<Result> {
  const clock = new AbortController();
  const timeout = sleep(TIMEOUT_MS, undefined, { signal: clock.signal, ref: false }).then(
    () =>
      Promise.reject(
        new DatabaseFailure("unreachable", `The database did not answer within ${TIMEOUT_MS} ms.`, undefined),
      ),
    () => work,
  );
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clock.abort();
  }
}
