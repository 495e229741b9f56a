/** A database on one of the two servers of a move, as its superuser. */
export interface Server {
  /** Its name in messages, e.g. `"the StatefulSet's server"`. */
  readonly name: string;
  /** The way of the other server to it, as libpq's keywords without user and password. */
  readonly address: string;
  /**
   * Runs statements one after another in a session of their own, each as its own transaction unless they say otherwise.
   * Returns the JSON that the last query with a row has printed; undefined if none has.
   */
  run(...statements: readonly string[]): Promise<unknown>;
}

/**
 * Begins every session. Passwords stay out of the server's log, also where a statement fails. The shut database is
 * read-only for sessions that do not say otherwise. A commit counts once a synchronous replica has it.
 */
export const SESSION = [
  "set application_name = 'move'",
  "set log_statement = 'none'",
  "set log_min_duration_statement = -1",
  "set log_min_error_statement = 'panic'",
  "set default_transaction_read_only = off",
  "set synchronous_commit = on",
  "set statement_timeout = 0",
  "set lock_timeout = '5s'",
] as const;

/** A move that cannot go on; the message says why, what stands, and what to do. */
export class MoveError extends Error {
  override readonly name = "MoveError";
}
