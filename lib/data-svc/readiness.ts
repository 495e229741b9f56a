import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { IssuerKeys } from "./callers/keys";
import type { Database, Patience } from "./database";
import { DatabaseFailure } from "./database-failure";
import type { Logger } from "./logging";
import { type ActiveModel, ModelError } from "./model-versions";
import { judgeSchema, lacksSchema, type Schema } from "./schema";
import type { Startup } from "./startup";
import type { ServedIdentity } from "./tls/served-identity";

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
/**
 * Answers in a row that end an outage. A way on which single answers come through makes requests wait and fail, and three in a
 * row that come through by chance are rare: one in a thousand where one in ten does.
 */
const ANSWERS_TO_RETURN = 3;
/** Milliseconds between them: a probe still has its answer after a good half second. */
const ANSWER_PAUSE_MS = 250;
/** A request that waits this long for a connection shows an exhausted pool, not merely a busy one. */
const EXHAUSTED_AFTER_MS = 500;
/** Milliseconds for which a refused write is reported, unless a write succeeds. */
const STORAGE_MEMORY_MS = 60_000;

const READ_ONLY =
  "The database takes no writes, as its pod has it while its volume is nearly full: they are answered with 503 until space is freed.";

const INCOMPLETE =
  "The database lacks a table or column although its schema version says otherwise. Run `migrate verify`.";

const MODEL_EFFECT = "New assessments are answered with 503 until then; histories are served.";

const ok = (message: string): Check => ({ status: "ok", message });
const warning = (message: string): Check => ({ status: "warning", message });
const failed = (message: string): Check => ({ status: "failed", message });

/** Tells whether requests should be sent here, and if not, why. */
export class Readiness {
  /** Set when the service begins to stop; it never becomes ready again. */
  stopping = false;
  #asking: Promise<Record<string, Check>> | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;
  #last: boolean | undefined;
  /** The last answers of the database: a busy pool does not ask it, and must not forget. */
  #known: Record<string, Check> = {};
  #readOnly = false;
  /** Answers in a row since the last failure. The start has had its own. */
  #answers = ANSWERS_TO_RETURN;

  constructor(
    private readonly database: Database,
    private readonly startup: Startup,
    private readonly log: Logger,
    private readonly schema: Schema,
    private readonly model: ActiveModel,
    private readonly keys: IssuerKeys,
    private readonly identity: Pick<ServedIdentity, "state">,
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
    const asked = idle === 0 && total >= max ? this.#hearDatabase() : await this.#askDatabase();
    const own = {
      pool,
      storage: this.#checkStorage(),
      callers: this.#checkCallers(),
      certificate: this.#checkCertificate(),
    };
    return { lifecycle: ok("The service has started."), ...own, ...asked };
  }

  /** One query at a time and at most one a second, for any number of probes. */
  async #askDatabase(): Promise<Record<string, Check>> {
    const now = performance.now();
    if (!this.#asking && now - this.#askedAt <= CACHE_MS) return this.#known;
    this.#askedAt = this.#asking ? this.#askedAt : now;
    this.#asking ??= this.#checkDatabase().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** Judges by the answers that requests get. A database that is silent towards all of them is lost. */
  #hearDatabase(): Record<string, Check> {
    const { silentFor } = this.database;
    if (silentFor <= TIMEOUT_MS) return this.#known;
    this.#answers = 0;
    const seconds = Math.round(silentFor / 1000);
    this.#known = { database: failed(`The database has answered none of the requests under way for ${seconds} s.`) };
    return this.#known;
  }

  async #checkDatabase(): Promise<Record<string, Check>> {
    try {
      this.#known = await this.#untilTrusted();
    } catch (error) {
      this.#answers = 0;
      this.#known = this.#explain(error);
    }
    return this.#known;
  }

  #explain(error: unknown): Record<string, Check> {
    if (error instanceof DatabaseFailure) return { database: failed(error.message) };
    if (lacksSchema(error)) return { schema: failed(INCOMPLETE) };
    this.log.error({ err: error }, "The readiness check failed unexpectedly");
    return { database: failed("The check failed unexpectedly; see the log.") };
  }

  /** Asks once. After an outage asks until there are enough answers in a row, or the time of a probe is over. */
  async #untilTrusted(): Promise<Record<string, Check>> {
    const end = performance.now() + TIMEOUT_MS;
    for (;;) {
      const checks = await this.#ask(end);
      this.#answers += 1;
      if (this.#answers >= ANSWERS_TO_RETURN) return checks;
      if (performance.now() + ANSWER_PAUSE_MS >= end) {
        const progress = `The database answers again, ${this.#answers} of ${ANSWERS_TO_RETURN} times in a row.`;
        return { ...checks, database: failed(progress) };
      }
      await sleep(ANSWER_PAUSE_MS);
    }
  }

  async #ask(end: number): Promise<Record<string, Check>> {
    const patience = () => ({ waitMs: TIMEOUT_MS / 2, timeoutMs: end - performance.now() });
    const state = await this.schema.read(patience());
    this.#readOnly = state.readOnly;
    const schema = judgeSchema(state);
    const database = ok(`${this.database.target} answers.`);
    return schema.status === "failed"
      ? { database, schema }
      : { database, schema, model: await this.#checkModel(patience()) };
  }

  /** A model that is missing leaves the service ready: histories are read without one, and no other pod has one either. */
  async #checkModel(patience: Patience): Promise<Check> {
    try {
      const { version } = await this.model.read(patience);
      return ok(`Model ${version} is active.`);
    } catch (error) {
      if (error instanceof ModelError) return warning(`${error.message} ${MODEL_EFFECT}`);
      throw error;
    }
  }

  #checkPool(): Check {
    const { total, idle, max, waiting, oldestWaitMs } = this.database.stats();
    const { refusal } = this.database;
    const text = `${total - idle} of ${max} connections in use, ${waiting} requests waiting.${refusal ? ` No new one can be made: ${refusal}` : ""}`;
    return idle === 0 && total >= max && oldestWaitMs >= EXHAUSTED_AFTER_MS ? failed(text) : ok(text);
  }

  /** Known keys go on proving callers, and no other pod has newer ones. */
  #checkCallers(): Check {
    const minutes = Math.round((this.keys.age ?? 0) / 60_000);
    if (!this.keys.isOld) return ok("The keys of the callers' tokens are known.");
    return warning(
      `The keys of the callers' tokens are ${minutes} minutes old, since the API server could not be asked: tokens of a newer key are refused.`,
    );
  }

  /** Requests that a caller dares to send are answered, and another pod has no better certificate. */
  #checkCertificate(): Check {
    const { expiresAt, refusal } = this.identity.state;
    const end = expiresAt.toISOString().slice(0, 10);
    if (expiresAt <= new Date())
      return warning(`The certificate expired on ${end}: no caller trusts it. ${refusal ?? ""}`);
    if (refusal === undefined) return ok(`The certificate is valid until ${end}.`);
    return warning(`The mounted certificate is refused, and the one before is served until ${end}: ${refusal}`);
  }

  /** Reads still work on a full volume, and no other pod could write either. */
  #checkStorage(): Check {
    if (this.#readOnly) return warning(READ_ONLY);
    const { storageFullFor } = this.database;
    if (storageFullFor === undefined || storageFullFor > STORAGE_MEMORY_MS) return ok("Writes are accepted.");
    const seconds = Math.round(storageFullFor / 1000);
    const message = `The database's volume was full ${seconds} s ago: writes are answered with 503 until space is freed.`;
    return warning(message);
  }
}
