import { setTimeout as sleep } from "node:timers/promises";
import { TABLES } from "../contract";
import { IssuerError } from "./callers/issuer";
import type { IssuerKeys } from "./callers/keys";
import type { Database } from "./database";
import { DatabaseFailure } from "./database-failure";
import type { Logger, Presentable } from "./logging";
import { type ActiveModel, ModelError } from "./model-versions";
import { FIND_MISSING_TABLES, judgeSchema, POSTGRES_MAJOR, READ_SERVER_VERSION, type Schema } from "./schema";
import type { Settings } from "./settings";

/** The service cannot start; the message says what to do. */
export class StartupError extends Error implements Presentable {
  override readonly name = "StartupError";
  readonly presentable = true;
}

/** A step that somebody else has yet to do, usually the migration Job. */
class NotYet extends Error {}

/** The start retries by itself and logs each try. */
const ONE_TRY = { waitMs: 0 };

/** Waits for a database that this release can work with. */
export class Startup {
  /** Reason for waiting; undefined once everything is there. */
  waitingFor: string | undefined = "The service is starting.";

  constructor(
    private readonly database: Database,
    private readonly settings: Pick<Settings, "startupTries" | "startupPauseMs">,
    private readonly log: Logger,
    private readonly schema: Schema,
    private readonly model: ActiveModel,
    private readonly keys: IssuerKeys,
  ) {}

  /**
   * Waits for the keys of the callers' tokens without limit: without them every request would be refused, and a restart
   * brings no API server back. Waits for the database a limited number of tries. Then waits for its schema, tables and active model without limit,
   * because a migration may run for an hour and restarts would not help.
   * @throws StartupError, or the signal's reason
   */
  async run(signal: AbortSignal): Promise<void> {
    await this.#until(() => this.#readKeys(), signal);
    await this.#reachDatabase(signal);
    await this.#until(() => this.#checkSchema(), signal);
    await this.#until(() => this.#checkTables(), signal);
    await this.#until(() => this.#checkModel(), signal);
    this.waitingFor = undefined;
    this.log.info("Ready");
  }

  async #reachDatabase(signal: AbortSignal): Promise<void> {
    const { startupTries: tries } = this.settings;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#checkServer();
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof DatabaseFailure)) throw error;
        const message = `${error.message} (${this.database.target})`;
        if (attempt >= tries) {
          throw new StartupError(`No database after ${tries} tries: ${message}`, { cause: error });
        }
        this.waitingFor = `Waiting for the database: ${message}`;
        this.log.warn({ attempt, tries, err: error }, this.waitingFor);
        await this.#pause(attempt, signal);
      }
    }
  }

  async #checkServer(): Promise<void> {
    const [server] = await this.database.query<{ text: string; number: number }>(READ_SERVER_VERSION, [], ONE_TRY);
    const major = Math.floor((server?.number ?? 0) / 10_000);
    if (major !== POSTGRES_MAJOR) {
      throw new StartupError(
        `The server at ${this.database.target} is PostgreSQL ${server?.text}, and this release is made for ` +
          `${POSTGRES_MAJOR}. Point the URL at a PostgreSQL ${POSTGRES_MAJOR}, or run a release for ${major}.`,
      );
    }
    this.log.info({ postgres: server?.text, target: this.database.target }, `Connected to PostgreSQL ${server?.text}`);
  }

  /** Repeats a check until it holds. Logs the reason for waiting when it changes, and now and then. */
  async #until(check: () => Promise<void>, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await check();
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof NotYet || error instanceof ModelError || error instanceof DatabaseFailure)) throw error;
        const waitingFor = `Waiting: ${error.message}`;
        if (waitingFor !== this.waitingFor || attempt % 12 === 0) this.log.warn({ attempt }, waitingFor);
        this.waitingFor = waitingFor;
        await this.#pause(attempt, signal);
      }
    }
  }

  async #readKeys(): Promise<void> {
    try {
      await this.keys.load();
    } catch (error) {
      if (error instanceof IssuerError) throw new NotYet(error.message, { cause: error });
      throw error;
    }
    this.log.info("The keys of the callers' tokens are there");
  }

  async #checkSchema(): Promise<void> {
    const state = await this.schema.read(ONE_TRY);
    const { status, message } = judgeSchema(state);
    if (status === "failed") throw new NotYet(message);
    this.log[status === "warning" ? "warn" : "info"]({ schema_version: state.version }, message);
  }

  async #checkTables(): Promise<void> {
    const missing = await this.database.query<{ name: string }>(FIND_MISSING_TABLES, [TABLES], ONE_TRY);
    if (missing.length) {
      const names = missing.map(({ name }) => name).join(", ");
      throw new NotYet(
        `The database lacks ${names} although its schema version says otherwise. Run \`migrate verify\`.`,
      );
    }
    this.log.info({ tables: TABLES.length }, `All ${TABLES.length} tables exist`);
  }

  async #checkModel(): Promise<void> {
    const { version } = await this.model.read(ONE_TRY);
    this.log.info({ model_version: version }, `Model ${version} is active`);
  }

  /** Pauses grow by half each time, from a twentieth of the longest. */
  async #pause(attempt: number, signal: AbortSignal): Promise<void> {
    const { startupPauseMs } = this.settings;
    await sleep(Math.min(startupPauseMs, (startupPauseMs / 20) * 1.5 ** (attempt - 1)), undefined, { signal });
  }
}
