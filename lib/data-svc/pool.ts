import { Client, type ClientConfig, Pool } from "pg";
import { DATA_SVC } from "../contract";
import type { Logger } from "./logging";
import type { DatabaseSettings } from "./settings";

export interface CurrentPool {
  readonly pool: Pool;
  /** The URL as it can be read now, or else as it was last read. */
  readonly currentUrl: () => string;
}

/** A pool whose new connections use the URL as it is when they are made. Connects to nothing yet. */
export function createPool(settings: DatabaseSettings, log: Logger): CurrentPool {
  const currentUrl = rememberLast(settings.url, log);
  // The pool gives each client the same options. Reading the URL here, as late as possible, makes a new connection use
  // the Secret (and the CA that it names) as it is mounted now.
  class CurrentClient extends Client {
    constructor(options?: ClientConfig) {
      super({ ...options, connectionString: currentUrl() });
    }
  }
  const { poolMax, poolWaitMs, statementTimeoutMs } = settings;
  const pool = new Pool({
    Client: CurrentClient,
    max: poolMax,
    // A few connections stay open, so that requests go on while a rotated password has reached only one side.
    min: Math.min(2, poolMax),
    idleTimeoutMillis: 60_000,
    maxLifetimeSeconds: 3600,
    connectionTimeoutMillis: poolWaitMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 1000,
    idle_in_transaction_session_timeout: statementTimeoutMs * 2,
    application_name: DATA_SVC.name,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  // Without a listener the loss of an idle connection would end the process.
  pool.on("error", (error) => log.warn({ err: error }, "An idle database connection was lost"));
  return { pool, currentUrl };
}

/** Never throws after the first time: it is called in the pool's timers, where nobody could catch it. */
function rememberLast(read: () => string, log: Logger): () => string {
  let last = read();
  return () => {
    try {
      last = read();
    } catch (error) {
      log.warn({ err: error }, "The database URL cannot be read at the moment; using the last one");
    }
    return last;
  };
}
