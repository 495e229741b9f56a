import { TLSSocket } from "node:tls";
import { Client, type ClientConfig, Pool, type PoolClient } from "pg";
import { NameLookups } from "../common/name-lookups";
import { DATA_SVC } from "../contract";
import { databaseFailure } from "./database-failure";
import type { Logger } from "./logging";
import { type Login, Logins } from "./logins";
import type { DatabaseSettings } from "./settings";

/** Milliseconds that the server has to tell of its own limit before a statement is given up here. */
export const ANSWER_MS = 1000;

export interface CurrentPool {
  readonly pool: Pool;
  readonly logins: Logins;
  /** Lookups of the server's name by connections that are being made. */
  readonly lookups: NameLookups;
}

/**
 * Creates a pool whose new connections use the current login. Does not connect yet.
 * @throws Error for an unreadable URL
 */
export function createPool(settings: DatabaseSettings, log: Logger): CurrentPool {
  const logins = new Logins(settings.url, log);
  const lookups = new NameLookups();
  // The pool gives each client the same options. Reading the mounted Secret and authority here makes each new
  // connection use the current ones.
  class CurrentClient extends Client {
    readonly #login: Login;

    constructor(options?: ClientConfig) {
      const login = logins.next();
      super({ ...options, connectionString: login.connectionString, ssl: login.ssl });
      this.#login = login;
      // Between the pool's listeners and its user's there is a moment without any, and a loss would end the process. A
      // stopping server can close a connection just then. The next user of the connection gets the error.
      this.on("error", () => undefined);
    }

    override connect(): Promise<Client>;
    override connect(callback: (...error: Error[]) => void): void;
    override connect(callback?: (...error: Error[]) => void): Promise<Client> | undefined {
      const explained = lookups.watch(this.connection.stream, this.host);
      const connected = super.connect().then(
        () => {
          logins.accepted(this.#login);
          return this;
        },
        (error: Error) => {
          if (databaseFailure(error)?.kind === "refused") logins.refused(this.#login);
          throw explained(error);
        },
      );
      if (!callback) return connected;
      connected.then(() => callback(), callback);
      return undefined;
    }
  }
  const { poolMax, poolWaitMs, statementTimeoutMs } = settings;
  const pool = new Pool({
    Client: CurrentClient,
    max: poolMax,
    // Some connections stay open, so that requests go on while a rotated password has reached only one side.
    min: Math.min(2, poolMax),
    idleTimeoutMillis: 60_000,
    maxLifetimeSeconds: 3600,
    // Longer than the request's own limit, whose error is more specific.
    connectionTimeoutMillis: poolWaitMs + 500,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: statementTimeoutMs * 2,
    application_name: DATA_SVC.sessions,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  // Without a listener, losing an idle connection would end the process.
  pool.on("error", (error) => log.warn({ err: error }, "An idle database connection was lost"));
  return { pool, logins, lookups };
}

/** When the certificate expires that the server has shown; undefined without TLS. */
export function certificateExpiry({ connection: { stream } }: PoolClient): Date | undefined {
  const validTo = stream instanceof TLSSocket ? stream.getPeerCertificate().valid_to : undefined;
  return validTo === undefined ? undefined : new Date(validTo);
}
