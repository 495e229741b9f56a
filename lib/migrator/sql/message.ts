import { STANDARD_STRINGS } from "../database/connection";
import { scan } from "./scanner";

/**
 * One migration as one simple-query message: its transaction, its own text, its record, its commit. A message is
 * parsed as a whole and stops at its first error, so however it ends there is no half.
 */
export interface MessageParts {
  /** Normalised text of the file. */
  readonly body: string;
  /** How many statements `body` holds. */
  readonly statements: number;
  /** Run first, in the same transaction: what `after` needs, such as the history's tables. */
  readonly before: string;
  /** Run last, in the same transaction: the record. Each statement ends with a semicolon. */
  readonly after: string;
  readonly limits: Limits;
}

export interface Limits {
  readonly lockTimeoutSeconds: number;
  readonly statementTimeoutSeconds: number;
  /** Whether the server can look for itself whether its client is still there. */
  readonly watchClient: boolean;
}

export interface Message {
  readonly text: string;
  /** UTF-16 offset in `text` at which the body begins. */
  readonly bodyStart: number;
  /** Statements that are ours before the body's first. */
  readonly ownBefore: number;
  readonly statements: number;
}

/** Ends, within a second, the work of a runner that is gone; by itself the server notices when it next sends something. */
const WATCH_CLIENT = `set local client_connection_check_interval = 500; set local tcp_keepalives_idle = 15;
set local tcp_keepalives_interval = 5; set local tcp_keepalives_count = 3;`;

export function buildMessage({ body, statements, before, after, limits }: MessageParts): Message {
  const settings = `set local lock_timeout = '${limits.lockTimeoutSeconds}s'; set local statement_timeout = '${limits.statementTimeoutSeconds}s';`;
  const opening = [
    "begin isolation level read committed read write;",
    settings,
    ...(limits.watchClient ? [WATCH_CLIENT] : []),
    before,
    // Lost with the transaction, should the body manage to end that; the cast below then fails.
    "set local migrate.running = '1';\n",
  ].join("\n");
  // On a line of its own, after a comment without an end of line and after a statement without a semicolon.
  const closing = `
;select pg_catalog.current_setting('migrate.running')::int, ${MILLISECONDS} as milliseconds;
${RESET_SESSION}
${settings}
${after}commit`;
  return {
    text: opening + body + closing,
    bodyStart: opening.length,
    // Asked for after a failure only.
    get ownBefore() {
      return scan(opening).statements.length;
    },
    statements,
  };
}

/** Since the transaction began. Measured by the server, as answers may arrive late and together. */
const MILLISECONDS = `pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() operator(pg_catalog.-) pg_catalog.now()) operator(pg_catalog.*) 1000`;

/**
 * What one file sets must not reach the next: settings, role, search_path, temporary tables, cursors, prepared
 * statements. DISCARD ALL would do, but gives the lock away and is refused in a transaction.
 */
const RESET_SESSION = `reset session authorization; reset role; reset all; ${STANDARD_STRINGS}; close all; unlisten *; deallocate all; discard temp;`;
