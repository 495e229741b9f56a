import { EVERY_ROW, STANDARD_STRINGS } from "../database/connection";
import { scan } from "./scanner";

/**
 * One migration as one simple-query message: transaction, own text, record, commit. The server parses a message as a
 * whole and stops at its first error, so there is never a half.
 */
export interface MessageParts {
  /** Normalised text of the file. */
  readonly body: string;
  /** How many statements `body` holds. */
  readonly statements: number;
  /** SQL that runs first in the transaction, such as creating the record's tables. */
  readonly before: string;
  /** SQL that runs last in the transaction, to record the migration. Each statement ends with a semicolon. */
  readonly after: string;
  readonly limits: Limits;
}

export interface Limits {
  readonly lockTimeoutSeconds: number;
  readonly statementTimeoutSeconds: number;
  /** Whether the server can check by itself that its client is still there. */
  readonly watchClient: boolean;
  /** Whether to write although transactions are read-only by default. */
  readonly readWrite: boolean;
}

export interface Message {
  /** SQL of the migrator's own before the body, with the line end before it. */
  readonly opening: string;
  /** Text of the file; apart, because joining the three would copy it. */
  readonly body: string;
  /** SQL of the migrator's own after the body. */
  readonly closing: string;
  /** Number of the migrator's own statements before the body. */
  readonly ownBefore: number;
  readonly statements: number;
}

/** The texts that the server gets as one message. */
export const partsOf = ({ opening, body, closing }: Message): readonly string[] => [opening, body, closing];

/** Ends the work of a dead runner within a second. Otherwise the server notices only when it next sends something. */
const WATCH_CLIENT = `set local client_connection_check_interval = 500; set local tcp_keepalives_idle = 15;
set local tcp_keepalives_interval = 5; set local tcp_keepalives_count = 3;`;

export function buildMessage({ body, statements, before, after, limits }: MessageParts): Message {
  const settings = `set local lock_timeout = '${limits.lockTimeoutSeconds}s'; set local statement_timeout = '${limits.statementTimeoutSeconds}s'; set local ${EVERY_ROW};`;
  const opening = [
    `begin isolation level read committed${limits.readWrite ? " read write" : ""};`,
    settings,
    ...(limits.watchClient ? [WATCH_CLIENT] : []),
    before,
    // Is lost if the body ends the transaction; then the cast below fails.
    "set local migrate.running = '1';\n",
  ].join("\n");
  // On a line of its own, because the body may end in a comment or lack a semicolon.
  const closing = `
;select pg_catalog.current_setting('migrate.running')::int, ${MILLISECONDS} as milliseconds;
${RESET_SESSION}
${settings}
${after}commit`;
  return {
    opening,
    body,
    closing,
    // Computed on demand, after a failure only.
    get ownBefore() {
      return scan(opening).statements.length;
    },
    statements,
  };
}

/** Milliseconds since the transaction began. The server measures, because answers may arrive late and together. */
const MILLISECONDS = `pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() operator(pg_catalog.-) pg_catalog.now()) operator(pg_catalog.*) 1000`;

/**
 * Clears what one file must not hand to the next: settings, role, search_path, temporary tables, cursors, prepared
 * statements. DISCARD ALL would give the lock away and is refused in a transaction.
 */
const RESET_SESSION = `reset session authorization; reset role; reset all; ${STANDARD_STRINGS}; close all; unlisten *; deallocate all; discard temp;`;
